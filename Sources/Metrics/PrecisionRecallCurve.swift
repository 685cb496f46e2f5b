/// For every threshold, which share of the samples above it is positive against which share of the positives is found.
///
/// Says more than the ROC curve where positives are rare. Two areas are in use: `averagePrecision` is a sum of rectangles,
/// `area` one of trapezoids, which is optimistic, because precision does not go along straight lines between thresholds.
public struct PrecisionRecallCurve: Sendable {
  /// The share of positives at or above each threshold; starts at 1, where no sample is.
  public let precisions: [Double]
  /// The share of all positives that is at or above each threshold, ascending from 0; 1 throughout when there are none.
  public let recalls: [Double]
  /// The distinct scores, descending, after infinity.
  public let thresholds: [Float]

  /// The curve of scores for two classes; label 1 is the positive one. A score of NaN makes all values NaN.
  ///
  /// - Precondition: as many scores as labels, every label 0 or 1.
  public init(labels: [Int32], scores: [Float]) {
    precondition(labels.allSatisfy { $0 == 0 || $0 == 1 }, "PrecisionRecallCurve: labels must be 0 or 1")
    let counts = RankedCounts(labels.map { $0 == 1 }, scores: scores, for: "PrecisionRecallCurve")
    let isRanked = !scores.contains { $0.isNaN }
    let positives = isRanked ? Double(counts.positiveCount) : .nan
    thresholds = [.infinity] + counts.thresholds
    precisions =
      [1]
      + zip(counts.truePositives, counts.falsePositives).map { isRanked ? Double($0) / Double($0 + $1) : .nan }
    recalls = [0] + counts.truePositives.map { positives == 0 ? 1 : Double($0) / positives }
  }

  /// `Σ (recall[n] - recall[n-1]) · precision[n]` over the thresholds, from 0 to 1.
  public var averagePrecision: Double {
    zip(recalls.indices, recalls.indices.dropFirst()).reduce(0) {
      $0 + (recalls[$1.1] - recalls[$1.0]) * precisions[$1.1]
    }
  }

  /// The area by trapezoids over the distinct thresholds, beginning at recall 0, precision 1.
  public var area: Double { trapezoidArea(x: recalls, y: precisions) }
}
