import MartletTensor

/// `initial / (1 + decayRate · step / decaySteps)`; in staircase form the quotient is rounded down.
public struct InverseTimeDecay: LearningRateSchedule {
  /// The rate of the first step.
  public let initial: Double
  /// The unit of time.
  public let decaySteps: Int
  /// How fast the rate falls.
  public let decayRate: Double
  /// Whether the rate falls in steps instead of steadily.
  public let isStaircase: Bool

  /// - Precondition: `decaySteps` is positive.
  public init(_ initial: Double, decaySteps: Int, decayRate: Double, staircase: Bool = false) {
    require(decaySteps > 0, "InverseTimeDecay: decaySteps has to be positive; got \(decaySteps)")
    self.initial = initial
    self.decaySteps = decaySteps
    self.decayRate = decayRate
    isStaircase = staircase
  }

  /// The rate for a step.
  public func rate(atStep step: Int) -> Double {
    let time = Double(step) / Double(decaySteps)
    return initial / (1 + decayRate * (isStaircase ? time.rounded(.down) : time))
  }
}
