import MartletAutograd
import MartletBackend
import MartletTensor

/// Long short-term memory.
///
///     i, f, g, o = the four parts of x · kernel + h · recurrentKernel + bias
///     c = σ(f) · c + σ(i) · activation(g)
///     h = σ(o) · activation(c)
///
/// with σ the recurrent activation; the order of the gates is Keras'. The bias begins with 1 for the forget gate f.
///
/// - Shape: `[batch, time, features]` in, `[batch, units]` out, or `[batch, time, units]`; kernel `[features, 4 · units]`, recurrent
///   kernel `[units, 4 · units]`, bias `[4 · units]`. The state is `[h, c]`.
/// - Source: Hochreiter and Schmidhuber 1997; with forget gates, Gers et al. 2000.
public struct LSTM: RecurrentLayer {
  /// The size of the state.
  public let units: Int
  /// Applied to the candidate for the cell and to the cell.
  public let activation: Activation
  /// Applied to the gates.
  public let recurrentActivation: Activation
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
    returnsSequences: Bool = false, goesBackwards: Bool = false, kernelInitializer: Initializer = .glorotUniform,
    recurrentInitializer: Initializer = .orthogonal(), biasInitializer: Initializer = .unitForgetBias,
    name: String? = nil
  ) {
    require(units > 0, "LSTM: need at least 1 unit; got \(units)")
    activation.requireOneForOne(for: "LSTM")
    recurrentActivation.requireOneForOne(for: "LSTM")
    self.units = units
    self.activation = activation
    self.recurrentActivation = recurrentActivation
    self.returnsSequences = returnsSequences
    self.goesBackwards = goesBackwards
    self.name = name
    kernel = Parameter(kernelInitializer)
    recurrentKernel = Parameter(recurrentInitializer)
    bias = useBias ? Parameter(biasInitializer) : nil
  }

  /// The same kind of layer with parameters of its own, reading the other way.
  public func reversed() -> LSTM {
    LSTM(
      units, activation: activation, recurrentActivation: recurrentActivation, useBias: bias != nil,
      returnsSequences: returnsSequences, goesBackwards: !goesBackwards, kernelInitializer: kernel.initializer,
      recurrentInitializer: recurrentKernel.initializer, biasInitializer: bias?.initializer ?? .unitForgetBias,
      name: name)
  }

  /// What happens at a step.
  public var rule: RecurrentRule {
    RecurrentRule(cell: .lstm, activation: activation, recurrentActivation: recurrentActivation)
  }
}
