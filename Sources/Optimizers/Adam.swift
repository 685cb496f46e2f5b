import Foundation
import MartletBackend
import MartletTensor

/// Momentum, divided by the running root mean square of the gradient, both corrected for having started at 0.
///
///     m += (g - m) · (1 - beta1);  v += (g² - v) · (1 - beta2)
///     p -= lr · √(1 - beta2ᵗ) / (1 - beta1ᵗ) · m / (√v + epsilon)
///
/// With `amsgrad`, the largest v so far takes the place of v.
///
/// - Source: Kingma and Ba 2015; AMSGrad: Reddi et al. 2018. Epsilon is added before the bias correction, as in Keras.
public struct Adam: Optimizer {
  /// Learning rate, weight decay and clipping.
  public var options: OptimizerOptions
  /// What is remembered from step to step.
  public var state = OptimizerState()
  /// The settings shared with `AdamW`.
  public let moments: AdamMoments

  /// - Precondition: the betas are in 0..<1, `epsilon` is positive.
  public init(
    learningRate: any LearningRateSchedule = 0.001, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-7,
    amsgrad: Bool = false, weightDecay: Double = 0, clipping: GradientClipping = .none
  ) {
    options = OptimizerOptions(learningRate: learningRate, weightDecay: weightDecay, clipping: clipping)
    moments = AdamMoments(beta1: beta1, beta2: beta2, epsilon: epsilon, amsgrad: amsgrad)
  }

  /// What it is called in messages and files.
  public var name: String { "adam" }
  /// The arrays kept for each parameter.
  public var slotNames: [String] { moments.slotNames }

  /// The numbers of an update; see `Optimizer`.
  public func scalars(step: Int, learningRate: Double) -> [Double] {
    moments.scalars(step: step, learningRate: learningRate)
  }

  /// The rule for one element; see `Optimizer`.
  public func step(
    parameter: Lane, gradient: Lane, slots: [Lane], scalars: [Lane]
  ) -> (parameter: Lane, slots: [Lane]) {
    moments.step(parameter: parameter, gradient: gradient, slots: slots, scalars: scalars)
  }
}

/// The running moments of Adam and its relatives.
public struct AdamMoments: Hashable, Sendable {
  /// How much of the old mean gradient stays.
  public let beta1: Double
  /// How much of the old mean squared gradient stays.
  public let beta2: Double
  /// Keeps the denominator away from 0.
  public let epsilon: Double
  /// Whether the denominator never shrinks.
  public let isAMSGrad: Bool

  init(beta1: Double, beta2: Double, epsilon: Double, amsgrad: Bool) {
    require(
      (0..<1).contains(beta1) && (0..<1).contains(beta2) && epsilon > 0,
      "Adam: need beta1, beta2 in 0..<1 and epsilon > 0; got \(beta1), \(beta2), \(epsilon)")
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    isAMSGrad = amsgrad
  }

  var slotNames: [String] { isAMSGrad ? ["momentum", "velocity", "velocity_hat"] : ["momentum", "velocity"] }

  func scalars(step: Int, learningRate: Double) -> [Double] {
    let correction = (1 - pow(beta2, Double(step))).squareRoot() / (1 - pow(beta1, Double(step)))
    return [learningRate * correction, 1 - beta1, 1 - beta2, epsilon]
  }

  func step(parameter p: Lane, gradient g: Lane, slots: [Lane], scalars: [Lane]) -> (parameter: Lane, slots: [Lane]) {
    let (rate, rest1, rest2, epsilon) = (scalars[0], scalars[1], scalars[2], scalars[3])
    let m = slots[0] + (g - slots[0]) * rest1
    let v = slots[1] + (g * g - slots[1]) * rest2
    guard isAMSGrad else { return (p - m * rate / (v.squareRoot() + epsilon), [m, v]) }
    let largest = Lane.maximum(slots[2], v)
    return (p - m * rate / (largest.squareRoot() + epsilon), [m, v, largest])
  }
}
