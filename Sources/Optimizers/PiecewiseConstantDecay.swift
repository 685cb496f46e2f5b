import MartletTensor

/// A list of rates and the steps at which one ends and the next begins: `values[i]` up to and including step `boundaries[i]`.
public struct PiecewiseConstantDecay: LearningRateSchedule {
  /// The last steps of all rates but the last.
  public let boundaries: [Int]
  /// The rates, one more than boundaries.
  public let values: [Double]

  /// - Precondition: boundaries ascend, and there is one more value than boundaries.
  public init(boundaries: [Int], values: [Double]) {
    require(
      values.count == boundaries.count + 1 && zip(boundaries, boundaries.dropFirst()).allSatisfy { $0 < $1 },
      "PiecewiseConstantDecay: need ascending boundaries and one value more; got \(boundaries) and \(values)")
    self.boundaries = boundaries
    self.values = values
  }

  /// The rate for a step.
  public func rate(atStep step: Int) -> Double { values[boundaries.count { $0 < step }] }
}
