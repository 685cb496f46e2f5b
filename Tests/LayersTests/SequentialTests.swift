import MartletBackend
import MartletLayers
import MartletTensor
import MartletTestSupport
import Testing

@Suite("Sequential") struct SequentialTests {
  private func error(_ make: () throws -> Sequential) -> String {
    do {
      _ = try make()
      return "no error"
    } catch { return "\(error)" }
  }

  @Test("names the layer that does not fit, both shapes, the way there and the remedy")
  func misfit() {
    let message = error {
      try Sequential(input: [28, 28]) {
        Dense(4)
        Conv2D(8, kernel: 3)
      }
    }
    #expect(message.contains("layer 1 (Conv2D) cannot take samples of shape [28, 4]"))
    #expect(message.contains("Reshape([28, 4, 1])"))
    #expect(message.contains("[28, 28] → dense → [28, 4] → conv2d ✗"))
  }

  @Test("finds at once what else cannot be")
  func otherFaults() {
    #expect(error { try Sequential(input: [0]) { Flatten() } }.contains("samples of shape [0]"))
    #expect(
      error { try Sequential(input: [4, 4, 1]) { Conv2D(8, kernel: 5) } }.contains("does not fit into an image of 4×4"))
    #expect(error { try Sequential(input: [4, 4, 3]) { Conv2D(8, kernel: 1, groups: 2) } }.contains("3 channels"))
    #expect(error { try Sequential(input: [7]) { Reshape([2, -1]) } }.contains("do not divide into [2, -1]"))
    #expect(error { try Sequential(input: [7]) { Reshape([2, 3]) } }.contains("has 7 elements"))
    #expect(
      error {
        try Sequential(input: [4]) {
          Dense(1, name: "a")
          Dense(2, name: "a")
        }
      }.contains("two layers are called 'a'"))
    #expect(error { try Sequential(input: [4]) { Dense(1, name: "a.b") } }.contains("no dot"))
    #expect(error { try Sequential(input: [Int(Int32.max)]) { Dense(3) } }.contains("are possible"))
    #expect(error { try Sequential(input: [1, 1, 1, 1, 1, 1, 1, 1]) { Flatten() } }.contains("up to 7 axes"))
    #expect(error { try Sequential(input: [Int.max, Int.max]) { Flatten() } }.contains("elements"))
    #expect(error { try Sequential(input: [1]) { Reshape([1, 1, 1, 1, 1, 1, 1, 1]) } }.contains("more than a tensor"))
    #expect(error { try Sequential(input: [Int(Int32.max)]) { Dense(Int.max) } }.contains("more than a tensor"))
    let shared = Dense(4)
    #expect(
      error {
        try Sequential(input: [3]) {
          shared
          shared
        }
      }.contains("parameter '0.kernel' has shape [3, 4], this input needs [4, 4]"))
  }

  @Test("is written with if, for and lists, or as an array")
  func builder() throws {
    let isDeep = true
    let built = try Sequential(input: [8]) {
      for units in [7, 6] { Dense(units, activation: .relu) }
      if isDeep { Dense(5) } else { Flatten() }
      if !isDeep { Dropout(0.1) }
      [Dense(4), Activation.softmax()] as [any Layer]
    }
    #expect(built.outputShapes == [[7], [6], [5], [4], [4]])
    let listed = try Sequential(input: [8], layers: [Dense(7), Dense(6)])
    #expect(listed.parameters.map(\.name) == ["0.kernel", "0.bias", "1.kernel", "1.bias"])
  }

  @Test("nests blocks, whose parameters begin differently though they look alike")
  func blocks() throws {
    func block() -> Sequential { Sequential { Dense(4, activation: .relu, name: "wide") } }
    let model = try Sequential(input: [4]) {
      block()
      block()
    }
    #expect(model.parameters.map(\.name) == ["0.wide.kernel", "0.wide.bias", "1.wide.kernel", "1.wide.bias"])
    #expect(try model.parameters[0].value.floats() != model.parameters[2].value.floats())
    #expect(model(Tensor.ones([2, 4])).shape == [2, 4])
  }

  @Test("begins with the same weights for the same seed, and others for another")
  func seeds() throws {
    func kernel(_ seed: UInt64) throws -> [Float] {
      try Sequential(input: [4], seed: seed) { Dense(3) }.parameters[0].value.floats()
    }
    #expect(try kernel(1) == kernel(1))
    #expect(try kernel(1) != kernel(2))
  }

  @Test(
    "computes what its layers compute one by one, convolutions with pooling behind them too",
    arguments: Device.underTest)
  func pooledConvolutions(on device: Device) throws {
    let model = try Sequential(input: [13, 12, 2]) {
      Conv2D(16, kernel: 3, activation: .relu)
      MaxPool2D(2)
      Conv2D(5, kernel: 2, activation: .gelu())
      MaxPool2D(2, padding: .same)
      Conv2D(4, kernel: 2, activation: .linear, useBias: false)
      MaxPool2D(1)
      Conv2D(3, kernel: 1)
    }
    try model.move(to: device)
    let x = sample([3, 13, 12, 2], on: device)
    for mode in [Mode.inference, .training(seed: 1, step: 0)] {
      let (one, two) = (model(x, mode: mode), model.layers.reduce(x) { $1($0, mode: mode) })
      #expect(try one.floats() == two.floats())
      let (g, h) = (one.squared().sum().gradients(), two.squared().sum().gradients())
      for parameter in model.parameters {
        expectClose(try #require(g[parameter.value]), try #require(h[parameter.value]).floats(), within: 1e-4)
      }
    }
    #expect(model.summary().contains("MaxPooling2D"))
  }

  @Test("gives layers that share a parameter one parameter")
  func sharing() throws {
    let shared = Dense(4)
    let model = try Sequential(input: [4]) {
      shared
      shared
    }
    #expect(model.parameters.count == 2 && model.parameterCount == 20)
  }
}
