import MartletAutograd
import MartletBackend
import MartletLayers
import MartletTensor
import MartletTestSupport
import Testing

/// A layer in one configuration, with the shapes of a sample it takes and gives. The suites of layers, of formats and of ONNX walk the
/// list, so that a new layer is tested by all of them for one line.
package struct LayerCase: Sendable, CustomTestStringConvertible {
  package let testDescription: String
  package let input: Shape
  package let output: Shape
  /// Inputs are whole numbers below this; `nil` where they are any numbers.
  package let indices: Int?
  package let make: @Sendable () -> any Layer

  package init(
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
  package func inputs(_ batch: Int, on device: Device = .current) -> Tensor {
    let shape = Shape([batch] + Array(input))
    guard let indices else { return sample(shape, on: device) }
    return Tensor((0..<shape.elementCount).map { Int32($0 * 7 % indices) }, shape: shape, on: device)
  }
}

extension LayerCase {
  /// Every layer there is.
  package static let all: [LayerCase] = [
    LayerCase("dense", [5], [3]) { Dense(3) },
    LayerCase("dense without bias, on three axes", [2, 1, 4], [2, 1, 3]) {
      Dense(3, activation: .sigmoid, useBias: false)
    },
    LayerCase("dense with an activation that is not fused", [4], [3]) { Dense(3, activation: .gelu()) },
    LayerCase("dense with softmax", [4], [3]) { Dense(3, activation: .softmax()) },
    LayerCase("conv 3×3", [5, 6, 2], [3, 4, 3]) { Conv2D(3, kernel: 3) },
    LayerCase("conv same, stride 2, even kernel", [5, 7, 2], [3, 4, 3]) {
      Conv2D(3, kernel: Extent2D(2, 4), stride: 2, padding: .same, activation: .tanh)
    },
    LayerCase("conv dilated and grouped", [7, 6, 4], [3, 4, 6]) {
      Conv2D(6, kernel: Extent2D(3, 2), dilation: 2, groups: 2, useBias: false)
    },
    LayerCase("conv with lopsided padding", [3, 3, 1], [4, 5, 2]) {
      Conv2D(
        2, kernel: Extent2D(2, 3), padding: .explicit(Margins(top: 2, bottom: 0, left: 1, right: 3)), activation: .silu)
    },
    LayerCase("max pool", [4, 6, 2], [2, 3, 2]) { MaxPool2D() },
    LayerCase("max pool, overlapping, same", [5, 5, 2], [3, 3, 2]) { MaxPool2D(3, stride: 2, padding: .same) },
    LayerCase("average pool", [5, 4, 2], [2, 2, 2]) { AveragePool2D(2) },
    LayerCase("average pool, partial windows", [5, 7, 1], [3, 4, 1]) { AveragePool2D(2, padding: .same) },
    LayerCase("global average pool", [3, 4, 5], [5]) { GlobalAveragePool2D() },
    LayerCase("global average pool keeping rank", [3, 4, 5], [1, 1, 5]) { GlobalAveragePool2D(keepingRank: true) },
    LayerCase("global max pool", [3, 4, 5], [5]) { GlobalMaxPool2D() },
    LayerCase("flatten", [2, 3, 2], [12]) { Flatten() },
    LayerCase("reshape", [2, 3, 2], [4, 3]) { Reshape([-1, 3]) },
    LayerCase("dropout", [7], [7]) { Dropout(0.4) },
    LayerCase("batch norm of features", [3], [3]) { BatchNorm() },
    LayerCase("batch norm of images, plain", [2, 3, 2], [2, 3, 2]) {
      BatchNorm(epsilon: 1e-2, center: false, scale: false)
    },
    LayerCase("activation", [4], [4]) { Activation.mish },
    LayerCase("maxout", [6], [2]) { Activation.maxout(units: 2) },
    LayerCase("glu", [6], [3]) { Activation.glu },
    LayerCase("depthwise conv", [5, 6, 3], [3, 4, 6]) { DepthwiseConv2D(kernel: 3, depthMultiplier: 2) },
    LayerCase("depthwise conv, same, with an activation that is not fused", [5, 5, 2], [3, 3, 2]) {
      DepthwiseConv2D(kernel: 3, stride: 2, padding: .same, activation: .silu, useBias: false)
    },
    LayerCase("separable conv", [5, 6, 3], [3, 4, 4]) {
      SeparableConv2D(4, kernel: 3, depthMultiplier: 2, activation: .tanh)
    },
    LayerCase("conv of sequences", [7, 2], [5, 3]) { Conv1D(3, kernel: 3) },
    LayerCase("conv of sequences, causal and dilated", [7, 4], [4, 6]) {
      Conv1D(6, kernel: 3, stride: 2, padding: .causal, dilation: 2, groups: 2, activation: .gelu())
    },
    LayerCase("conv of sequences, same", [7, 2], [4, 3]) {
      Conv1D(3, kernel: 4, stride: 2, padding: .same, useBias: false)
    },
    LayerCase("transposed conv", [3, 4, 2], [7, 9, 3]) { ConvTransposed2D(3, kernel: 3, stride: 2) },
    LayerCase("transposed conv, same", [3, 4, 2], [6, 8, 3]) {
      ConvTransposed2D(3, kernel: 3, stride: 2, padding: .same, activation: .sigmoid, useBias: false)
    },
    LayerCase("layer norm", [3, 4], [3, 4]) { LayerNorm() },
    LayerCase("layer norm of two axes, without shift", [3, 4], [3, 4]) { LayerNorm(axes: [1, 2], center: false) },
    LayerCase("group norm", [2, 3, 6], [2, 3, 6]) { GroupNorm(groups: 3) },
    LayerCase("zero padding", [2, 3, 2], [3, 6, 2]) { ZeroPadding2D(Margins(top: 1, left: 1, right: 2)) },
    LayerCase("up-sampling", [2, 3, 2], [4, 9, 2]) { UpSampling2D(Extent2D(2, 3)) },
    LayerCase("up-sampling in proportion", [2, 3, 2], [4, 9, 2]) {
      UpSampling2D(Extent2D(2, 3), interpolation: .bilinear)
    },
    LayerCase("attention", [3, 4], [3, 4]) { MultiHeadAttention(heads: 2, keySize: 3) },
    LayerCase("attention, causal, with sizes of its own", [3, 4], [3, 2]) {
      MultiHeadAttention(
        heads: 2, keySize: 2, valueSize: 1, outputSize: 2, isCausal: true, dropout: 0.25, useBias: false)
    },
    LayerCase("maxout units", [4], [3]) { Maxout(3, pieces: 3) },
    LayerCase("maxout units, on two axes, without bias", [2, 3], [2, 2]) { Maxout(2, useBias: false) },
    LayerCase("radial basis", [3], [4]) { RBF(4, gamma: 0.7) },
    LayerCase("radial basis, on two axes", [2, 3], [2, 2]) { RBF(2) },
    LayerCase("leaky slopes that are learned", [5], [5]) { PReLU(alphaInitializer: .constant(0.3)) },
    LayerCase("leaky slopes, shared", [1, 3, 3], [1, 3, 3]) {
      PReLU(sharedAxes: [1, 2], alphaInitializer: .constant(0.3))
    },
    LayerCase("other units", [5], [5]) { Rescaling(scale: 2, offset: -0.5) },
    LayerCase("noise", [5], [5]) { GaussianNoise(0.5) },
    LayerCase("images at random", [3, 5, 1], [3, 5, 1]) {
      RandomTransform(shift: 0.2, rotation: 0.3, zoom: 0.1, mirrors: true, background: 0)
    },
    LayerCase("a function", [5], [2]) { Lambda { ($0 * $0.sigmoid()).sliced(axis: 1, from: 3, count: 2) } },
    LayerCase("a layer for every step", [3, 4], [3, 2]) { TimeDistributed(Dense(2, activation: .tanh)) },
    LayerCase("a convolution for every step", [2, 4, 3, 1], [2, 3, 2, 2]) { TimeDistributed(Conv2D(2, kernel: 2)) },
    LayerCase("a residual", [4], [4]) {
      Residual {
        Dense(3, activation: .tanh)
        Dense(4)
      }
    },
    LayerCase("a residual with a shortcut", [4, 4, 2], [2, 2, 3]) {
      Residual(shortcut: Conv2D(3, kernel: 1, stride: 2)) {
        Conv2D(3, kernel: 3, stride: 2, padding: .same, activation: .tanh)
      }
    },
    LayerCase("simple rnn", [4, 3], [2]) { SimpleRNN(2) },
    LayerCase("simple rnn with an activation that is not fused", [3, 2], [3, 2]) {
      SimpleRNN(2, activation: .gelu(), useBias: false, returnsSequences: true, goesBackwards: true)
    },
    LayerCase("lstm", [4, 3], [5]) { LSTM(5) },
    LayerCase("lstm sequences, one step, one feature", [1, 1], [1, 3]) { LSTM(3, returnsSequences: true) },
    LayerCase("lstm backwards with other activations", [3, 2], [3, 3]) {
      LSTM(
        3, activation: .softplus, recurrentActivation: .hardSigmoid, useBias: false, returnsSequences: true,
        goesBackwards: true)
    },
    LayerCase("gru", [4, 3], [2]) { GRU(2) },
    LayerCase("gru sequences", [3, 1], [3, 2]) { GRU(2, recurrentActivation: .tanh, returnsSequences: true) },
    LayerCase("gru resetting before the product", [3, 2], [2]) { GRU(2, resetsAfterProduct: false) },
    LayerCase("bidirectional lstm", [3, 2], [3, 4]) { Bidirectional(LSTM(2, returnsSequences: true)) },
    LayerCase("bidirectional gru, multiplied", [3, 2], [2]) { Bidirectional(GRU(2), merge: .mul) },
    LayerCase("bidirectional of two kinds, mean", [3, 2], [2]) {
      Bidirectional(LSTM(2), backward: GRU(2, goesBackwards: true), merge: .ave)
    },
    LayerCase("masking", [3, 2], [3, 2]) { Masking(value: 7) },
    LayerCase("embedding", [4], [4, 3], indices: 5) { Embedding(5, 3) },
    LayerCase("embedding of one index per sample, before a recurrence that skips zeros", [3], [2], indices: 3) {
      Sequential {
        Embedding(3, 2, masksZero: true)
        GRU(2)
      }
    },
    LayerCase("average pool, wide windows, other strides", [7, 6, 3], [3, 2, 3]) {
      AveragePool2D(Extent2D(3, 2), stride: Extent2D(2, 3))
    },
    LayerCase("max pool, one column, strides longer than windows", [7, 5, 1], [3, 2, 1]) {
      MaxPool2D(Extent2D(2, 1), stride: Extent2D(3, 4), padding: .same)
    },
    LayerCase("dilated depthwise conv", [7, 6, 2], [3, 2, 2]) { DepthwiseConv2D(kernel: 3, dilation: 2) },
    LayerCase("transposed conv, windows shorter than strides", [2, 3, 1], [6, 9, 2]) {
      ConvTransposed2D(2, kernel: 2, stride: 3, activation: .tanh)
    },
    LayerCase("group norm of features, one group", [6], [6]) { GroupNorm(groups: 1, epsilon: 1e-2) },
    LayerCase("layer norm of one axis in the middle", [3, 4, 2], [3, 4, 2]) { LayerNorm(axes: [2]) },
    LayerCase("batch norm of sequences", [3, 2], [3, 2]) { BatchNorm(momentum: 0.5) },
    LayerCase("a block", [4], [2]) {
      Sequential {
        Dense(3, activation: .tanh)
        Dense(2)
      }
    },
  ]
}
