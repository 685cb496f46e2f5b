import MartletBackend
import MartletTensor

/// Steps divided by the running root mean square of the gradient.
///
///     v = rho · v + (1 - rho) · g²;  d = v + epsilon
///     centered: a = rho · a + (1 - rho) · g;  d = v - a² + epsilon
///     p -= lr · g / √d,  or with momentum  m = momentum · m + lr · g / √d;  p -= m
///
/// - Source: Hinton 2012, lecture 6e; epsilon inside the root, as in Keras.
public struct RMSprop: Optimizer {
  /// Learning rate, weight decay and clipping.
  public var options: OptimizerOptions
  /// What is remembered from step to step.
  public var state = OptimizerState()
  /// How much of the old mean square stays.
  public let rho: Double
  /// How much of the last step is repeated.
  public let momentum: Double
  /// Keeps the root away from 0.
  public let epsilon: Double
  /// Whether the variance takes the place of the mean square.
  public let isCentered: Bool

  /// - Precondition: `rho` and `momentum` are in 0..<1, `epsilon` is positive.
  public init(
    learningRate: any LearningRateSchedule = 0.001, rho: Double = 0.9, momentum: Double = 0, epsilon: Double = 1e-7,
    centered: Bool = false, weightDecay: Double = 0, clipping: GradientClipping = .none
  ) {
    require(
      (0..<1).contains(rho) && (0..<1).contains(momentum) && epsilon > 0,
      "RMSprop: need rho, momentum in 0..<1 and epsilon > 0; got \(rho), \(momentum), \(epsilon)")
    options = OptimizerOptions(learningRate: learningRate, weightDecay: weightDecay, clipping: clipping)
    self.rho = rho
    self.momentum = momentum
    self.epsilon = epsilon
    isCentered = centered
  }

  /// What it is called in messages and files.
  public var name: String { "rmsprop" }

  /// The arrays kept for each parameter.
  public var slotNames: [String] {
    ["velocity"] + (isCentered ? ["average_gradient"] : []) + (momentum > 0 ? ["momentum"] : [])
  }

  /// The numbers of an update; see `Optimizer`.
  public func scalars(step: Int, learningRate: Double) -> [Double] { [learningRate, rho, 1 - rho, epsilon, momentum] }

  /// The rule for one element; see `Optimizer`.
  public func step(
    parameter p: Lane, gradient g: Lane, slots: [Lane], scalars: [Lane]
  ) -> (parameter: Lane, slots: [Lane]) {
    let (learningRate, rho, rest, epsilon, momentum) = (scalars[0], scalars[1], scalars[2], scalars[3], scalars[4])
    let velocity = rho * slots[0] + rest * (g * g)
    var kept = [velocity]
    var denominator = velocity + epsilon
    if isCentered {
      let average = rho * slots[1] + rest * g
      kept.append(average)
      denominator = velocity - average * average + epsilon
    }
    let increment = learningRate * g / denominator.squareRoot()
    guard self.momentum > 0, let old = slots.last else { return (p - increment, kept) }
    let m = momentum * old + increment
    return (p - m, kept + [m])
  }
}
