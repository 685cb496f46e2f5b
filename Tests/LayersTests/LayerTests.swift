import MartletAutograd
import MartletBackend
import MartletLayers
import MartletTensor
import MartletTestSupport
import Testing

@Suite("Layers", .serialized) struct LayerTests {
  @Test("Dense is activation(x · kernel + bias)", arguments: Device.underTest)
  func dense(on device: Device) throws {
    try withDevice(device) {
      let layer = Dense(2, activation: .relu)
      try layer.build(for: [3])
      layer.kernel.assign(Tensor([1, -1, 2, 0, 0, 3], shape: [3, 2]))
      layer.bias?.assign(Tensor([0.5, -4]))
      expectClose(layer(Tensor([1, 2, 3], shape: [1, 3])), [5.5, 4])
      expectClose(layer(Tensor([1, 0, -1], shape: [1, 3])), [1.5, 0])
    }
  }

  @Test(
    "BatchNorm normalises by the batch while learning, by moving statistics afterwards", arguments: Device.underTest)
  func batchNorm(on device: Device) throws {
    try withDevice(device) {
      let layer = BatchNorm(momentum: 0.9, epsilon: 0.75)
      try layer.build(for: [2])
      layer.gamma?.assign(Tensor([2, 1]))
      layer.beta?.assign(Tensor([0, 10]))
      // Channel 0 has mean 2 and variance 4 - with epsilon 0.75 not a square, so a second channel of variance 0.25 has root 1.
      let x = Tensor([0, 1.5, 4, 2.5], shape: [2, 2])
      let y = layer(x, mode: .training(seed: 0, step: 0))
      let scale = 2 / Float(4.75).squareRoot()
      expectClose(y, [-2 * scale, 9.5, 2 * scale, 10.5], within: 2e-6)
      expectClose(layer.movingMean.value, [0.2, 0.2])
      expectClose(layer.movingVariance.value, [1.3, 0.925])
      // (0.2 - 0.2) → beta; (1.2 - 0.2) / √(0.925 + 0.75) + 10.
      let inferred = layer(Tensor([0.2, 1.2], shape: [1, 2]))
      expectClose(inferred, [0, 10 + 1 / Float(1.675).squareRoot()], within: 2e-6)
    }
  }

  @Test("Dropout keeps a share, scales it, and draws anew for each step and layer", arguments: Device.underTest)
  func dropout(on device: Device) throws {
    try withDevice(device) {
      let model = try Sequential(input: [1000]) {
        Dropout(0.25)
        Dropout(0.25)
      }
      let x = Tensor.ones([4, 1000])
      let first = model.layers[0]
      let y = try first(x, mode: .training(seed: 1, step: 0)).floats()
      #expect(Set(y) == [0, 1 / 0.75])
      // 4000 draws: the standard deviation of the share is 0.7 %.
      #expect(abs(Float(y.count { $0 == 0 }) / 4000 - 0.25) < 0.03)
      #expect(try first(x, mode: .training(seed: 1, step: 0)).floats() == y)
      #expect(try first(x, mode: .training(seed: 1, step: 1)).floats() != y)
      #expect(try first(x, mode: .training(seed: 2, step: 0)).floats() != y)
      #expect(try model.layers[1](x, mode: .training(seed: 1, step: 0)).floats() != y)
      #expect(try model(x).floats() == x.floats())
    }
  }

  @Test("A partial window's average counts only what is inside the image", arguments: Device.underTest)
  func partialAverage(on device: Device) {
    let x = Tensor([1, 2, 3, 4, 5, 6, 7, 8, 9], shape: [1, 3, 3, 1], on: device)
    expectClose(AveragePool2D(2, padding: .same)(x), [3, 4.5, 7.5, 9], shape: [1, 2, 2, 1])
  }

  @Test("Activations are found by the names of Keras and of Swift")
  func activationNames() throws {
    #expect(try Activation(named: "leaky_relu") == .leakyRelu(negativeSlope: 0.2))
    #expect(try Activation(named: "leakyRelu") == .leakyRelu())
    #expect(try Activation(named: "swish") == .silu)
    #expect(try Activation(named: "Hard_Sigmoid") == .hardSigmoid)
    let error = #expect(throws: UnknownNameError.self) { try Activation(named: "rellu") }
    #expect(error?.description.contains("'rellu'; there are linear, relu,") == true)
  }

  @Test(
    "Every named activation has the gradient that central differences find", arguments: Activation.allByName.map(\.name)
  )
  func activationGradients(name: String) throws {
    let activation = try Activation(named: name)
    // Away from 0, where some bend.
    let x = Tensor([-2.3, -1.4, -0.7, -0.2, 0.2, 0.7, 1.4, 2.3], shape: [2, 4], on: .reference)
    let cotangent = activation == .glu ? [1, 2, -1, 0.5] : [1, 2, -1, 0.5, 0.3, -2, 1, 1] as [Float]
    func loss(_ x: Tensor) -> Tensor {
      let y = activation(x)
      return (y * Tensor(cotangent, shape: y.shape, on: .reference)).sum()
    }
    let leaf = x.requiringGradient()
    let gradient = try #require(loss(leaf).gradients()[leaf]).floats()
    let values = try x.floats()
    for index in values.indices {
      var (above, below) = (values, values)
      above[index] += 0x1p-7
      below[index] -= 0x1p-7
      let rise =
        try loss(Tensor(above, shape: [2, 4], on: .reference)).item()
        - loss(Tensor(below, shape: [2, 4], on: .reference)).item()
      #expect(abs(gradient[index] - rise * 0x1p6) < 2e-3, "element \(index)")
    }
  }
}
