import MartletAutograd
import MartletBackend
import MartletTensor
import MartletTestSupport
import Testing

@Suite("Shapes, parts and indices") struct ShapeOperationTests {
  @Test("views share storage and read the right elements", arguments: Device.underTest)
  func views(on device: Device) throws {
    let x = Tensor([0, 1, 2, 3, 4, 5], shape: [2, 3], on: device)
    let views = [
      x.reshaped(to: [3, -1]), x.transposed(), x.flipped(), x[1], x[0..<1], x.expanded(at: 1), x.swappingAxes(0, 1),
      x.broadcast(to: [4, 2, 3]), x.sliced(axis: 1, from: 2, count: 2, step: -2), x.flattened(fromAxis: 0),
    ]
    for view in views { #expect(view.storage === x.storage) }
    expectClose(views[0], [0, 1, 2, 3, 4, 5], shape: [3, 2])
    expectClose(views[1], [0, 3, 1, 4, 2, 5], shape: [3, 2])
    expectClose(views[2], [5, 4, 3, 2, 1, 0], shape: [2, 3])
    expectClose(views[3], [3, 4, 5], shape: [3])
    expectClose(views[4], [0, 1, 2], shape: [1, 3])
    expectClose(views[5], [0, 1, 2, 3, 4, 5], shape: [2, 1, 3])
    expectClose(views[7], [0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5])
    expectClose(views[8], [2, 0, 5, 3], shape: [2, 2])
    expectClose(x.transposed().reshaped(to: [6]), [0, 3, 1, 4, 2, 5])
    expectClose(x.flipped(alongAxes: [1])[0..<2].transposed([1, 0])[1], [1, 4])
    expectClose(x.expanded(at: -1).squeezed(at: 2), [0, 1, 2, 3, 4, 5], shape: [2, 3])
  }

  @Test("putting together and taking apart", arguments: Device.underTest)
  func assembly(on device: Device) throws {
    let a = Tensor([1, 2, 3, 4], shape: [2, 2], on: device)
    let b = Tensor([5, 6], shape: [2, 1], on: device)
    expectClose(.concatenated([a, b], alongAxis: 1), [1, 2, 5, 3, 4, 6], shape: [2, 3])
    expectClose(.concatenated([a, a.transposed()], alongAxis: 0), [1, 2, 3, 4, 1, 3, 2, 4], shape: [4, 2])
    expectClose(.stacked([b, b * 2], alongAxis: 0), [5, 6, 10, 12], shape: [2, 2, 1])
    expectClose(.stacked([b, b * 2], alongAxis: -1), [5, 10, 6, 12], shape: [2, 1, 2])
    let parts = a.split(sizes: [0, 2], alongAxis: 0)
    #expect(parts[0].shape == [0, 2])
    expectClose(parts[1], [1, 2, 3, 4])
    expectClose(a.split(parts: 2, alongAxis: -1)[1], [2, 4], shape: [2, 1])
    expectClose(b.tiled([1, 3]), [5, 5, 5, 6, 6, 6], shape: [2, 3])
    expectClose(a.tiled([2, 1]), [1, 2, 3, 4, 1, 2, 3, 4], shape: [4, 2])
    let labels = Tensor.concatenated([.range(2, on: device), .range(3, on: device)], alongAxis: 0)
    #expect(try labels.int32s() == [0, 1, 0, 1, 2])
  }

  @Test("padding by a constant, reflected and symmetric", arguments: Device.underTest)
  func padding(on device: Device) throws {
    let x = Tensor([1, 2, 3], on: device)
    expectClose(x.padded([(1, 2)], mode: .constant(7)), [7, 1, 2, 3, 7, 7])
    expectClose(x.padded([(2, 1)], mode: .reflect), [3, 2, 1, 2, 3, 2])
    expectClose(x.padded([(2, 3)], mode: .symmetric), [2, 1, 1, 2, 3, 3, 2, 1])
    let matrix = Tensor([1, 2, 3, 4], shape: [2, 2], on: device)
    expectClose(matrix.padded([(1, 0), (0, 1)]), [0, 0, 0, 1, 2, 0, 3, 4, 0], shape: [3, 3])
    expectClose(matrix.padded([(1, 1), (0, 0)], mode: .reflect), [3, 4, 1, 2, 3, 4, 1, 2], shape: [4, 2])
    #expect(try Tensor.range(2, on: device).padded([(1, 1)], mode: .constant(-1)).int32s() == [-1, 0, 1, -1])
  }

  @Test(
    "gathering, negative indices from the end and zeros for those outside, and one-hot vectors",
    arguments: Device.underTest)
  func gathering(on device: Device) throws {
    let x = Tensor([1, 2, 3, 4, 5, 6], shape: [3, 2], on: device)
    let indices = Tensor([2, 0, -2, 3, -4] as [Int32], shape: [5, 1], on: device)
    expectClose(x.gathered(indices), [5, 6, 1, 2, 3, 4, 0, 0, 0, 0], shape: [5, 1, 2])
    expectClose(x.gathered(Tensor([1] as [Int32], shape: [1], on: device), alongAxis: 1), [2, 4, 6], shape: [3, 1])
    expectClose(x.transposed().gathered(Tensor(1, on: device).cast(to: .int32), alongAxis: 1), [3, 4], shape: [2])
    expectClose(
      Tensor([1, 5] as [Int32], shape: [2], on: device).oneHot(depth: 3), [0, 1, 0, 0, 0, 0], shape: [2, 3])
    expectClose(
      gradient(at: x) { $0.gathered(Tensor([1, -2, 0] as [Int32], shape: [3], on: device)).sum() }, [1, 1, 2, 2, 0, 0])
  }

  @Test("parts that do not exist stop the program")
  func traps() async {
    await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2, 3], on: .reference)[2] }
    await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2, 3], on: .reference)[1..<3] }
    await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2, 3], on: .reference).reshaped(to: [4]) }
    await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2, 3], on: .reference).transposed([0, 0]) }
    await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2, 3], on: .reference).sum(alongAxes: [2]) }
    await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2, 3], on: .reference).gradients() }
  }
}
