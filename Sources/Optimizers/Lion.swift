import MartletBackend
import MartletTensor

/// Steps of one size, of which the gradients of late decide the sign.
///
///     p -= lr · sign(beta1 · m + (1 - beta1) · g);  m = beta2 · m + (1 - beta2) · g
///
/// - Source: Chen et al. 2023, arXiv:2302.06675. Wants a learning rate three to ten times smaller than Adam's.
public struct Lion: Optimizer {
  /// What all optimizers have in common.
  public var options: OptimizerOptions
  /// What is remembered.
  public var state = OptimizerState()
  /// How much the momentum counts in the sign.
  public let beta1: Double
  /// How much of the old momentum stays.
  public let beta2: Double

  /// - Precondition: `beta1` and `beta2` are in 0..<1.
  public init(
    learningRate: any LearningRateSchedule = 0.001, beta1: Double = 0.9, beta2: Double = 0.99,
    weightDecay: Double = 0, clipping: GradientClipping = .none
  ) {
    require(
      (0..<1).contains(beta1) && (0..<1).contains(beta2), "Lion: need beta1, beta2 in 0..<1; got \(beta1), \(beta2)")
    options = OptimizerOptions(learningRate: learningRate, weightDecay: weightDecay, clipping: clipping)
    self.beta1 = beta1
    self.beta2 = beta2
  }

  /// What it is called in messages and files.
  public var name: String { "lion" }
  /// What is kept per element.
  public var slotNames: [String] { ["momentum"] }

  /// The numbers of an update; see `Optimizer`.
  public func scalars(step: Int, learningRate: Double) -> [Double] {
    [learningRate, beta1, 1 - beta1, beta2, 1 - beta2]
  }

  /// The rule for one element; see `Optimizer`.
  public func step(
    parameter p: Lane, gradient g: Lane, slots: [Lane], scalars: [Lane]
  ) -> (parameter: Lane, slots: [Lane]) {
    let direction = (scalars[1] * slots[0] + scalars[2] * g).sign()
    return (p - scalars[0] * direction, [scalars[3] * slots[0] + scalars[4] * g])
  }
}
