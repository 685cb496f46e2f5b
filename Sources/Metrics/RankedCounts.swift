/// How many positives and negatives lie at or above each distinct score, from the highest score down: what both curves are
/// drawn from. Samples with equal scores cannot be told apart by a threshold, so they make one step.
struct RankedCounts {
  private(set) var thresholds: [Float] = []
  private(set) var truePositives: [Int] = []
  private(set) var falsePositives: [Int] = []

  var positiveCount: Int { truePositives.last ?? 0 }
  var negativeCount: Int { falsePositives.last ?? 0 }

  init(_ isPositive: [Bool], scores: [Float], for name: StaticString) {
    precondition(isPositive.count == scores.count, "\(name): \(isPositive.count) labels but \(scores.count) scores")
    var (positives, negatives) = (0, 0)
    for index in scores.indices.sorted(by: { scores[$0] > scores[$1] }) {
      if thresholds.last != scores[index] {
        thresholds.append(scores[index])
        truePositives.append(positives)
        falsePositives.append(negatives)
      }
      if isPositive[index] { positives += 1 } else { negatives += 1 }
      truePositives[truePositives.count - 1] = positives
      falsePositives[falsePositives.count - 1] = negatives
    }
  }
}

/// The area below a line through points, by trapezoids; NaN when there is no line.
func trapezoidArea(x: [Double], y: [Double]) -> Double {
  guard x.count >= 2 else { return .nan }
  return zip(x.indices, x.indices.dropFirst()).reduce(0) { $0 + (x[$1.1] - x[$1.0]) * (y[$1.0] + y[$1.1]) / 2 }
}
