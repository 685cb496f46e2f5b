import MartletAutograd
import MartletBackend
import MartletTensor

/// Gated recurrent units.
///
///     z, r, xₕ = the three parts of x · kernel + bias[0]
///     z′, r′, hₕ = the three parts of h · recurrentKernel + bias[1]
///     g = activation(xₕ + σ(r + r′) · hₕ)
///     h = σ(z + z′) · h + (1 - σ(z + z′)) · g
///
/// with σ the recurrent activation; the order of the gates is Keras'. With `resetsAfterProduct: false` the reset gate is applied before
/// the product, `hₕ = (σ(r + r′) · h) · recurrentKernel`, as in the first version of the paper, and there is one bias; that form is much
/// slower, since it needs two products one after the other.
///
/// - Shape: `[batch, time, features]` in, `[batch, units]` out, or `[batch, time, units]`; kernel `[features, 3 · units]`, recurrent
///   kernel `[units, 3 · units]`, bias `[2, 3 · units]`, or `[3 · units]`. The state is `[h]`.
/// - Source: Cho et al. 2014, arXiv:1406.1078.
public struct GRU: RecurrentLayer {
  /// The size of the state.
  public let units: Int
  /// Applied to the candidate for the state.
  public let activation: Activation
  /// Applied to the gates.
  public let recurrentActivation: Activation
  /// Whether the reset gate scales the product of the state (Keras' default) or the state.
  public let resetsAfterProduct: Bool
  /// Whether the result has every step's output or only the last.
  public let returnsSequences: Bool
  /// Whether the last step is read first.
  public let goesBackwards: Bool
  /// For what is read.
  public let kernel: Parameter
  /// For the state.
  public let recurrentKernel: Parameter
  /// Added to the sums.
  public let bias: Parameter?
  /// What the layer is called; `nil` lets the model number it.
  public let name: String?

  /// - Precondition: `units` is positive, and activations keep the number of columns.
  public init(
    _ units: Int, activation: Activation = .tanh, recurrentActivation: Activation = .sigmoid, useBias: Bool = true,
    resetsAfterProduct: Bool = true, returnsSequences: Bool = false, goesBackwards: Bool = false,
    kernelInitializer: Initializer = .glorotUniform,
    recurrentInitializer: Initializer = .orthogonal(), biasInitializer: Initializer = .zeros, name: String? = nil
  ) {
    require(units > 0, "GRU: need at least 1 unit; got \(units)")
    activation.requireOneForOne(for: "GRU")
    recurrentActivation.requireOneForOne(for: "GRU")
    self.units = units
    self.activation = activation
    self.recurrentActivation = recurrentActivation
    self.resetsAfterProduct = resetsAfterProduct
    self.returnsSequences = returnsSequences
    self.goesBackwards = goesBackwards
    self.name = name
    kernel = Parameter(kernelInitializer)
    recurrentKernel = Parameter(recurrentInitializer)
    bias = useBias ? Parameter(biasInitializer) : nil
  }

  /// The same kind of layer with parameters of its own, reading the other way.
  public func reversed() -> GRU {
    GRU(
      units, activation: activation, recurrentActivation: recurrentActivation, useBias: bias != nil,
      resetsAfterProduct: resetsAfterProduct, returnsSequences: returnsSequences, goesBackwards: !goesBackwards,
      kernelInitializer: kernel.initializer,
      recurrentInitializer: recurrentKernel.initializer, biasInitializer: bias?.initializer ?? .zeros, name: name)
  }

  /// What happens at a step.
  public var rule: RecurrentRule {
    RecurrentRule(
      cell: resetsAfterProduct ? .gru : .gruResettingBefore, activation: activation,
      recurrentActivation: recurrentActivation)
  }
}
