import Foundation
import MartletTensor

/// `initial · decayRate^(step / decaySteps)`; in staircase form the exponent is rounded down.
public struct ExponentialDecay: LearningRateSchedule {
  /// The rate of the first step.
  public let initial: Double
  /// After how many steps the rate has been multiplied once by `decayRate`.
  public let decaySteps: Int
  /// What the rate is multiplied by.
  public let decayRate: Double
  /// Whether the rate falls in steps instead of steadily.
  public let isStaircase: Bool

  /// - Precondition: `decaySteps` is positive.
  public init(_ initial: Double, decaySteps: Int, decayRate: Double, staircase: Bool = false) {
    require(decaySteps > 0, "ExponentialDecay: decaySteps has to be positive; got \(decaySteps)")
    self.initial = initial
    self.decaySteps = decaySteps
    self.decayRate = decayRate
    isStaircase = staircase
  }

  /// The rate for a step.
  public func rate(atStep step: Int) -> Double {
    let exponent = Double(step) / Double(decaySteps)
    return initial * pow(decayRate, isStaircase ? exponent.rounded(.down) : exponent)
  }
}
