import Foundation

/// A learning rate that depends on the step. A plain number is one that does not.
public protocol LearningRateSchedule: Sendable {
  /// The rate for a step; the first update is step 0.
  func rate(atStep step: Int) -> Double
}

extension Double: LearningRateSchedule {
  /// The rate for a step.
  public func rate(atStep step: Int) -> Double { self }
}

extension Float: LearningRateSchedule {
  /// The number as it reads, 0.1 rather than 0.10000000149: the same run whether the rate was written as `Float` or `Double`.
  public func rate(atStep step: Int) -> Double { Double(description) ?? Double(self) }
}

/// A schedule given by a function of the step.
public struct CustomSchedule: LearningRateSchedule {
  private let function: @Sendable (Int) -> Double

  /// Makes a schedule from a function of the step.
  public init(_ function: @escaping @Sendable (Int) -> Double) { self.function = function }

  /// The rate for a step.
  public func rate(atStep step: Int) -> Double { function(step) }
}
