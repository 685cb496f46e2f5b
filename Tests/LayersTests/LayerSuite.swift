import MartletAutograd
import MartletBackend
import MartletLayers
import MartletTensor
import MartletTestSupport
import Testing

/// What every layer has to hold, for one line per layer and configuration.
@Suite("Every layer") struct LayerSuite {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let input: Shape
    let output: Shape
    /// Inputs are whole numbers below this; `nil` where they are any numbers.
    let indices: Int?
    let make: @Sendable () -> any Layer

    init(
      _ description: String, _ input: Shape, _ output: Shape, indices: Int? = nil,
      _ make: @escaping @Sendable () -> any Layer
    ) {
      testDescription = description
      self.input = input
      self.output = output
      self.indices = indices
      self.make = make
    }

    /// A batch of inputs.
    func inputs(_ batch: Int, on device: Device = .current) -> Tensor {
      let shape = Shape([batch] + Array(input))
      guard let indices else { return sample(shape, on: device) }
      return Tensor((0..<shape.elementCount).map { Int32($0 * 7 % indices) }, shape: shape, on: device)
    }
  }

  static let cases: [Case] = [
    Case("dense", [5], [3]) { Dense(3) },
    Case("dense without bias, on three axes", [2, 1, 4], [2, 1, 3]) { Dense(3, activation: .sigmoid, useBias: false) },
    Case("dense with an activation that is not fused", [4], [3]) { Dense(3, activation: .gelu()) },
    Case("dense with softmax", [4], [3]) { Dense(3, activation: .softmax()) },
    Case("conv 3×3", [5, 6, 2], [3, 4, 3]) { Conv2D(3, kernel: 3) },
    Case("conv same, stride 2, even kernel", [5, 7, 2], [3, 4, 3]) {
      Conv2D(3, kernel: Extent2D(2, 4), stride: 2, padding: .same, activation: .tanh)
    },
    Case("conv dilated and grouped", [7, 6, 4], [3, 4, 6]) {
      Conv2D(6, kernel: Extent2D(3, 2), dilation: 2, groups: 2, useBias: false)
    },
    Case("conv with lopsided padding", [3, 3, 1], [4, 5, 2]) {
      Conv2D(
        2, kernel: Extent2D(2, 3), padding: .explicit(Margins(top: 2, bottom: 0, left: 1, right: 3)), activation: .silu)
    },
    Case("max pool", [4, 6, 2], [2, 3, 2]) { MaxPool2D() },
    Case("max pool, overlapping, same", [5, 5, 2], [3, 3, 2]) { MaxPool2D(3, stride: 2, padding: .same) },
    Case("average pool", [5, 4, 2], [2, 2, 2]) { AveragePool2D(2) },
    Case("average pool, partial windows", [5, 7, 1], [3, 4, 1]) { AveragePool2D(2, padding: .same) },
    Case("global average pool", [3, 4, 5], [5]) { GlobalAveragePool2D() },
    Case("global average pool keeping rank", [3, 4, 5], [1, 1, 5]) { GlobalAveragePool2D(keepingRank: true) },
    Case("global max pool", [3, 4, 5], [5]) { GlobalMaxPool2D() },
    Case("flatten", [2, 3, 2], [12]) { Flatten() },
    Case("reshape", [2, 3, 2], [4, 3]) { Reshape([-1, 3]) },
    Case("dropout", [7], [7]) { Dropout(0.4) },
    Case("batch norm of features", [3], [3]) { BatchNorm() },
    Case("batch norm of images, plain", [2, 3, 2], [2, 3, 2]) { BatchNorm(epsilon: 1e-2, center: false, scale: false) },
    Case("activation", [4], [4]) { Activation.mish },
    Case("maxout", [6], [2]) { Activation.maxout(units: 2) },
    Case("glu", [6], [3]) { Activation.glu },
    Case("depthwise conv", [5, 6, 3], [3, 4, 6]) { DepthwiseConv2D(kernel: 3, depthMultiplier: 2) },
    Case("depthwise conv, same, with an activation that is not fused", [5, 5, 2], [3, 3, 2]) {
      DepthwiseConv2D(kernel: 3, stride: 2, padding: .same, activation: .silu, useBias: false)
    },
    Case("separable conv", [5, 6, 3], [3, 4, 4]) {
      SeparableConv2D(4, kernel: 3, depthMultiplier: 2, activation: .tanh)
    },
    Case("conv of sequences", [7, 2], [5, 3]) { Conv1D(3, kernel: 3) },
    Case("conv of sequences, causal and dilated", [7, 4], [4, 6]) {
      Conv1D(6, kernel: 3, stride: 2, padding: .causal, dilation: 2, groups: 2, activation: .gelu())
    },
    Case("conv of sequences, same", [7, 2], [4, 3]) { Conv1D(3, kernel: 4, stride: 2, padding: .same, useBias: false) },
    Case("transposed conv", [3, 4, 2], [7, 9, 3]) { ConvTransposed2D(3, kernel: 3, stride: 2) },
    Case("transposed conv, same", [3, 4, 2], [6, 8, 3]) {
      ConvTransposed2D(3, kernel: 3, stride: 2, padding: .same, activation: .sigmoid, useBias: false)
    },
    Case("layer norm", [3, 4], [3, 4]) { LayerNorm() },
    Case("layer norm of two axes, without shift", [3, 4], [3, 4]) { LayerNorm(axes: [1, 2], center: false) },
    Case("group norm", [2, 3, 6], [2, 3, 6]) { GroupNorm(groups: 3) },
    Case("zero padding", [2, 3, 2], [3, 6, 2]) { ZeroPadding2D(Margins(top: 1, left: 1, right: 2)) },
    Case("up-sampling", [2, 3, 2], [4, 9, 2]) { UpSampling2D(Extent2D(2, 3)) },
    Case("up-sampling in proportion", [2, 3, 2], [4, 9, 2]) { UpSampling2D(Extent2D(2, 3), interpolation: .bilinear) },
    Case("attention", [3, 4], [3, 4]) { MultiHeadAttention(heads: 2, keySize: 3) },
    Case("attention, causal, with sizes of its own", [3, 4], [3, 2]) {
      MultiHeadAttention(
        heads: 2, keySize: 2, valueSize: 1, outputSize: 2, isCausal: true, dropout: 0.25, useBias: false)
    },
    Case("maxout units", [4], [3]) { Maxout(3, pieces: 3) },
    Case("maxout units, on two axes, without bias", [2, 3], [2, 2]) { Maxout(2, useBias: false) },
    Case("radial basis", [3], [4]) { RBF(4, gamma: 0.7) },
    Case("radial basis, on two axes", [2, 3], [2, 2]) { RBF(2) },
    Case("leaky slopes that are learned", [5], [5]) { PReLU(alphaInitializer: .constant(0.3)) },
    Case("leaky slopes, shared", [1, 3, 3], [1, 3, 3]) {
      PReLU(sharedAxes: [1, 2], alphaInitializer: .constant(0.3))
    },
    Case("noise", [5], [5]) { GaussianNoise(0.5) },
    Case("images at random", [3, 5, 1], [3, 5, 1]) {
      RandomTransform(shift: 0.2, rotation: 0.3, zoom: 0.1, mirrors: true, background: 0)
    },
    Case("a function", [5], [2]) { Lambda { ($0 * $0.sigmoid()).sliced(axis: 1, from: 3, count: 2) } },
    Case("a layer for every step", [3, 4], [3, 2]) { TimeDistributed(Dense(2, activation: .tanh)) },
    Case("a convolution for every step", [2, 4, 3, 1], [2, 3, 2, 2]) { TimeDistributed(Conv2D(2, kernel: 2)) },
    Case("a residual", [4], [4]) {
      Residual {
        Dense(3, activation: .tanh)
        Dense(4)
      }
    },
    Case("a residual with a shortcut", [4, 4, 2], [2, 2, 3]) {
      Residual(shortcut: Conv2D(3, kernel: 1, stride: 2)) {
        Conv2D(3, kernel: 3, stride: 2, padding: .same, activation: .tanh)
      }
    },
    Case("simple rnn", [4, 3], [2]) { SimpleRNN(2) },
    Case("simple rnn with an activation that is not fused", [3, 2], [3, 2]) {
      SimpleRNN(2, activation: .gelu(), useBias: false, returnsSequences: true, goesBackwards: true)
    },
    Case("lstm", [4, 3], [5]) { LSTM(5) },
    Case("lstm sequences, one step, one feature", [1, 1], [1, 3]) { LSTM(3, returnsSequences: true) },
    Case("lstm backwards with other activations", [3, 2], [3, 3]) {
      LSTM(
        3, activation: .softplus, recurrentActivation: .hardSigmoid, useBias: false, returnsSequences: true,
        goesBackwards: true)
    },
    Case("gru", [4, 3], [2]) { GRU(2) },
    Case("gru sequences", [3, 1], [3, 2]) { GRU(2, recurrentActivation: .tanh, returnsSequences: true) },
    Case("gru resetting before the product", [3, 2], [2]) { GRU(2, resetsAfterProduct: false) },
    Case("bidirectional lstm", [3, 2], [3, 4]) { Bidirectional(LSTM(2, returnsSequences: true)) },
    Case("bidirectional gru, multiplied", [3, 2], [2]) { Bidirectional(GRU(2), merge: .mul) },
    Case("bidirectional of two kinds, mean", [3, 2], [2]) {
      Bidirectional(LSTM(2), backward: GRU(2, goesBackwards: true), merge: .ave)
    },
    Case("masking", [3, 2], [3, 2]) { Masking(value: 7) },
    Case("embedding", [4], [4, 3], indices: 5) { Embedding(5, 3) },
    Case("embedding of one index per sample, before a recurrence that skips zeros", [3], [2], indices: 3) {
      Sequential {
        Embedding(3, 2, masksZero: true)
        GRU(2)
      }
    },
    Case("average pool, wide windows, other strides", [7, 6, 3], [3, 2, 3]) {
      AveragePool2D(Extent2D(3, 2), stride: Extent2D(2, 3))
    },
    Case("max pool, one column, strides longer than windows", [7, 5, 1], [3, 2, 1]) {
      MaxPool2D(Extent2D(2, 1), stride: Extent2D(3, 4), padding: .same)
    },
    Case("dilated depthwise conv", [7, 6, 2], [3, 2, 2]) { DepthwiseConv2D(kernel: 3, dilation: 2) },
    Case("transposed conv, windows shorter than strides", [2, 3, 1], [6, 9, 2]) {
      ConvTransposed2D(2, kernel: 2, stride: 3, activation: .tanh)
    },
    Case("group norm of features, one group", [6], [6]) { GroupNorm(groups: 1, epsilon: 1e-2) },
    Case("layer norm of one axis in the middle", [3, 4, 2], [3, 4, 2]) { LayerNorm(axes: [2]) },
    Case("batch norm of sequences", [3, 2], [3, 2]) { BatchNorm(momentum: 0.5) },
    Case("a block", [4], [2]) {
      Sequential {
        Dense(3, activation: .tanh)
        Dense(2)
      }
    },
  ]

  @Test("says beforehand what shape it gives, for any batch size", arguments: cases)
  func shapes(_ test: Case) throws {
    for device in Device.underTest {
      let layer = test.make()
      let built = try withDevice(device) { try layer.build(for: test.input) }
      #expect(built == test.output)
      for batch in [1, 3] {
        let x = test.inputs(batch, on: device)
        #expect(layer(x, mode: .inference).shape == Shape([batch] + Array(test.output)))
        #expect(layer(x, mode: .training(seed: 1, step: 0)).shape == Shape([batch] + Array(test.output)))
      }
    }
  }

  @Test("builds itself when called unbuilt", arguments: cases)
  func lazyBuilding(_ test: Case) {
    let layer = test.make()
    withDevice(.reference) {
      #expect(layer(test.inputs(2), mode: .inference).shape == Shape([2] + Array(test.output)))
    }
    let parameters = layer.parameters
    #expect(!parameters.contains { !$0.isInitialized })
  }

  @Test("has the gradients that central differences find, for its input and every parameter", arguments: cases)
  func gradients(_ test: Case) throws {
    let layer = test.make()
    try withDevice(.reference) { _ = try layer.build(for: test.input, seed: 3) }
    let x = test.indices == nil ? separated(Shape([3] + Array(test.input))) : test.inputs(3, on: .reference)
    let cotangent = sample(Shape([3] + Array(test.output)), seed: 7, on: .reference)
    // Moving statistics change with every pass, but the result of a training pass does not depend on them.
    let mode = Mode.training(seed: 1, step: 0)
    func loss(_ x: Tensor) -> Tensor { (layer(x, mode: mode) * cotangent).sum() }

    let leaf = test.indices == nil ? x.requiringGradient() : x
    let gradients = loss(leaf).gradients()
    if test.indices == nil {
      try expectDifferences(try #require(gradients[leaf]), at: x) { changed in
        try withoutGradient { try loss(changed).item() }
      }
    }
    for parameter in layer.trainableParameters {
      let value = parameter.value.detached
      try expectDifferences(try #require(gradients[parameter]), at: value) { changed in
        parameter.assign(changed)
        defer { parameter.assign(value) }
        return try withoutGradient { try loss(x).item() }
      }
    }
  }

  /// Numbers from -1 to 1 in mixed order, all further apart than two steps, so that no maximum changes its place.
  private func separated(_ shape: Shape) -> Tensor {
    let count = shape.elementCount
    let stride = [89, 97, 101].first { !count.isMultiple(of: $0) } ?? 1
    let values = (0..<count).map { Float($0 * stride % count) / Float(count) * 2 - 1 }
    return Tensor(values, shape: shape, on: .reference)
  }

  /// Compares a gradient with (f(x + h) - f(x - h)) / 2h, element by element. With h = 2⁻⁸ both the rounding of f (some 1e-6 / 2h)
  /// and its curvature (h²) stay below 2e-3.
  private func expectDifferences(_ gradient: Tensor, at x: Tensor, of function: (Tensor) throws -> Float) throws {
    let step: Float = 0x1p-8
    let values = try x.floats()
    let gradients = try gradient.floats()
    for index in values.indices {
      var (above, below) = (values, values)
      above[index] += step
      below[index] -= step
      let rise =
        try function(Tensor(above, shape: x.shape, on: .reference))
        - function(Tensor(below, shape: x.shape, on: .reference))
      let difference = rise / (2 * step)
      #expect(
        abs(gradients[index] - difference) <= 4e-3 * max(1, abs(difference)),
        "element \(index): \(gradients[index]), \(difference)")
    }
  }
}
