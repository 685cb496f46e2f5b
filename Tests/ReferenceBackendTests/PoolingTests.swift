import MartletBackend
import MartletReferenceBackend
import Testing

@Suite("Pooling") struct PoolingTests {
  // A 3×3 image under a 2×2 window of stride 2 with one row and column of margin at the end: the windows hold 4, 2, 2, 1.
  private static let window = Window(
    size: Extent2D(2), stride: Extent2D(2), margins: Margins(bottom: 1, right: 1))
  private static let image: [Float] = [1, 5, -3, 5, 2, -6, 7, 8, -9]

  @Test("takes the first maximum of each window, partial ones included", arguments: backends)
  func maximum(on backend: ReferenceBackend) throws {
    let x = backend.view(Self.image, [1, 3, 3, 1])
    let (y, index) = (backend.empty([1, 2, 2, 1]), backend.empty([1, 2, 2, 1], .uint8))
    backend.pool2d(x, .maximum, Self.window, output: y, index: index)
    #expect(try backend.elements(y) == [5, -3, 8, -9])
    #expect(try backend.elements(index, as: UInt8.self) == [1, 0, 1, 0])
    let dx = backend.empty([1, 3, 3, 1])
    let upstream = backend.view([1, 2, 3, 4] as [Float], [1, 2, 2, 1])
    backend.pool2dBackward(upstream, .maximum, Self.window, index: index, inputGradient: dx)
    #expect(try backend.elements(dx) == [0, 1, 2, 0, 0, 0, 0, 3, 4])
  }

  @Test("averages what lies inside the image", arguments: backends)
  func average(on backend: ReferenceBackend) throws {
    let x = backend.view(Self.image, [1, 3, 3, 1])
    let y = backend.empty([1, 2, 2, 1])
    backend.pool2d(x, .average, Self.window, output: y, index: nil)
    #expect(try backend.elements(y) == [13 / 4, -9 / 2, 15 / 2, -9])
    let dx = backend.empty([1, 3, 3, 1])
    let upstream = backend.view([4, 2, 6, 5] as [Float], [1, 2, 2, 1])
    backend.pool2dBackward(upstream, .average, Self.window, index: nil, inputGradient: dx)
    #expect(try backend.elements(dx) == [1, 1, 1, 1, 1, 1, 3, 3, 5])
  }

  @Test("sums what overlapping windows send back", arguments: backends)
  func overlap(on backend: ReferenceBackend) throws {
    let window = Window(size: Extent2D(1, 2))
    let x = backend.view([1, 9, 2] as [Float], [1, 1, 3, 1])
    let (y, index) = (backend.empty([1, 1, 2, 1]), backend.empty([1, 1, 2, 1], .uint8))
    backend.pool2d(x, .maximum, window, output: y, index: index)
    let dx = backend.empty([1, 1, 3, 1])
    let upstream = backend.view([10, 100] as [Float], [1, 1, 2, 1])
    backend.pool2dBackward(upstream, .maximum, window, index: index, inputGradient: dx)
    #expect(try backend.elements(dx) == [0, 110, 0])
  }

  @Test("counts NaN as the largest")
  func notANumber() throws {
    let backend = ReferenceBackend()
    let x = backend.view([1, .nan, .infinity, .nan] as [Float], [1, 2, 2, 1])
    let (y, index) = (backend.empty([1, 1, 1, 1]), backend.empty([1, 1, 1, 1], .uint8))
    backend.pool2d(x, .maximum, Window(size: Extent2D(2)), output: y, index: index)
    #expect(try backend.elements(y)[0].isNaN)
    #expect(try backend.elements(index, as: UInt8.self) == [1])
  }

  @Test("numbers the elements of windows beyond 256 as int32")
  func wideIndex() throws {
    let backend = ReferenceBackend()
    let x = backend.view((0..<289).map(Float.init), [1, 17, 17, 1])
    let (y, index) = (backend.empty([1, 1, 1, 1]), backend.empty([1, 1, 1, 1], .int32))
    backend.pool2d(x, .maximum, Window(size: Extent2D(17)), output: y, index: index)
    #expect(try backend.elements(index, as: Int32.self) == [288])
  }
}
