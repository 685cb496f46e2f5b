import MartletAutograd
import MartletBackend
import MartletTensor

/// A function applied to every element, or along an axis, after a layer or as a layer of its own:
///
///     Dense(64, activation: .relu)
///     Activation.gelu()
///
/// Defaults are Keras 3's.
public enum Activation: Hashable, Sendable {
  /// x.
  case linear
  /// max(x, 0); slope 0 at 0.
  case relu
  /// min(max(x, 0), 6).
  case relu6
  /// x for x ≥ 0, `negativeSlope` · x below.
  case leakyRelu(negativeSlope: Float = 0.2)
  /// x for x > 0, alpha · (eˣ - 1) below.
  case elu(alpha: Float = 1)
  /// 1.0507 · elu(x, 1.6733): keeps mean and variance from layer to layer. Klambauer et al. 2017.
  case selu
  /// max(x, 0) + min(alpha · (e^(x/alpha) - 1), 0).
  case celu(alpha: Float = 1)
  /// x · Φ(x), or its approximation with tanh.
  case gelu(approximate: Bool = false)
  /// 1 / (1 + e⁻ˣ).
  case sigmoid
  /// x / 6 + 1/2, held in [0, 1].
  case hardSigmoid
  /// log(sigmoid(x)).
  case logSigmoid
  /// The hyperbolic tangent.
  case tanh
  /// x held in [-1, 1].
  case hardTanh
  /// x - tanh(x).
  case tanhShrink
  /// log(1 + eˣ).
  case softplus
  /// x / (1 + |x|).
  case softsign
  /// x moved towards 0 by `threshold`, 0 within.
  case softShrink(threshold: Float = 0.5)
  /// x where |x| > `threshold`, 0 within.
  case hardShrink(threshold: Float = 0.5)
  /// (x + √(x² + b)) / 2.
  case squareplus(b: Float = 4)
  /// 0 for x ≤ -1, x for x ≥ 1, (x + 1)² / 4 between.
  case sparsePlus
  /// (x + 1) / 2, held in [0, 1].
  case sparseSigmoid
  /// The probabilities nearest to x along an axis; many are exactly 0. Martins and Astudillo 2016.
  case sparsemax(axis: Int = -1)
  /// x · sigmoid(x), also called swish.
  case silu
  /// x · hardSigmoid(x), also called hard swish.
  case hardSilu
  /// x · tanh(softplus(x)).
  case mish
  /// eˣ.
  case exponential
  /// x where x > `threshold`, `value` elsewhere.
  case threshold(_ threshold: Float, value: Float = 0)
  /// 1 where x > `threshold`, 0 elsewhere; slope 0.
  case step(threshold: Float = 0)
  /// eˣ / Σ eˣ along an axis.
  case softmax(axis: Int = -1)
  /// x - log Σ eˣ along an axis.
  case logSoftmax(axis: Int = -1)
  /// The first half of the last axis times the sigmoid of the second. Dauphin et al. 2017.
  case glu
  /// The largest of every group of channels: `k · units` of them become `units`. Goodfellow et al. 2013.
  case maxout(units: Int)
}

extension Activation: Layer {
  /// Keras' name of the type.
  public static var typeName: String { "Activation" }

  /// The shape of the result; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape {
    switch self {
    case .softmax(let axis), .logSoftmax(let axis), .sparsemax(let axis):
      // Counted with the batch axis, as in the tensor.
      _ = try Shape([1] + Array(input)).normalizedAxis(axis, for: "\(self)")
      return input
    case .glu: return try Self.grouped(input, into: 2, units: nil)
    case .maxout(let units): return try Self.grouped(input, into: nil, units: units)
    default: return input
    }
  }

  private static func grouped(_ input: Shape, into parts: Int?, units: Int?) throws -> Shape {
    var output = input
    guard let channels = input.last, channels.isMultiple(of: parts ?? units ?? 1) else {
      throw ShapeError("the last axis of \(input) does not divide into groups of \(units ?? parts ?? 1)")
    }
    output[input.rank - 1] = units ?? channels / (parts ?? 1)
    return output
  }

  /// The result for a batch.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor {
    switch self {
    case .linear: x
    case .relu: x.relu()
    case .relu6: x.relu6()
    case .leakyRelu(let slope): x.leakyRelu(negativeSlope: slope)
    case .elu(let alpha): x.elu(alpha: alpha)
    case .selu: x.selu()
    case .celu(let alpha): x.celu(alpha: alpha)
    case .gelu(let approximate): x.gelu(approximate: approximate)
    case .sigmoid: x.sigmoid()
    case .hardSigmoid: x.hardSigmoid()
    case .logSigmoid: x.logSigmoid()
    case .tanh: x.tanh()
    case .hardTanh: x.hardTanh()
    case .tanhShrink: x.tanhShrink()
    case .softplus: x.softplus()
    case .softsign: x.softsign()
    case .softShrink(let threshold): x.softShrink(threshold: threshold)
    case .hardShrink(let threshold): x.hardShrink(threshold: threshold)
    case .squareplus(let b): x.squareplus(b: b)
    case .sparsePlus: x.sparsePlus()
    case .sparseSigmoid: x.sparseSigmoid()
    case .sparsemax(let axis): x.sparsemax(alongAxis: axis)
    case .silu: x.silu()
    case .hardSilu: x.hardSwish()
    case .mish: x.mish()
    case .exponential: x.exp()
    case .threshold(let threshold, let value): x.threshold(threshold, value: value)
    case .step(let threshold): x.step(threshold: threshold)
    case .softmax(let axis): x.softmax(alongAxis: axis)
    case .logSoftmax(let axis): x.logSoftmax(alongAxis: axis)
    case .glu: x.glu()
    case .maxout(let units): x.maxout(units: units)
    }
  }

  /// The form that a contraction applies to its results before they are stored, where there is one.
  var fused: FusedActivation? {
    switch self {
    case .linear: FusedActivation.none
    case .relu: .relu
    case .relu6: .relu6
    case .sigmoid: .sigmoid
    case .tanh: .tanh
    case .softplus: .softplus
    case .hardSigmoid: .hardSigmoid
    default: nil
    }
  }
}

// By name, as people type it.
extension Activation {
  /// The activation with a name, in the manner of Keras (`leaky_relu`) or of Swift (`leakyRelu`), with default parameters.
  ///
  /// - Throws: `UnknownNameError` with the nearest name and all there are.
  public init(named name: String) throws {
    let key = name.lowercased().filter { !["_", "-", " "].contains($0) }
    let aliases = [
      "none": "linear", "identity": "linear", "swish": "silu", "hardswish": "hardsilu", "exp": "exponential",
      "logistic": "sigmoid", "heaviside": "step",
    ]
    guard
      let match = Self.allByName.first(where: { $0.name.filter { $0 != "_" } == (aliases[key] ?? key) })
    else { throw UnknownNameError(kind: "activation", name: name, known: Self.allByName.map(\.name)) }
    self = match.activation
  }

  /// Every activation that needs no parameter, by its name in Keras.
  package static let allByName: [(name: String, activation: Activation)] = [
    ("linear", .linear), ("relu", .relu), ("relu6", .relu6), ("leaky_relu", .leakyRelu()), ("elu", .elu()),
    ("selu", .selu), ("celu", .celu()), ("gelu", .gelu()), ("sigmoid", .sigmoid), ("hard_sigmoid", .hardSigmoid),
    ("log_sigmoid", .logSigmoid), ("tanh", .tanh), ("hard_tanh", .hardTanh), ("tanh_shrink", .tanhShrink),
    ("softplus", .softplus), ("softsign", .softsign), ("soft_shrink", .softShrink()), ("hard_shrink", .hardShrink()),
    ("squareplus", .squareplus()), ("sparse_plus", .sparsePlus), ("sparse_sigmoid", .sparseSigmoid),
    ("sparsemax", .sparsemax()), ("silu", .silu), ("hard_silu", .hardSilu),
    ("mish", .mish), ("exponential", .exponential), ("step", .step()), ("softmax", .softmax()),
    ("log_softmax", .logSoftmax()), ("glu", .glu),
  ]
}
