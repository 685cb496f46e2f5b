import Foundation
import MartletBackend
import MartletTensor

/// Adam that looks ahead as Nesterov's momentum does.
///
///     m += (g - m) · (1 - beta1);  v += (g² - v) · (1 - beta2)
///     uₜ = beta1 · (1 - ½ · 0.96ᵗ);  Uₜ = u₁ · … · uₜ
///     p -= lr · (uₜ₊₁ · m / (1 - Uₜ · uₜ₊₁) + (1 - uₜ) · g / (1 - Uₜ)) / (√(v / (1 - beta2ᵗ)) + epsilon)
///
/// - Source: Dozat 2016, with the schedule of momentum that Keras uses.
public struct Nadam: Optimizer {
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
      "Nadam: need beta1, beta2 in 0..<1 and epsilon > 0; got \(beta1), \(beta2), \(epsilon)")
    options = OptimizerOptions(learningRate: learningRate, weightDecay: weightDecay, clipping: clipping)
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
  }

  /// What it is called in messages and files.
  public var name: String { "nadam" }
  /// What is kept per element.
  public var slotNames: [String] { ["momentum", "velocity"] }

  /// The numbers of an update; see `Optimizer`.
  public func scalars(step: Int, learningRate: Double) -> [Double] {
    func momentum(_ step: Int) -> Double { beta1 * (1 - 0.5 * pow(0.96, Double(step))) }
    // A product that is nothing beside 1 need not be followed further: 1 - U is then 1.
    var product = 1.0
    for earlier in 1...step where product > 1e-30 { product *= momentum(earlier) }
    let next = momentum(step + 1)
    return [
      learningRate * next / (1 - product * next), learningRate * (1 - momentum(step)) / (1 - product), 1 - beta1,
      1 - beta2,
      1 / (1 - pow(beta2, Double(step))), epsilon,
    ]
  }

  /// The rule for one element; see `Optimizer`.
  public func step(
    parameter p: Lane, gradient g: Lane, slots: [Lane], scalars: [Lane]
  ) -> (parameter: Lane, slots: [Lane]) {
    let m = slots[0] + (g - slots[0]) * scalars[2]
    let v = slots[1] + (g * g - slots[1]) * scalars[3]
    let ahead = scalars[0] * m + scalars[1] * g
    return (p - ahead / ((v * scalars[4]).squareRoot() + scalars[5]), [m, v])
  }
}
