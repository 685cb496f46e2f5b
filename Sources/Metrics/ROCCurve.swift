/// The receiver operating characteristic: for every threshold, how many positives are found against how many false alarms.
///
/// The area is exact, from all distinct scores (not from bins): the probability that a positive sample scores higher than a
/// negative one, where a tie counts half.
///
///     let auc = ROCCurve(labels: [0, 0, 1, 1], scores: [0.1, 0.4, 0.35, 0.8]).area     // 0.75
public struct ROCCurve: Sendable {
  /// The share of negatives above each threshold, ascending from 0 to 1; NaN without negatives.
  public let falsePositiveRates: [Double]
  /// The share of positives above each threshold, ascending from 0 to 1; NaN without positives.
  public let truePositiveRates: [Double]
  /// A sample is called positive when its score is at least this; the first is infinity, then the distinct scores descending.
  public let thresholds: [Float]

  /// The curve of scores for two classes; label 1 is the positive one.
  ///
  /// - Precondition: as many scores as labels, every label 0 or 1.
  public init(labels: [Int32], scores: [Float]) {
    precondition(labels.allSatisfy { $0 == 0 || $0 == 1 }, "ROCCurve: labels must be 0 or 1")
    self.init(isPositive: labels.map { $0 == 1 }, scores: scores)
  }

  private init(isPositive: [Bool], scores: [Float]) {
    let counts = RankedCounts(isPositive, scores: scores, for: "ROCCurve")
    // A score that is not a number cannot be ranked, so nothing can be said about any threshold.
    let isRanked = !scores.contains { $0.isNaN }
    let positives = isRanked ? Double(counts.positiveCount) : .nan
    let negatives = isRanked ? Double(counts.negativeCount) : .nan
    thresholds = [.infinity] + counts.thresholds
    truePositiveRates = ([0] + counts.truePositives).map { Double($0) / positives }
    falsePositiveRates = ([0] + counts.falsePositives).map { Double($0) / negatives }
  }

  /// The area under the curve, from 0 to 1, 0.5 for guessing; NaN when there are only positives or only negatives.
  public var area: Double { trapezoidArea(x: falsePositiveRates, y: truePositiveRates) }

  /// The mean over classes of the area of "this class against the rest", each class weighing the same.
  ///
  /// - Parameter scores: Row-major `[samples, classes]`.
  /// - Returns: NaN when a class has no samples or all of them.
  /// - Precondition: one row of scores per label.
  public static func areaOneAgainstRest(labels: [Int32], scores: [Float], classCount: Int) -> Double {
    precondition(
      scores.count == labels.count * classCount && classCount > 0,
      "ROCCurve: \(scores.count) scores for \(labels.count) labels and \(classCount) classes")
    let areas = (0..<classCount).map { positive in
      ROCCurve(
        isPositive: labels.map { $0 == positive },
        scores: stride(from: positive, to: scores.count, by: classCount).map { scores[$0] }
      ).area
    }
    return areas.reduce(0, +) / Double(classCount)
  }
}
