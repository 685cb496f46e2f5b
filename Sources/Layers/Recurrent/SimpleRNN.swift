import MartletAutograd
import MartletBackend
import MartletTensor

/// The plain recurrent layer.
///
///     h = activation(x · kernel + h · recurrentKernel + bias)
///
/// - Shape: `[batch, time, features]` in, `[batch, units]` out, or `[batch, time, units]`; kernel `[features, units]`, recurrent kernel
///   `[units, units]`, bias `[units]`. The state is `[h]`.
public struct SimpleRNN: RecurrentLayer {
  /// The size of the state.
  public let units: Int
  /// Applied to the state.
  public let activation: Activation
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
    _ units: Int, activation: Activation = .tanh, useBias: Bool = true,
    returnsSequences: Bool = false, goesBackwards: Bool = false, kernelInitializer: Initializer = .glorotUniform,
    recurrentInitializer: Initializer = .orthogonal(), biasInitializer: Initializer = .zeros, name: String? = nil
  ) {
    require(units > 0, "SimpleRNN: need at least 1 unit; got \(units)")
    activation.requireOneForOne(for: "SimpleRNN")
    self.units = units
    self.activation = activation
    self.returnsSequences = returnsSequences
    self.goesBackwards = goesBackwards
    self.name = name
    kernel = Parameter(kernelInitializer)
    recurrentKernel = Parameter(recurrentInitializer)
    bias = useBias ? Parameter(biasInitializer) : nil
  }

  /// The same kind of layer with parameters of its own, reading the other way.
  public func reversed() -> SimpleRNN {
    SimpleRNN(
      units, activation: activation, useBias: bias != nil,
      returnsSequences: returnsSequences, goesBackwards: !goesBackwards, kernelInitializer: kernel.initializer,
      recurrentInitializer: recurrentKernel.initializer, biasInitializer: bias?.initializer ?? .zeros, name: name)
  }

  /// What happens at a step.
  public var rule: RecurrentRule {
    RecurrentRule(cell: .simple, activation: activation, recurrentActivation: .linear)
  }
}
