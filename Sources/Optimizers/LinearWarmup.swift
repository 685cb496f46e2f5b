import MartletTensor

/// From `initial` straight to `target` over the first steps, `target` from then on.
public struct LinearWarmup: LearningRateSchedule {
  /// The rate of the first step.
  public let initial: Double
  /// The rate afterwards.
  public let target: Double
  /// How many steps the way takes.
  public let warmupSteps: Int

  /// - Precondition: `warmupSteps` is not negative.
  public init(_ initial: Double = 0, target: Double, warmupSteps: Int) {
    require(warmupSteps >= 0, "LinearWarmup: warmupSteps has to be 0 or more; got \(warmupSteps)")
    self.initial = initial
    self.target = target
    self.warmupSteps = warmupSteps
  }

  /// The rate for a step.
  public func rate(atStep step: Int) -> Double {
    step < warmupSteps ? initial + (target - initial) * Double(step) / Double(warmupSteps) : target
  }
}
