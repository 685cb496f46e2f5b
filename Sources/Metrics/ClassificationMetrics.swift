#if canImport(Glibc)
  import Glibc
#else
  import Foundation
#endif

/// How good class predictions are, from arrays in host memory; sums in Double.
///
/// Scores are row-major `[samples, classes]`. With no samples every mean is NaN. What needs only predicted classes and more
/// than accuracy is in `ConfusionMatrix`; what needs a ranking in `ROCCurve` and `PrecisionRecallCurve`.
public enum ClassificationMetrics {
  /// The share of labels that were predicted; with weights, their weights' share.
  ///
  /// - Precondition: as many predictions, and weights, as labels.
  public static func accuracy(labels: [Int32], predictions: [Int32], sampleWeights: [Float]? = nil) -> Double {
    requireSameCount(labels.count, predictions.count, "accuracy")
    return mean(zip(labels, predictions).map { $0 == $1 ? 1 : 0 }, weights: sampleWeights, "accuracy")
  }

  /// The share of samples whose largest score is that of their label; of equal scores the first counts.
  ///
  /// - Precondition: one row of scores per label.
  public static func categoricalAccuracy(labels: [Int32], scores: [Float], sampleWeights: [Float]? = nil) -> Double {
    topKAccuracy(labels: labels, scores: scores, k: 1, sampleWeights: sampleWeights)
  }

  /// The share of samples whose label is among the `k` largest scores; of equal scores the first classes go first.
  ///
  /// NaN is larger than any number, so that a network that has diverged scores nothing.
  /// - Precondition: one row of scores per label, `k` at least 1, labels within the row.
  public static func topKAccuracy(labels: [Int32], scores: [Float], k: Int, sampleWeights: [Float]? = nil) -> Double {
    precondition(k >= 1, "topKAccuracy: need k >= 1; got \(k)")
    let hits: [Double] = rows(of: scores, perLabel: labels, "topKAccuracy").map { row, label in
      let own = row[label]
      let ahead = row.indices.count { $0 != label && !(row[$0] < own || row[$0] == own && $0 > label) }
      return ahead < k && !own.isNaN ? 1 : 0
    }
    return mean(hits, weights: sampleWeights, "topKAccuracy")
  }

  /// The share of samples on the right side of the threshold: a score above it says class 1, one equal to it class 0.
  ///
  /// - Precondition: as many scores, and weights, as labels.
  public static func binaryAccuracy(
    labels: [Int32], scores: [Float], threshold: Float = 0.5, sampleWeights: [Float]? = nil
  ) -> Double {
    requireSameCount(labels.count, scores.count, "binaryAccuracy")
    let hits: [Double] = zip(labels, scores).map { label, score in
      !score.isNaN && label == (score > threshold ? 1 : 0) ? 1 : 0
    }
    return mean(hits, weights: sampleWeights, "binaryAccuracy")
  }

  /// The mean negative logarithm of the probability given to what is true (cross-entropy, in nats).
  ///
  /// With one probability per label it is that of class 1. Probabilities are clipped to [2⁻⁵², 1 - 2⁻⁵²], so that a single
  /// certain error costs 36 and not infinity (scikit-learn's choice for Double).
  /// - Precondition: one probability, or one row of them, per label.
  public static func logLoss(labels: [Int32], probabilities: [Float], sampleWeights: [Float]? = nil) -> Double {
    let losses: [Double]
    if probabilities.count == labels.count {
      losses = zip(labels, probabilities).map { label, probability in
        precondition(label == 0 || label == 1, "logLoss: label \(label) with one probability per sample; need 0 or 1")
        return -log(clipped(label == 1 ? Double(probability) : 1 - Double(probability)))
      }
    } else {
      losses = rows(of: probabilities, perLabel: labels, "logLoss").map { row, label in
        -log(clipped(Double(row[label])))
      }
    }
    return mean(losses, weights: sampleWeights, "logLoss")
  }

  /// `exp(mean(-log p[label]))`: the number of equally likely choices a model is as unsure between.
  ///
  /// - Parameter fromLogits: Whether scores still have to go through softmax.
  /// - Precondition: one row of scores per label.
  public static func perplexity(labels: [Int32], scores: [Float], fromLogits: Bool = false) -> Double {
    let losses: [Double] = rows(of: scores, perLabel: labels, "perplexity").map { row, label in
      guard fromLogits else { return -log(Double(row[label])) }
      let largest = row.max().map(Double.init) ?? 0
      let sum = row.reduce(0) { $0 + exp(Double($1) - largest) }
      return largest + log(sum) - Double(row[label])
    }
    return exp(mean(losses, weights: nil, "perplexity"))
  }

  /// Each label with its row of scores, indexed by class.
  private static func rows(
    of scores: [Float], perLabel labels: [Int32], _ name: StaticString
  ) -> [(scores: [Float], label: Int)] {
    guard !labels.isEmpty else { return [] }
    let classCount = scores.count / labels.count
    precondition(
      classCount * labels.count == scores.count, "\(name): \(scores.count) scores for \(labels.count) labels")
    return labels.enumerated().map { index, label in
      precondition(0..<classCount ~= Int(label), "\(name): label \(label) is not in 0..<\(classCount)")
      return (Array(scores[index * classCount..<(index + 1) * classCount]), Int(label))
    }
  }

  private static func clipped(_ probability: Double) -> Double {
    min(max(probability, Double.ulpOfOne), 1 - Double.ulpOfOne)
  }

  private static func mean(_ values: [Double], weights: [Float]?, _ name: StaticString) -> Double {
    guard let weights else { return values.reduce(0, +) / Double(values.count) }
    requireSameCount(values.count, weights.count, name)
    let weighted = zip(values, weights).reduce(0) { $0 + $1.0 * Double($1.1) }
    return weighted / weights.reduce(0) { $0 + Double($1) }
  }

  private static func requireSameCount(_ labels: Int, _ others: Int, _ name: StaticString) {
    precondition(labels == others, "\(name): \(labels) labels but \(others) predictions or weights")
  }
}
