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

  @Test("DepthwiseConv2D keeps channels apart, SeparableConv2D mixes them afterwards", arguments: Device.underTest)
  func depthwise(on device: Device) throws {
    try withDevice(device) {
      // One row of two pixels with two channels: (1, 10) and (2, 20).
      let x = Tensor([1, 10, 2, 20], shape: [1, 1, 2, 2])
      let layer = DepthwiseConv2D(kernel: Extent2D(1, 2), depthMultiplier: 2, useBias: false)
      try layer.build(for: [1, 2, 2])
      // Taps × channels × results: channel 0 gets 1·a + 2·b, for results (a, b) = (1, 1) and (1, 0); channel 1 for (0, 1) and (2, 0).
      layer.kernel.assign(Tensor([1, 1, 0, 2, 1, 0, 1, 0], shape: [1, 2, 2, 2]))
      expectClose(layer(x), [3, 1, 20, 20], shape: [1, 1, 1, 4])

      let separable = SeparableConv2D(1, kernel: Extent2D(1, 2), depthMultiplier: 2)
      try separable.build(for: [1, 2, 2])
      separable.depthwiseKernel.assign(layer.kernel.value)
      separable.pointwiseKernel.assign(Tensor([1, 10, 0, 1], shape: [1, 1, 4, 1]))
      separable.bias?.assign(Tensor([0.5]))
      expectClose(separable(x), [3 + 10 + 20 + 0.5], shape: [1, 1, 1, 1])
    }
  }

  @Test("Conv1D pads sequences not at all, on both sides, or only in front", arguments: Device.underTest)
  func sequences(on device: Device) throws {
    try withDevice(device) {
      let x = Tensor([1, 2, 3, 4], shape: [1, 4, 1])
      for (padding, expected) in [
        (.valid, [12, 23, 34]), (.same, [12, 23, 34, 40]), (.causal, [1, 12, 23, 34]),
      ] as [(SequencePadding, [Float])] {
        let layer = Conv1D(1, kernel: 2, padding: padding)
        try layer.build(for: [4, 1])
        layer.kernel.assign(Tensor([10, 1], shape: [2, 1, 1]))
        expectClose(layer(x), expected, shape: [1, expected.count, 1])
      }
    }
  }

  @Test("ConvTransposed2D spreads each pixel by the kernel", arguments: Device.underTest)
  func transposed(on device: Device) throws {
    try withDevice(device) {
      let layer = ConvTransposed2D(1, kernel: Extent2D(1, 3), stride: Extent2D(1, 2))
      try layer.build(for: [1, 2, 1])
      layer.kernel.assign(Tensor([1, 2, 3], shape: [1, 3, 1, 1]))
      layer.bias?.assign(Tensor([0.5]))
      // 1·(1 2 3) at 0 and 10·(1 2 3) at 2.
      expectClose(layer(Tensor([1, 10], shape: [1, 1, 2, 1])), [1.5, 2.5, 13.5, 20.5, 30.5], shape: [1, 1, 5, 1])
    }
  }

  @Test("LayerNorm and GroupNorm normalise each sample for itself", arguments: Device.underTest)
  func sampleNorms(on device: Device) throws {
    try withDevice(device) {
      // Mean 2, variance 1; with epsilon 3 the root is 2. The second sample has variance 0.
      let x = Tensor([1, 3, 5, 5], shape: [2, 2])
      let layer = LayerNorm(epsilon: 3)
      try layer.build(for: [2])
      layer.gamma?.assign(Tensor([2, 4]))
      layer.beta?.assign(Tensor([0, 1]))
      expectClose(layer(x), [-1, 3, 0, 1])
      // Two groups of two channels with two positions: 0 0 4 4 has mean 2, variance 4; 1 1 1 1 has none.
      let grouped = GroupNorm(groups: 2, epsilon: 12)
      try grouped.build(for: [2, 4])
      expectClose(grouped(Tensor([0, 4, 1, 1, 4, 0, 1, 1], shape: [1, 2, 4])), [-0.5, 0.5, 0, 0, 0.5, -0.5, 0, 0])
    }
    #expect(throws: ShapeError.self) { try LayerNorm(axes: [0]).build(for: [3]) }
    #expect(throws: ShapeError.self) { try GroupNorm(groups: 4).build(for: [2, 6]) }
  }

  @Test("UpSampling2D repeats pixels, or goes from centre to centre", arguments: Device.underTest)
  func upSampling(on device: Device) {
    let x = Tensor([0, 4], shape: [1, 1, 2, 1], on: device)
    expectClose(UpSampling2D(Extent2D(1, 2))(x), [0, 0, 4, 4], shape: [1, 1, 4, 1])
    // Centres of the new pixels lie at -¼, ¼, ¾ and 1¼ of the old ones.
    expectClose(UpSampling2D(Extent2D(1, 2), interpolation: .bilinear)(x), [0, 1, 3, 4], shape: [1, 1, 4, 1])
    expectClose(UpSampling2D(2, interpolation: .bilinear)(x), [0, 1, 3, 4, 0, 1, 3, 4], shape: [1, 2, 4, 1])
    expectClose(ZeroPadding2D(Margins(bottom: 1, left: 2))(x), [0, 0, 0, 4, 0, 0, 0, 0], shape: [1, 2, 4, 1])
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
    #expect(error?.description.contains("'rellu'; did you mean 'relu'? There are linear, relu,") == true)
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
