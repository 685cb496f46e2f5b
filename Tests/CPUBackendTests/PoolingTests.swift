import MartletBackend
import MartletCPUBackend
import Testing

/// One pooling to try.
struct PoolingCase: CustomStringConvertible, Sendable {
  var shape: Shape
  var window: Window

  init(_ shape: Shape, _ size: Extent2D, stride: Extent2D, margins: Margins = .init()) {
    self.shape = shape
    self.window = Window(size: size, stride: stride, margins: margins)
  }

  var outputShape: Shape {
    let output = window.outputExtent(over: Extent2D(shape[1], shape[2]))
    return [shape[0], output.height, output.width, shape[3]]
  }

  var description: String { "\(shape) by \(window.size), stride \(window.stride), margins \(window.margins)" }

  /// For each output position the taps inside the image: (row-major position in the window, element of channel 0).
  func forEachWindow(_ body: (_ output: Int, _ taps: [(tap: Int, input: Int)]) -> Void) {
    let output = outputShape
    for position in 0..<(output[0] * output[1] * output[2]) {
      let (n, row, column) = (
        position / (output[1] * output[2]), position / output[2] % output[1], position % output[2]
      )
      var taps: [(tap: Int, input: Int)] = []
      for tap in 0..<window.size.area {
        let y = row * window.stride.height - window.margins.top + tap / window.size.width
        let x = column * window.stride.width - window.margins.left + tap % window.size.width
        if (0..<shape[1]).contains(y) && (0..<shape[2]).contains(x) {
          taps.append((tap, ((n * shape[1] + y) * shape[2] + x) * shape[3]))
        }
      }
      body(position * shape[3], taps)
    }
  }

  static let all: [PoolingCase] = [
    PoolingCase([2, 26, 26, 32], .init(2), stride: .init(2)),
    PoolingCase([2, 11, 11, 64], .init(2), stride: .init(2)),
    PoolingCase([1, 1, 1, 1], .init(1), stride: .init(1)),
    PoolingCase([3, 5, 7, 1], .init(2), stride: .init(1)),
    PoolingCase([1, 7, 5, 17], .init(3), stride: .init(2), margins: .init(all: 1)),
    PoolingCase([2, 6, 6, 15], .init(3, 2), stride: .init(1, 2), margins: .init(top: 1, right: 1)),
    PoolingCase([1, 8, 9, 33], .init(2, 3), stride: .init(3, 4)),
    PoolingCase([1, 4, 4, 5], .init(4), stride: .init(4)),
    PoolingCase([1, 20, 18, 3], .init(17), stride: .init(1)),  // more positions than a byte can tell apart
    PoolingCase([0, 4, 4, 2], .init(2), stride: .init(2)),
  ]
}

@Suite("CPU pool2d") struct PoolingTests {
  /// Whole numbers, so that maxima are often tied.
  private func tied(_ count: Int, seed: UInt64) -> [Float] {
    noise(count, seed: seed).map { ($0 * 3).rounded() }
  }

  private func index(for test: PoolingCase, on backend: CPUBackend) -> View {
    let dtype: DType = test.window.size.area > 256 ? .int32 : .uint8
    let storage = backend.allocate(byteCount: test.outputShape.elementCount * dtype.byteCount)
    return View(storage: storage, layout: Layout(contiguous: test.outputShape), dtype: dtype)
  }

  @Test("finds the first largest element of each window, and gives the gradient to it", arguments: PoolingCase.all)
  func maximum(_ test: PoolingCase) throws {
    let x = tied(test.shape.elementCount, seed: 1)
    let dy = noise(test.outputShape.elementCount, seed: 2)
    var y = [Float](repeating: 0, count: dy.count)
    var dx = [Float](repeating: 0, count: x.count)
    test.forEachWindow { output, taps in
      for channel in 0..<test.shape[3] {
        var best = taps[0]
        for tap in taps where x[tap.input + channel] > x[best.input + channel] { best = tap }
        y[output + channel] = x[best.input + channel]
        dx[best.input + channel] += dy[output + channel]
      }
    }
    for backend in backendsUnderTest {
      let (output, positions) = (backend.unwritten(test.outputShape), index(for: test, on: backend))
      backend.pool2d(backend.tensor(x, test.shape), .maximum, test.window, output: output, index: positions)
      expectIdentical(try backend.contents(of: output), y, "\(test) on \(backend.capabilities.deviceName)")
      let gradient = backend.unwritten(test.shape)
      backend.pool2dBackward(
        backend.tensor(dy, test.outputShape), .maximum, test.window, index: positions, inputGradient: gradient)
      expectIdentical(try backend.contents(of: gradient), dx, "\(test), gradient")
    }
  }

  @Test("averages what lies inside the image, and spreads the gradient over it", arguments: PoolingCase.all)
  func average(_ test: PoolingCase) throws {
    let x = noise(test.shape.elementCount, seed: 3)
    let dy = noise(test.outputShape.elementCount, seed: 4)
    var y = [Float](repeating: 0, count: dy.count)
    var dx = [Float](repeating: 0, count: x.count)
    test.forEachWindow { output, taps in
      for channel in 0..<test.shape[3] {
        y[output + channel] = taps.reduce(0) { $0 + x[$1.input + channel] } / Float(taps.count)
        for tap in taps { dx[tap.input + channel] += dy[output + channel] / Float(taps.count) }
      }
    }
    for backend in backendsUnderTest {
      let output = backend.unwritten(test.outputShape)
      backend.pool2d(backend.tensor(x, test.shape), .average, test.window, output: output, index: nil)
      expectIdentical(try backend.contents(of: output), y, "\(test) on \(backend.capabilities.deviceName)")
      let gradient = backend.unwritten(test.shape)
      backend.pool2dBackward(
        backend.tensor(dy, test.outputShape), .average, test.window, index: nil, inputGradient: gradient)
      expectIdentical(try backend.contents(of: gradient), dx, "\(test), gradient")
    }
  }

  @Test("lets the first NaN win, wherever the largest number is")
  func notANumber() throws {
    for backend in backendsUnderTest {
      let x = backend.tensor([1, .nan, 9, .nan, 3, -.infinity, 2, 3], [1, 2, 4, 1])
      let window = Window(size: Extent2D(2), stride: Extent2D(2))
      let storage = backend.allocate(byteCount: 2)
      let positions = View(storage: storage, layout: Layout(contiguous: [1, 1, 2, 1]), dtype: .uint8)
      let output = backend.unwritten([1, 1, 2, 1])
      backend.pool2d(x, .maximum, window, output: output, index: positions)
      #expect(try backend.contents(of: output).allSatisfy(\.isNaN))
      var bytes: [UInt8] = [9, 9]
      try bytes.withUnsafeMutableBytes { try backend.download(storage, atByte: 0, into: $0) }
      #expect(bytes == [1, 1])
    }
  }
}
