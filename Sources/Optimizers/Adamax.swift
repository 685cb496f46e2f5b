import Foundation
import MartletBackend
import MartletTensor

/// Adam with the largest gradient of late in place of the root mean square.
///
///     m += (g - m) · (1 - beta1);  u = max(beta2 · u, |g|);  p -= lr / (1 - beta1ᵗ) · m / (u + epsilon)
///
/// - Source: Kingma and Ba 2015, section 7.1, arXiv:1412.6980.
public struct Adamax: Optimizer {
  /// What all optimizers have in common.
  public var options: OptimizerOptions
  /// What is remembered.
  public var state = OptimizerState()
  /// How much of the old momentum stays.
  public let beta1: Double
  /// How much of the old size of gradients stays.
  public let beta2: Double
  /// Keeps the denominator away from 0.
  public let epsilon: Double

  /// - Precondition: `beta1` and `beta2` are in 0..<1, `epsilon` is positive.
  public init(
    learningRate: any LearningRateSchedule = 0.001, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-7,
    weightDecay: Double = 0, clipping: GradientClipping = .none
  ) {
    require(
      (0..<1).contains(beta1) && (0..<1).contains(beta2) && epsilon > 0,
      "Adamax: need beta1, beta2 in 0..<1 and epsilon > 0; got \(beta1), \(beta2), \(epsilon)")
    options = OptimizerOptions(learningRate: learningRate, weightDecay: weightDecay, clipping: clipping)
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
  }

  /// What it is called in messages and files.
  public var name: String { "adamax" }
  /// What is kept per element.
  public var slotNames: [String] { ["momentum", "norm"] }

  /// The numbers of an update; see `Optimizer`.
  public func scalars(step: Int, learningRate: Double) -> [Double] {
    [learningRate / (1 - pow(beta1, Double(step))), 1 - beta1, beta2, epsilon]
  }

  /// The rule for one element; see `Optimizer`.
  public func step(
    parameter p: Lane, gradient g: Lane, slots: [Lane], scalars: [Lane]
  ) -> (parameter: Lane, slots: [Lane]) {
    let m = slots[0] + (g - slots[0]) * scalars[1]
    let u = Lane.maximum(scalars[2] * slots[1], g.absolute())
    return (p - scalars[0] * m / (u + scalars[3]), [m, u])
  }
}
