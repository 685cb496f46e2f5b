import MartletBackend
import MartletTensor

/// Stochastic gradient descent, plain or with momentum.
///
///     p -= lr · g                                    without momentum
///     m = momentum · m - lr · g;  p += m             with momentum
///                                 p += momentum · m - lr · g   Nesterov's form
///
/// - Source: Polyak 1964; Nesterov 1983 in the form of Sutskever et al. 2013, as in Keras.
public struct SGD: Optimizer {
  /// Learning rate, weight decay and clipping.
  public var options: OptimizerOptions
  /// What is remembered from step to step.
  public var state = OptimizerState()
  /// How much of the last step is repeated.
  public let momentum: Double
  /// Whether to look ahead.
  public let isNesterov: Bool

  /// - Precondition: `momentum` is in 0..<1.
  public init(
    learningRate: any LearningRateSchedule = 0.01, momentum: Double = 0, nesterov: Bool = false,
    weightDecay: Double = 0,
    clipping: GradientClipping = .none
  ) {
    require((0..<1).contains(momentum), "SGD: momentum has to be in 0..<1; got \(momentum)")
    options = OptimizerOptions(learningRate: learningRate, weightDecay: weightDecay, clipping: clipping)
    self.momentum = momentum
    isNesterov = nesterov
  }

  /// What it is called in messages and files.
  public var name: String { "sgd" }
  /// The arrays kept for each parameter.
  public var slotNames: [String] { momentum == 0 ? [] : ["momentum"] }
  /// The numbers of an update; see `Optimizer`.
  public func scalars(step: Int, learningRate: Double) -> [Double] { [learningRate, momentum] }

  /// The rule for one element; see `Optimizer`.
  public func step(
    parameter p: Lane, gradient g: Lane, slots: [Lane], scalars: [Lane]
  ) -> (parameter: Lane, slots: [Lane]) {
    let (learningRate, momentum) = (scalars[0], scalars[1])
    guard let old = slots.first else { return (p - learningRate * g, []) }
    let m = momentum * old - learningRate * g
    return (isNesterov ? p + (momentum * m - learningRate * g) : p + m, [m])
  }
}
