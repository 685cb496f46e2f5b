import MartletBackend
import MartletTensor
import MartletTestSupport
import Testing

@Suite("Making tensors") struct CreationTests {
  @Test("zeros, ones, ranges and unit matrices", arguments: Device.underTest)
  func constants(on device: Device) throws {
    expectClose(.zeros([2, 2], on: device), [0, 0, 0, 0], shape: [2, 2])
    expectClose(.ones([3], on: device), [1, 1, 1])
    expectClose(Tensor(filling: [], with: 2.5, on: device), [2.5], shape: [])
    #expect(try Tensor.range(4, on: device).int32s() == [0, 1, 2, 3])
    expectClose(.identity(3, on: device), [1, 0, 0, 0, 1, 0, 0, 0, 1], shape: [3, 3])
    #expect(try Tensor.zeros([0, 3], on: device).floats() == [])
    #expect(try Tensor.range(0, on: device).int32s() == [])
  }

  @Test("uniform numbers are the words of Philox, the same on every device", arguments: Device.underTest)
  func uniform(on device: Device) throws {
    let key = RandomKey(seed: 5, stream: 2, draw: 9)
    let expected = (0..<37).map {
      -1 + 4 * Philox.uniform(Philox(seed: 5).word(element: $0, draw: 9, stream: 2))
    }
    expectClose(.uniform([37], in: -1..<3, key: key, on: device), expected, within: 0)
  }

  @Test("uniform numbers fill their range evenly", arguments: Device.underTest)
  func uniformMoments(on device: Device) throws {
    let values = try Tensor.uniform([100, 100], key: RandomKey(seed: 1), on: device).floats()
    #expect(values.allSatisfy { $0 >= 0 && $0 < 1 })
    // Standard error of the mean: √(1/12) / 100 = 0.003.
    #expect(abs(values.reduce(0, +) / 10_000 - 0.5) < 0.012)
  }

  @Test("normal numbers have the moments asked for", arguments: Device.underTest)
  func normalMoments(on device: Device) throws {
    let values = try Tensor.normal([20_000], mean: 3, standardDeviation: 2, key: RandomKey(seed: 1), on: device)
      .floats().map(Double.init)
    let mean = values.reduce(0, +) / 20_000
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000
    // Four standard errors: 2/√20000 for the mean, 4·√(2/20000) for the variance.
    #expect(abs(mean - 3) < 0.057)
    #expect(abs(variance - 4) < 0.16)
    // 4.55 % lie beyond two standard deviations; the standard error is 0.15 %.
    let distant = values.filter { abs($0 - 3) > 4 }
    #expect(abs(Double(distant.count) / 20_000 - 0.0455) < 0.006)
    let areFinite = values.allSatisfy { $0.isFinite }
    #expect(areFinite)
  }

  @Test("truncated normal numbers stay within two standard deviations", arguments: Device.underTest)
  func truncatedNormal(on device: Device) throws {
    let values = try Tensor.truncatedNormal([20_000], standardDeviation: 3, key: RandomKey(seed: 1), on: device)
      .floats().map(Double.init)
    #expect(values.allSatisfy { abs($0) <= 6.001 })
    #expect(values.contains { $0 > 5.9 } && values.contains { $0 < -5.9 })
    // The variance after the cut at ±2 is 1 - 4φ(2)/(2Φ(2) - 1) = 0.7737 of the one before.
    let variance = values.reduce(0) { $0 + $1 * $1 } / 20_000
    #expect(abs(variance / 9 - 0.7737) < 0.03)
    // Half of the cut distribution lies within ±0.6391, where Φ is 1/2 + 0.9545/4.
    let central = values.filter { abs($0) < 3 * 0.6391 }
    #expect(abs(Double(central.count) / 20_000 - 0.5) < 0.015)
  }
}

@Suite("Updates in place") struct UpdateTests {
  static let step = ElementwiseProgram(inputs: [.float32, .float32, .float32], parameters: [.float32]) { x, p in
    let velocity = x[1] * 0.5 + x[2]
    return [x[0] - p[0] * velocity, velocity]
  }

  @Test("reuse storage that nobody else refers to", arguments: Device.underTest)
  func reuse(on device: Device) throws {
    var value = Tensor([1, 2], on: device)
    var slots = [Tensor([2, 4], on: device)]
    let (before, slotBefore) = (ObjectIdentifier(value.storage), ObjectIdentifier(slots[0].storage))
    Tensor.update(&value, &slots, with: Self.step, inputs: [Tensor([1], on: device)], parameters: [.float32(0.1)])
    expectClose(value, [0.8, 1.7])
    expectClose(slots[0], [2, 3])
    #expect(ObjectIdentifier(value.storage) == before)
    #expect(ObjectIdentifier(slots[0].storage) == slotBefore)
  }

  @Test("leave every other reference and view as it was", arguments: Device.underTest)
  func isolation(on device: Device) throws {
    var value = Tensor([1, 2], on: device)
    let copy = value
    var slots = [Tensor([2, 4], on: device)]
    let view = slots[0].viewed(as: slots[0].layout.sliced(axis: 0, from: 1, count: 1))
    Tensor.update(&value, &slots, with: Self.step, inputs: [Tensor([1], on: device)], parameters: [.float32(0.1)])
    expectClose(value, [0.8, 1.7])
    expectClose(copy, [1, 2])
    expectClose(view, [4])
  }

  @Test("keep the identity of a leaf, so that gradients still find it")
  func leaves() {
    var leaf = Tensor([1, 2]).requiringGradient()
    let node = leaf.node
    let copy = leaf
    Tensor.update(&leaf, with: ElementwiseProgram(inputs: [.float32]) { x, _ in [x[0] * 2] }, inputs: [])
    #expect(leaf.node === node)
    expectClose(leaf, [2, 4])
    expectClose(copy, [1, 2])
  }
}

@Suite("Shapes of results") struct ShapeInferenceTests {
  @Test("reshaping fills in the open extent")
  func reshape() throws {
    #expect(try Shape([4, 6]).reshapedShape(to: [-1, 8]) == [3, 8])
    #expect(try Shape([0, 6]).reshapedShape(to: [-1, 3]) == [0, 3])
    #expect(throws: ShapeError.self) { try Shape([4, 6]).reshapedShape(to: [5, -1]) }
    #expect(throws: ShapeError.self) { try Shape([4, 6]).reshapedShape(to: [-1, -1]) }
    #expect(throws: ShapeError.self) { try Shape([4]).reshapedShape(to: [3]) }
    #expect(throws: ShapeError.self) { try Shape([4]).reshapedShape(to: [-2, -2]) }
    #expect(throws: ShapeError.self) { try Shape([0]).reshapedShape(to: [-1, 0]) }
  }

  @Test("matrix products follow NumPy's rules")
  func matmul() throws {
    #expect(try Shape.matmulShape([2, 3], [3, 4]) == [2, 4])
    #expect(try Shape.matmulShape([3], [3]) == [])
    #expect(try Shape.matmulShape([3], [5, 3, 4]) == [5, 4])
    #expect(try Shape.matmulShape([5, 2, 3], [3]) == [5, 2])
    #expect(try Shape.matmulShape([7, 1, 2, 3], [5, 3, 4]) == [7, 5, 2, 4])
    #expect(try Shape.matmulShape([3, 2], [4, 3], transposingLeft: true, transposingRight: true) == [2, 4])
    #expect {
      try Shape.matmulShape([32, 784], [512, 10])
    } throws: {
      "\($0)" == "matmul: inner axes differ, [32, 784] × [512, 10]: 784 against 512"
    }
    #expect(throws: ShapeError.self) { try Shape.matmulShape([], [3]) }
    #expect(throws: ShapeError.self) { try Shape.matmulShape([2, 2, 3], [3, 3, 4]) }
  }

  @Test("convolutions and pooling")
  func images() throws {
    #expect(try Shape.conv2dShape(input: [2, 28, 28, 1], kernel: [3, 3, 1, 32]).shape == [2, 26, 26, 32])
    #expect(
      try Shape.conv2dShape(input: [2, 5, 7, 4], kernel: [3, 3, 2, 6], stride: Extent2D(2), padding: .same, groups: 2)
        .shape == [2, 3, 4, 6])
    #expect(
      try Shape.convTransposed2dShape(input: [1, 4, 4, 3], kernel: [3, 3, 5, 3], stride: Extent2D(2)).shape
        == [1, 9, 9, 5])
    #expect(
      try Shape.convTransposed2dShape(
        input: [1, 4, 4, 3], kernel: [3, 3, 5, 3], stride: Extent2D(2), padding: .same
      ).shape == [1, 8, 8, 5])
    #expect(try Shape.pool2dShape(input: [1, 13, 13, 8], size: Extent2D(2)).shape == [1, 6, 6, 8])
    #expect(throws: ShapeError.self) { try Shape.conv2dShape(input: [2, 28, 28, 3], kernel: [3, 3, 1, 32]) }
    #expect(throws: ShapeError.self) { try Shape.conv2dShape(input: [2, 2, 2, 1], kernel: [3, 3, 1, 32]) }
    #expect(throws: ShapeError.self) { try Shape.conv2dShape(input: [784], kernel: [3, 3, 1, 32]) }
    #expect(throws: ShapeError.self) { try Shape.conv2dShape(input: [2, 8, 8, 4], kernel: [3, 3, 2, 5], groups: 2) }
    #expect(throws: ShapeError.self) { try Shape.pool2dShape(input: [1, 3, 3, 8], size: Extent2D(4)) }
    #expect(throws: ShapeError.self) { try Shape.pool2dShape(input: [1, 3, 3, 8], size: Extent2D(0)) }
  }

  @Test("concatenation and padding")
  func assembly() throws {
    #expect(try Shape.concatenatedShape([[2, 3], [2, 1]], alongAxis: -1) == [2, 4])
    #expect(throws: ShapeError.self) { try Shape.concatenatedShape([[2, 3], [1, 1]], alongAxis: 1) }
    #expect(throws: ShapeError.self) { try Shape.concatenatedShape([[2, 3], [2]], alongAxis: 0) }
    #expect(throws: ShapeError.self) { try Shape.concatenatedShape([], alongAxis: 0) }
    #expect(try Shape([2, 3]).paddedShape([(1, 0), (2, 2)]) == [3, 7])
    #expect(throws: ShapeError.self) { try Shape([2, 3]).paddedShape([(1, 0)]) }
    #expect(throws: ShapeError.self) { try Shape([2]).paddedShape([(-1, 0)]) }
  }
}
