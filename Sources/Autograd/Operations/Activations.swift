import MartletBackend
import MartletTensor

// The activations of the field. Where a function has a kink the gradient there is that of the left side, so 0 for relu and its
// like at 0. The formulas stand in ActivationFormulas.swift.

enum ActivationOperation {
  static let relu = UnaryOperation("relu", Relu.self)
  static let relu6 = UnaryOperation("relu6", Relu6.self)
  static let leakyRelu = UnaryOperation("leakyRelu", LeakyRelu.self, parameterCount: 1)
  static let elu = UnaryOperation("elu", Elu.self, parameterCount: 2)
  static let celu = UnaryOperation("celu", Celu.self, parameterCount: 1)
  static let sigmoid = UnaryOperation("sigmoid", Sigmoid.self)
  static let logSigmoid = UnaryOperation("logSigmoid", LogSigmoid.self)
  static let hardSigmoid = UnaryOperation("hardSigmoid", HardSigmoid.self)
  static let tanh = UnaryOperation("tanh", HyperbolicTangent.self)
  static let tanhShrink = UnaryOperation("tanhShrink", TanhShrink.self)
  static let softplus = UnaryOperation("softplus", Softplus.self)
  static let softsign = UnaryOperation("softsign", Softsign.self)
  static let silu = UnaryOperation("silu", Silu.self)
  static let hardSilu = UnaryOperation("hardSilu", HardSilu.self)
  static let gelu = UnaryOperation("gelu", Gelu.self)
  static let approximateGelu = UnaryOperation("gelu", ApproximateGelu.self)
  static let mish = UnaryOperation("mish", Mish.self)
  static let softShrink = UnaryOperation("softShrink", SoftShrink.self, parameterCount: 1)
  static let hardShrink = UnaryOperation("hardShrink", HardShrink.self, parameterCount: 1)
  static let squareplus = UnaryOperation("squareplus", Squareplus.self, parameterCount: 1)
  static let sparsePlus = UnaryOperation("sparsePlus", SparsePlus.self)
  static let threshold = UnaryOperation("threshold", Threshold.self, parameterCount: 2)
}

extension Tensor {
  /// `max(x, 0)`.   ∂L/∂x = upstream where x > 0, else 0.
  public func relu() -> Tensor { ActivationOperation.relu(self) }

  /// `min(max(x, 0), 6)`.   ∂L/∂x = upstream where 0 < x < 6, else 0.
  public func relu6() -> Tensor { ActivationOperation.relu6(self) }

  /// `x` where x ≥ 0, else `negativeSlope · x`.
  ///
  /// - Source: Maas et al. 2013, "Rectifier nonlinearities improve neural network acoustic models"; the default is Keras'.
  public func leakyRelu(negativeSlope: Float = 0.2) -> Tensor { ActivationOperation.leakyRelu(self, negativeSlope) }

  /// `x` where x > 0, else `alpha · (eˣ - 1)`.
  ///
  /// - Source: Clevert et al. 2016, arXiv:1511.07289.
  public func elu(alpha: Float = 1) -> Tensor { ActivationOperation.elu(self, alpha, 1) }

  /// `scale · elu(x, alpha)`, with constants that keep mean 0 and variance 1 from layer to layer.
  ///
  /// - Source: Klambauer et al. 2017, arXiv:1706.02515.
  public func selu(alpha: Float = 1.673_263_2, scale: Float = 1.050_701) -> Tensor {
    ActivationOperation.elu(self, alpha, scale)
  }

  /// `x` where x > 0, else `alpha · (e^(x/alpha) - 1)`.
  ///
  /// - Precondition: `alpha` is not 0.
  /// - Source: Barron 2017, arXiv:1704.07483.
  public func celu(alpha: Float = 1) -> Tensor {
    require(alpha != 0, "celu: alpha has to differ from 0")
    return ActivationOperation.celu(self, alpha)
  }

  /// `1 / (1 + e⁻ˣ)`.   ∂L/∂x = upstream · y(1 - y).
  public func sigmoid() -> Tensor { ActivationOperation.sigmoid(self) }

  /// `ln(1 / (1 + e⁻ˣ))` without overflow.
  public func logSigmoid() -> Tensor { ActivationOperation.logSigmoid(self) }

  /// `x/6 + 1/2`, limited to 0…1: Keras 3's form, not the older `0.2x + 0.5`.
  public func hardSigmoid() -> Tensor { ActivationOperation.hardSigmoid(self) }

  /// The hyperbolic tangent.   ∂L/∂x = upstream · (1 - y²).
  public func tanh() -> Tensor { ActivationOperation.tanh(self) }

  /// `x` limited to -1…1. The gradient passes inside, the bounds included.
  public func hardTanh() -> Tensor { clamped(to: -1...1) }

  /// `x - tanh x`.
  public func tanhShrink() -> Tensor { ActivationOperation.tanhShrink(self) }

  /// `ln(1 + eˣ)` without overflow.   ∂L/∂x = upstream · (1 - e⁻ʸ).
  public func softplus() -> Tensor { ActivationOperation.softplus(self) }

  /// `x / (1 + |x|)`.
  public func softsign() -> Tensor { ActivationOperation.softsign(self) }

  /// `x · sigmoid(x)`, also called swish.
  ///
  /// - Source: Elfwing et al. 2018, arXiv:1702.03118; Ramachandran et al. 2017, arXiv:1710.05941.
  public func silu() -> Tensor { ActivationOperation.silu(self) }

  /// `x · hardSigmoid(x)`, also called hard swish.
  ///
  /// - Source: Howard et al. 2019, arXiv:1905.02244.
  public func hardSwish() -> Tensor { ActivationOperation.hardSilu(self) }

  /// `x · Φ(x)` with the normal distribution function, or its approximation by a hyperbolic tangent.
  ///
  /// - Source: Hendrycks and Gimpel 2016, arXiv:1606.08415.
  public func gelu(approximate: Bool = false) -> Tensor {
    approximate ? ActivationOperation.approximateGelu(self) : ActivationOperation.gelu(self)
  }

  /// `x · tanh(softplus(x))`.
  ///
  /// - Source: Misra 2019, arXiv:1908.08681.
  public func mish() -> Tensor { ActivationOperation.mish(self) }

  /// `x` moved towards 0 by the threshold, 0 within it.
  public func softShrink(threshold: Float = 0.5) -> Tensor { ActivationOperation.softShrink(self, threshold) }

  /// `x`, but 0 where |x| is at most the threshold.
  public func hardShrink(threshold: Float = 0.5) -> Tensor { ActivationOperation.hardShrink(self, threshold) }

  /// `(x + √(x² + b)) / 2`.
  ///
  /// - Source: Barron 2021, arXiv:2112.11687.
  public func squareplus(b: Float = 4) -> Tensor { ActivationOperation.squareplus(self, b) }

  /// 0 below -1, `x` above 1, `(x + 1)² / 4` between.
  public func sparsePlus() -> Tensor { ActivationOperation.sparsePlus(self) }

  /// `(x + 1) / 2`, limited to 0…1. The gradient passes inside, the bounds included.
  public func sparseSigmoid() -> Tensor { ((self + 1) * 0.5).clamped(to: 0...1) }

  /// `eˣ`, under the name activations have.
  public func exponential() -> Tensor { exp() }

  /// `x` where x is above the threshold, else `value`.
  public func threshold(_ threshold: Float, value: Float = 0) -> Tensor {
    ActivationOperation.threshold(self, threshold, value)
  }

  /// 1 where x is above the threshold, else 0.   ∂L/∂x = 0.
  public func step(threshold: Float = 0) -> Tensor {
    (self .> threshold).cast(to: .float32).recorded("step", (self, { $0 * 0 }))
  }

  /// The first half along an axis times the sigmoid of the second half.
  ///
  /// - Precondition: the extent of the axis is even.
  /// - Source: Dauphin et al. 2017, arXiv:1612.08083.
  public func glu(alongAxis axis: Int = -1) -> Tensor {
    let halves = split(parts: 2, alongAxis: axis)
    return halves[0] * halves[1].sigmoid()
  }

  /// The largest of k channels that lie `units` apart: `y[…, j] = max over i < k of x[…, i·units + j]` along the axis, whose extent
  /// is k · units (the layout of TensorFlow Addons).
  ///
  /// - Source: Goodfellow et al. 2013, arXiv:1302.4389.
  public func maxout(units: Int, alongAxis axis: Int = -1) -> Tensor {
    let axis = trapping { try shape.normalizedAxis(axis, for: "maxout") }
    require(units > 0 && shape[axis] % units == 0, "maxout: \(units) units from axis \(axis) of shape \(shape)")
    var target = shape
    target[axis] = units
    target.insert(shape[axis] / units, at: axis)
    return reshaped(to: target).max(alongAxes: [axis])
  }

  /// The nearest point to x, along an axis, whose elements are not negative and add up to 1: like softmax, but most elements
  /// are 0.
  ///
  /// - Source: Martins and Astudillo 2016, arXiv:1602.02068, algorithm 1.
  public func sparsemax(alongAxis axis: Int = -1) -> Tensor {
    requireFloat("sparsemax")
    return alongRows(of: axis, for: "sparsemax") { z in
      let sorted = z.detached.sorted(alongAxis: 1, descending: true).values
      let sums = sorted.cumulativeSum(alongAxis: 1)
      let ranks = (Tensor.range(z.shape[1], on: device) + 1).cast(to: .float32)
      // How many elements stay above zero follows from the values; given that, the rest is differentiable.
      let count = (1 + ranks * sorted .> sums).cast(to: .float32).sum(alongAxes: [1], keepingRank: true)
      let threshold = ((sums * (ranks .== count).cast(to: .float32)).sum(alongAxes: [1], keepingRank: true) - 1) / count
      let isSupport = z.detached .> threshold
      let support = Tensor.select(isSupport, z, 0).sum(alongAxes: [1], keepingRank: true)
      return [Tensor.select(isSupport, z - (support - 1) / count, 0)]
    }[0]
  }
}
