import Foundation
import MartletTensor

/// From `initial` to `end` along `(1 - step / decaySteps)^power`, then `end`, or once more over a longer stretch.
///
///     (initial - end) · (1 - step / decaySteps)^power + end
public struct PolynomialDecay: LearningRateSchedule {
  /// The rate of the first step.
  public let initial: Double
  /// How many steps the way down takes.
  public let decaySteps: Int
  /// The rate at the end.
  public let end: Double
  /// 1 goes down straight, more goes down fast first.
  public let power: Double
  /// Whether `decaySteps` is stretched to the next multiple when the end is reached, so that the rate rises and falls again.
  public let isCyclic: Bool

  /// - Precondition: `decaySteps` is positive.
  public init(_ initial: Double, decaySteps: Int, end: Double = 0.0001, power: Double = 1, cyclic: Bool = false) {
    require(decaySteps > 0, "PolynomialDecay: decaySteps has to be positive; got \(decaySteps)")
    self.initial = initial
    self.decaySteps = decaySteps
    self.end = end
    self.power = power
    isCyclic = cyclic
  }

  /// The rate for a step.
  public func rate(atStep step: Int) -> Double {
    let stretch = isCyclic ? max(1, (step + decaySteps - 1) / decaySteps) : 1
    let length = decaySteps * stretch
    return (initial - end) * pow(1 - Double(min(step, length)) / Double(length), power) + end
  }
}
