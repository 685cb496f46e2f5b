import Foundation

/// How good made samples are in the eyes of a classifier that was trained on real ones: it should be sure of each, and see every class.
///
///     score = exp(mean over samples of KL(p(y | x) ‖ p(y)))        from 1 to the number of classes
///
/// - Source: Salimans et al. 2016, "Improved techniques for training GANs", arXiv:1606.03498, section 4, with a classifier of the data at
///   hand in place of Inception.
public struct SampleScore: Hashable, Sendable {
  /// From 1 (all alike, or never sure) to the number of classes (always sure, all classes as often).
  public let score: Double
  /// The mean probability of the likeliest class.
  public let confidence: Double
  /// How large a share of the samples each class has.
  public let classShares: [Double]

  /// Scores samples by the probabilities of their classes, `[samples, classes]` row-major.
  ///
  /// - Precondition: there is at least one sample, and rows are probabilities.
  public init(probabilities: [Float], classCount: Int) {
    precondition(
      classCount > 0 && !probabilities.isEmpty && probabilities.count.isMultiple(of: classCount),
      "SampleScore: \(probabilities.count) probabilities for \(classCount) classes")
    let rows = stride(from: 0, to: probabilities.count, by: classCount).map { start in
      probabilities[start..<start + classCount].map(Double.init)
    }
    let count = Double(rows.count)
    let marginal = (0..<classCount).map { label in rows.reduce(0) { $0 + $1[label] } / count }
    let divergence = rows.reduce(0.0) { sum, row in
      sum + zip(row, marginal).reduce(0) { $1.0 > 0 ? $0 + $1.0 * log($1.0 / $1.1) : $0 }
    }
    score = exp(divergence / count)
    confidence = rows.reduce(0) { $0 + ($1.max() ?? 0) } / count
    let labels = rows.map { row in row.indices.max { row[$0] < row[$1] } ?? 0 }
    classShares = (0..<classCount).map { label in Double(labels.count { $0 == label }) / count }
  }
}
