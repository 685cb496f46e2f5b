import Foundation
import MartletTensor

/// `initial · factor^⌊step / stepSize⌋`: the rate falls after every `stepSize` steps.
public struct StepDecay: LearningRateSchedule {
  /// The rate of the first steps.
  public let initial: Double
  /// How many steps a rate lasts.
  public let stepSize: Int
  /// What the rate is then multiplied by.
  public let factor: Double

  /// - Precondition: `stepSize` is positive.
  public init(_ initial: Double, stepSize: Int, factor: Double = 0.1) {
    require(stepSize > 0, "StepDecay: stepSize has to be positive; got \(stepSize)")
    self.initial = initial
    self.stepSize = stepSize
    self.factor = factor
  }

  /// The rate for a step.
  public func rate(atStep step: Int) -> Double { initial * pow(factor, Double(step / stepSize)) }
}
