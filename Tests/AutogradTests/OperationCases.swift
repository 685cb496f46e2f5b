import MartletAutograd
import MartletBackend
import MartletTensor
import MartletTestSupport
import Testing

/// An operation at a point where it is smooth, for the tests that hold for every operation.
struct OperationCase: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let inputs: @Sendable (Device) -> [Tensor]
  let function: @Sendable ([Tensor]) -> Tensor
  /// Whether the gradient is checked for its own gradient.
  var isCheckedTwice = true

  init(
    _ name: String, _ inputs: @escaping @Sendable (Device) -> [Tensor], isCheckedTwice: Bool = true,
    _ function: @escaping @Sendable ([Tensor]) -> Tensor
  ) {
    testDescription = name
    self.inputs = inputs
    self.function = function
    self.isCheckedTwice = isCheckedTwice
  }

  /// With one input of a shape, its elements at least 0.02 away from 0 and below `scale`.
  init(
    _ name: String, _ shape: Shape, scale: Float = 1, isCheckedTwice: Bool = true,
    _ function: @escaping @Sendable (Tensor) -> Tensor
  ) {
    self.init(name, { [sample(shape, scale: scale, on: $0)] }, isCheckedTwice: isCheckedTwice) { function($0[0]) }
  }

  /// With one input of these values, for functions with kinks or poles.
  init(_ name: String, at values: [Float], _ function: @escaping @Sendable (Tensor) -> Tensor) {
    self.init(name, { [Tensor(values, on: $0)] }) { function($0[0]) }
  }

  /// With one input whose elements are at least 0.2 apart, in no particular order.
  init(_ name: String, spaced shape: Shape, _ function: @escaping @Sendable (Tensor) -> Tensor) {
    let count = shape.elementCount
    let values = (0..<count).map { Float(($0 * 5 + 3) % count) * 0.2 - 0.7 }
    self.init(name, { [Tensor(values, shape: shape, on: $0)] }) { function($0[0]) }
  }

  /// With two inputs of given shapes.
  init(
    _ name: String, _ a: Shape, _ b: Shape, isCheckedTwice: Bool = true,
    _ function: @escaping @Sendable (Tensor, Tensor) -> Tensor
  ) {
    self.init(name, { [sample(a, on: $0), sample(b, seed: 2, on: $0)] }, isCheckedTwice: isCheckedTwice) {
      function($0[0], $0[1])
    }
  }
}

extension OperationCase {
  static let all: [OperationCase] =
    arithmetic + functions + activations + reductions + shapes + indexing + contractions + images + probabilities
    + normalizations + recurrent

  private static let positive: @Sendable (Device) -> [Tensor] = { [Tensor([0.3, 0.7, 1.5, 2.5, 4], on: $0)] }

  static let arithmetic: [OperationCase] = [
    OperationCase("a + b", [2, 3], [2, 3]) { $0 + $1 },
    OperationCase("a + b, both stretched", [2, 1, 3], [4, 1]) { $0 + $1 },
    OperationCase("a - b, b stretched", [2, 3], [3]) { $0 - $1 },
    OperationCase("a · b", [2, 3], [2, 3]) { $0 * $1 },
    OperationCase("a · b, both stretched", [2, 1, 3], [4, 1]) { $0 * $1 },
    OperationCase("a · b, a transposed", [3, 2], [2, 3]) { $0.transposed() * $1 },
    OperationCase("a · a", [5]) { $0 * $0 },
    OperationCase("a / b", [2, 3], [2, 3]) { $0 / ($1 + 2) },
    OperationCase("a / b, a a scalar", [], [5]) { $0 / ($1 + 2) },
    OperationCase("2 + a, a - 3, 4 - a, 5a, a / 6", [5]) { (4 - ((2 + $0) - 3)) * (5 * $0) / 6 },
    OperationCase("1 / a", [5]) { 1 / ($0 + 2) },
    OperationCase("-a", [5]) { -$0 },
    OperationCase("maximum", [2, 3], [3]) { .maximum($0, $1) },
    OperationCase("minimum", [2, 3], [2, 1]) { .minimum($0, $1) },
    OperationCase("maximum with a number", at: [-2, -0.5, 0.5, 2]) { .maximum($0, 0.25) * $0 },
    OperationCase("minimum with a number", at: [-2, -0.5, 0.5, 2]) { .minimum($0, 0.25) * $0 },
    OperationCase("clamped", at: [-2, -0.5, 0.5, 2]) { $0.clamped(to: -1...1) * $0 },
    OperationCase("select, all stretched", [2, 1], [3]) { a, b in
      .select(Tensor([true, false, true], shape: [3], on: a.device), a, b) * a
    },
    OperationCase("select with numbers", [2, 3]) { .select($0 .> 0, $0.squared(), 3) + .select($0 .> 0.1, 2, $0) },
  ]

  static let functions: [OperationCase] = [
    OperationCase("exp", [5]) { $0.exp() },
    OperationCase("expm1", [5]) { $0.expm1() },
    OperationCase("log", positive) { ($0[0] + 1).log() },
    OperationCase("log1p", positive) { $0[0].log1p() },
    OperationCase("squareRoot", positive) { ($0[0] + 1).squareRoot() },
    OperationCase("reciprocalSquareRoot", positive) { ($0[0] + 1).reciprocalSquareRoot() },
    OperationCase("squared", [5]) { $0.squared() },
    OperationCase("sin", [5], scale: 3) { $0.sin() },
    OperationCase("cos", [5], scale: 3) { $0.cos() },
    OperationCase("erf", [5]) { $0.erf() },
    OperationCase("abs", at: [-2, -0.5, 0.5, 2]) { $0.abs() * $0 },
    OperationCase("reciprocal", positive) { ($0[0] + 1).reciprocal() },
    OperationCase("power of a tensor", { [Tensor([1.5, 2, 3], on: $0), Tensor([2, 0.5, -1.5], on: $0)] }) {
      $0[0].power($0[1])
    },
    OperationCase("power of a number", positive) { ($0[0] + 1).power(2.5) },
    OperationCase("negative base to a whole power", at: [-2, -1, 1.5]) { $0.power(3) },
  ]

  static let activations: [OperationCase] = [
    OperationCase("relu", at: [-2, -0.5, 0.5, 2]) { $0.relu() * $0 },
    OperationCase("relu6", at: [-2, 0.5, 5, 7]) { $0.relu6() * $0 },
    OperationCase("leakyRelu", at: [-2, -0.5, 0.5, 2]) { $0.leakyRelu(negativeSlope: 0.3) * $0 },
    OperationCase("elu", at: [-2, -0.5, 0.5, 2]) { $0.elu(alpha: 0.7) },
    OperationCase("selu", at: [-2, -0.5, 0.5, 2]) { $0.selu() },
    OperationCase("celu", at: [-2, -0.5, 0.5, 2]) { $0.celu(alpha: 1.3) },
    OperationCase("sigmoid", [5], scale: 3) { $0.sigmoid() },
    OperationCase("logSigmoid", [5], scale: 3) { $0.logSigmoid() },
    OperationCase("hardSigmoid", at: [-4, -1, 1, 4]) { $0.hardSigmoid() * $0 },
    OperationCase("tanh", [5]) { $0.tanh() },
    OperationCase("hardTanh", at: [-4, -0.5, 0.5, 4]) { $0.hardTanh() * $0 },
    OperationCase("tanhShrink", [5]) { $0.tanhShrink() },
    OperationCase("softplus", [5], scale: 3) { $0.softplus() },
    OperationCase("softsign", at: [-2, -0.5, 0.5, 2]) { $0.softsign() },
    OperationCase("silu", [5], scale: 3) { $0.silu() },
    OperationCase("hardSwish", at: [-4, -1, 1, 4]) { $0.hardSwish() },
    OperationCase("gelu", [5], scale: 2) { $0.gelu() },
    OperationCase("gelu, approximate", [5], scale: 2) { $0.gelu(approximate: true) },
    OperationCase("mish", [5], scale: 2) { $0.mish() },
    OperationCase("softShrink", at: [-2, -0.25, 0.25, 2]) { $0.softShrink() * $0 },
    OperationCase("hardShrink", at: [-2, -0.25, 0.25, 2]) { $0.hardShrink() * $0 },
    OperationCase("squareplus", [5], scale: 2) { $0.squareplus() },
    OperationCase("sparsePlus", at: [-2, -0.5, 0.5, 2]) { $0.sparsePlus() },
    OperationCase("sparseSigmoid", at: [-2, -0.5, 0.5, 2]) { $0.sparseSigmoid() * $0 },
    OperationCase("exponential", [5]) { $0.exponential() },
    OperationCase("threshold", at: [-2, -0.5, 0.5, 2]) { $0.threshold(0.25, value: 7) * $0 },
    OperationCase("glu", [2, 6]) { $0.glu() },
    OperationCase("maxout", [2, 6]) { $0.maxout(units: 2).squared() },
    OperationCase("sparsemax", { [Tensor([0.9, 0.4, -0.7, 0.1, 0.2, 0.6], shape: [2, 3], on: $0)] }) {
      $0[0].sparsemax().squared()
    },
  ]

  static let reductions: [OperationCase] = [
    OperationCase("sum", [2, 3, 4]) { $0.squared().sum(alongAxes: [0, -1]) },
    OperationCase("sum of everything", [2, 3]) { $0.squared().sum() },
    OperationCase("sum, keeping the rank", [2, 3]) { $0.squared().sum(alongAxes: [1], keepingRank: true) },
    OperationCase("mean", [2, 3, 4]) { $0.squared().mean(alongAxes: [1]) },
    OperationCase("mean of a scalar", []) { $0.squared().mean() },
    OperationCase("max", spaced: [3, 4]) { $0.max(alongAxes: [0]).squared() },
    OperationCase("max along two axes", spaced: [2, 3, 4]) { $0.max(alongAxes: [0, 2]).squared() },
    OperationCase("min of everything", spaced: [3, 4]) { $0.min().squared() },
    OperationCase("product", [3, 4]) { $0.product(alongAxes: [1]) },
    OperationCase(
      "product with zeros", { [Tensor([0, 2, 3, 0, 5, 0, 1, 2, 3], shape: [3, 3], on: $0)] }
    ) { $0[0].product(alongAxes: [1]) },
    OperationCase("product along two axes", [2, 2, 3]) { $0.product(alongAxes: [0, 2]) },
    OperationCase("variance", [3, 4]) { $0.variance(alongAxes: [1]) },
    OperationCase("variance, keeping the rank", [2, 3, 4]) { $0.variance(alongAxes: [0, 2], keepingRank: true) },
    OperationCase("standardDeviation", spaced: [3, 4]) { $0.standardDeviation(alongAxes: [0]) },
    OperationCase("logSumExp", [3, 4]) { $0.logSumExp(alongAxes: [1]) },
    OperationCase("logSumExp of everything", [3, 4]) { $0.logSumExp(keepingRank: true) },
    OperationCase("summed(to:)", [2, 3, 4]) { $0.squared().summed(to: [3, 1]) },
  ]

  static let shapes: [OperationCase] = [
    OperationCase("reshaped", [2, 6]) { $0.reshaped(to: [3, -1]).squared() },
    OperationCase("reshaped transpose", [2, 6]) { $0.transposed().reshaped(to: [4, 3]).squared() },
    OperationCase("flattened", [2, 3, 2]) { $0.flattened().squared() },
    OperationCase("transposed", [2, 3, 4]) { $0.transposed([2, 0, 1]).squared() },
    OperationCase("swappingAxes", [2, 3, 4]) { $0.swappingAxes(0, -1).squared() },
    OperationCase("expanded and squeezed", [2, 3]) { $0.expanded(at: 1).squared().expanded(at: -1).squeezed(at: 1) },
    OperationCase("broadcast", [3, 1]) { $0.broadcast(to: [2, 3, 4]).squared() },
    OperationCase("flipped", [2, 3]) { $0.flipped(alongAxes: [1]) * $0 },
    OperationCase("tiled", [2, 3]) { $0.tiled([2, 3]).squared() },
    OperationCase("sliced", [5, 3]) { $0.sliced(axis: 0, from: 4, count: 3, step: -2).squared() },
    OperationCase("subscripts", [5, 3]) { $0[1] * $0[2..<4] },
    OperationCase("concatenated", [2, 3], [2, 1]) { .concatenated([$0, $1, $0], alongAxis: 1).squared() },
    OperationCase("stacked", [2, 3], [2, 3]) { .stacked([$0, $1], alongAxis: -1).squared() },
    OperationCase("split", [2, 6]) { x in
      let parts = x.split(sizes: [1, 2, 3], alongAxis: 1)
      return parts[0] * parts[1] + parts[2].sum()
    },
    OperationCase("padded with a constant", [2, 3]) { $0.padded([(1, 0), (0, 2)], mode: .constant(3)).squared() },
    OperationCase("padded by reflection", [3, 3]) { $0.padded([(1, 2), (0, 1)], mode: .reflect).squared() },
    OperationCase("padded symmetrically", [3, 3]) { $0.padded([(1, 2), (0, 3)], mode: .symmetric).squared() },
  ]

  static let indexing: [OperationCase] = [
    OperationCase("gathered", [4, 3]) {
      $0.gathered(Tensor([2, 0, 2, 9] as [Int32], shape: [2, 2], on: $0.device)).squared()
    },
    OperationCase("gathered along the last axis", [2, 3, 4]) {
      $0.gathered(Tensor([3, 0, 3] as [Int32], shape: [3], on: $0.device), alongAxis: -1).squared()
    },
    OperationCase("cumulativeSum", [2, 4]) { $0.squared().cumulativeSum(alongAxis: 1) },
    OperationCase("cumulativeSum, exclusive, reversed", [3, 2]) {
      $0.squared().cumulativeSum(alongAxis: 0, exclusive: true, reversed: true)
    },
    OperationCase("sorted", spaced: [2, 4]) { $0.sorted(descending: true).values.squared() },
    OperationCase("sorted along the first axis", spaced: [4, 2]) { $0.sorted(alongAxis: 0).values.squared() },
    OperationCase("topK", spaced: [2, 6]) { $0.topK(3).values.squared() },
  ]

  static let contractions: [OperationCase] = [
    OperationCase("matmul", [2, 3], [3, 4]) { $0.matmul($1) },
    OperationCase("matmul, both transposed", [3, 2], [4, 3]) {
      $0.matmul($1, transposingLeft: true, transposingRight: true)
    },
    OperationCase("matmul of vectors", [3], [3]) { $0.matmul($1) },
    OperationCase("matmul, vector and matrices", [3], [2, 3, 4]) { $0.matmul($1) },
    OperationCase("matmul, a batch and one matrix", [2, 2, 3], [3, 2]) { $0.matmul($1) },
    OperationCase("matmul, a strided batch and one matrix", [3, 2, 2], [3, 2]) { $0.transposed([1, 2, 0]).matmul($1) },
    OperationCase("matmul, batches stretched both ways", [2, 1, 2, 3], [2, 3, 2]) { $0.matmul($1) },
    OperationCase(
      "dense with tanh",
      { [sample([2, 2, 3], on: $0), sample([3, 2], seed: 2, on: $0), sample([2], seed: 3, on: $0)] }
    ) {
      $0[0].dense($0[1], bias: $0[2], activation: .tanh)
    },
    OperationCase("dense with sigmoid, no bias", [2, 3], [3, 2]) { $0.dense($1, activation: .sigmoid) },
    OperationCase("dense with softplus", [2, 3], [3, 2]) { $0.dense($1, activation: .softplus) },
  ]

  static let images: [OperationCase] = [
    OperationCase("conv2d, same, stride 2", [1, 4, 5, 2], [3, 2, 2, 3]) {
      $0.conv2d($1, stride: Extent2D(2, 1), padding: .same)
    },
    OperationCase("conv2d, groups and dilation", [1, 5, 4, 4], [2, 2, 2, 2]) {
      $0.conv2d($1, dilation: Extent2D(2, 1), groups: 2)
    },
    OperationCase(
      "conv2d with bias and tanh",
      { [sample([2, 3, 3, 1], on: $0), sample([2, 2, 1, 2], seed: 2, on: $0), sample([2], seed: 3, on: $0)] }
    ) {
      $0[0].conv2d($0[1], bias: $0[2], padding: .explicit(Margins(top: 1, left: 1)), activation: .tanh)
    },
    OperationCase("conv2d of a transposed image", [3, 4, 1, 2], [2, 2, 2, 1]) {
      $0.transposed([2, 1, 0, 3]).conv2d($1)
    },
    OperationCase(
      "convTransposed2d",
      { [sample([1, 2, 3, 2], on: $0), sample([3, 2, 2, 2], seed: 2, on: $0), sample([2], seed: 3, on: $0)] }
    ) {
      $0[0].convTransposed2d($0[1], bias: $0[2], stride: Extent2D(2), padding: .same)
    },
    OperationCase("maxPool2d", [1, 4, 5, 2]) { $0.maxPool2d(size: Extent2D(2)).squared() },
    OperationCase("maxPool2d, overlapping, same", [1, 4, 4, 1]) {
      $0.maxPool2d(size: Extent2D(3, 2), stride: Extent2D(2, 1), padding: .same).squared()
    },
    // In each window one element is larger by half than the others: where two are close, central differences see both.
    OperationCase(
      "conv2dMaxPooled",
      {
        [
          Tensor(
            [
              -0.5, 0.9, -0.7, -0.1, -0.6, 0.6, 0.5, 0.6, 0.3, -0.3, -0.6, 0.6, -0.9, 0.3, 0.4, -0.9, 0.5, -0.1, -0.2,
              0.9,
            ], shape: [1, 4, 5, 1], on: $0),
          Tensor([1, -0.5, 0.5, 1, -0.25, 0.5, 0.75, 0.25], shape: [2, 2, 1, 2], on: $0),
        ]
      }
    ) { $0[0].conv2dMaxPooled($0[1], poolSize: Extent2D(2)).squared() },
    OperationCase(
      "conv2dMaxPooled with bias and sigmoid, overlapping, groups",
      { [sample([1, 3, 4, 2], on: $0), sample([1, 2, 1, 2], seed: 2, on: $0), sample([2], seed: 3, on: $0)] }
    ) {
      $0[0].conv2dMaxPooled(
        $0[1], bias: $0[2], groups: 2, activation: .sigmoid, poolSize: Extent2D(2), poolStride: Extent2D(1))
    },
    OperationCase("averagePool2d", [1, 4, 5, 2]) { $0.averagePool2d(size: Extent2D(2)).squared() },
    OperationCase("averagePool2d, overlapping, same", [1, 4, 4, 1]) {
      $0.averagePool2d(size: Extent2D(3, 2), stride: Extent2D(2, 1), padding: .same).squared()
    },
  ]

  static let probabilities: [OperationCase] = [
    OperationCase("softmax", [2, 4]) { $0.softmax() },
    OperationCase("softmax along the first axis", [3, 2]) { $0.softmax(alongAxis: 0) },
    OperationCase("logSoftmax", [2, 4]) { $0.logSoftmax() },
    OperationCase("softmaxCrossEntropy", [2, 2, 3]) {
      $0.softmaxCrossEntropy(labels: Tensor([2, 0, 1, -1] as [Int32], shape: [2, 2], on: $0.device))
    },
    OperationCase("averaged softmaxCrossEntropy", [3, 4]) {
      $0.softmaxCrossEntropy(labels: Tensor([2, 0, 3] as [Int32], shape: [3], on: $0.device), averaged: true)
    },
    OperationCase("dropout", [4, 5]) { $0.dropout(rate: 0.4, key: RandomKey(seed: 3)).squared() },
  ]

  private static let normalizing: @Sendable (Device) -> [Tensor] = {
    [sample([3, 2, 4], on: $0), sample([4], seed: 2, on: $0), sample([4], seed: 3, on: $0)]
  }

  static let normalizations: [OperationCase] = [
    OperationCase("normalized over the batch", normalizing) {
      $0[0].normalized(alongAxes: [0, 1], epsilon: 1e-3, scale: $0[1], offset: $0[2]).result
    },
    OperationCase("normalized over the features", normalizing) {
      $0[0].normalized(alongAxes: [-1], epsilon: 1e-2, scale: $0[1], offset: $0[2]).result
    },
    OperationCase("normalized without scale", [3, 4]) { $0.normalized(alongAxes: [1], epsilon: 0.1).result },
    OperationCase("normalized with given moments", normalizing) {
      $0[0].normalized(mean: $0[1], variance: $0[1].squared(), epsilon: 0.5, scale: $0[2])
    },
  ]
}
