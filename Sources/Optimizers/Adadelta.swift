import MartletBackend
import MartletTensor

/// Steps as long as the steps before, per unit of the running root mean square of the gradient.
///
///     a = rho · a + (1 - rho) · g²;  u = √(d + epsilon) / √(a + epsilon) · g;  d = rho · d + (1 - rho) · u²;  p -= lr · u
///
/// - Source: Zeiler 2012, arXiv:1212.5701. The paper's learning rate is 1, Keras' default 0.001.
public struct Adadelta: Optimizer {
  /// What all optimizers have in common.
  public var options: OptimizerOptions
  /// What is remembered.
  public var state = OptimizerState()
  /// How much of the old mean squares stays.
  public let rho: Double
  /// Keeps the roots away from 0.
  public let epsilon: Double

  /// - Precondition: `rho` is in 0..<1, `epsilon` is positive.
  public init(
    learningRate: any LearningRateSchedule = 0.001, rho: Double = 0.95, epsilon: Double = 1e-7,
    weightDecay: Double = 0, clipping: GradientClipping = .none
  ) {
    require((0..<1).contains(rho) && epsilon > 0, "Adadelta: need rho in 0..<1 and epsilon > 0; got \(rho), \(epsilon)")
    options = OptimizerOptions(learningRate: learningRate, weightDecay: weightDecay, clipping: clipping)
    self.rho = rho
    self.epsilon = epsilon
  }

  /// What it is called in messages and files.
  public var name: String { "adadelta" }
  /// What is kept per element.
  public var slotNames: [String] { ["accumulated_gradient", "accumulated_step"] }

  /// The numbers of an update; see `Optimizer`.
  public func scalars(step: Int, learningRate: Double) -> [Double] {
    [learningRate, rho, 1 - rho, epsilon]
  }

  /// The rule for one element; see `Optimizer`.
  public func step(
    parameter p: Lane, gradient g: Lane, slots: [Lane], scalars: [Lane]
  ) -> (parameter: Lane, slots: [Lane]) {
    let (learningRate, rho, rest, epsilon) = (scalars[0], scalars[1], scalars[2], scalars[3])
    let a = rho * slots[0] + rest * (g * g)
    let u = (slots[1] + epsilon).squareRoot() / (a + epsilon).squareRoot() * g
    return (p - learningRate * u, [a, rho * slots[1] + rest * (u * u)])
  }
}
