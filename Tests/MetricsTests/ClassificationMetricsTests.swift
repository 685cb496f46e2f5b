import Foundation
import MartletMetrics
import Testing

@Suite("Classification metrics") struct ClassificationMetricsTests {
  @Test("accuracy is the share of equal labels, weighted where weights are given")
  func accuracy() {
    #expect(ClassificationMetrics.accuracy(labels: [1, 2, 3, 4], predictions: [1, 2, 0, 0]) == 0.5)
    #expect(
      ClassificationMetrics.accuracy(labels: [1, 2, 3], predictions: [1, 0, 3], sampleWeights: [1, 6, 1]) == 0.25)
    #expect(ClassificationMetrics.accuracy(labels: [], predictions: []).isNaN)
  }

  @Test("top-k accuracy looks for the label among the k largest scores, the first of equals going first")
  func topK() {
    let scores: [Float] = [
      0.1, 0.5, 0.4,  // label 2 is second
      0.3, 0.3, 0.3,  // label 0 is first of three equals
      0.3, 0.3, 0.3,  // label 1 is second of three equals
      0.2, 0.7, 0.1,  // label 2 is third
    ]
    let labels: [Int32] = [2, 0, 1, 2]
    func share(_ k: Int) -> Double { ClassificationMetrics.topKAccuracy(labels: labels, scores: scores, k: k) }
    #expect([share(1), share(2), share(3), share(9)] == [0.25, 0.75, 1, 1])
    #expect(ClassificationMetrics.categoricalAccuracy(labels: labels, scores: scores) == 0.25)
  }

  @Test("scores that are not numbers are never right")
  func notANumber() {
    let scores: [Float] = [.nan, .nan, .nan, 0.9, .nan, 0.05]
    #expect(ClassificationMetrics.topKAccuracy(labels: [0, 0], scores: scores, k: 1) == 0)
    #expect(ClassificationMetrics.binaryAccuracy(labels: [0, 1], scores: [.nan, .nan]) == 0)
  }

  @Test("binary accuracy takes scores above the threshold for class 1, and the threshold itself for class 0")
  func binary() {
    let (labels, scores): ([Int32], [Float]) = ([0, 1, 1, 0], [0.5, 0.5, 0.7, 0.2])
    #expect(ClassificationMetrics.binaryAccuracy(labels: labels, scores: scores) == 0.75)
    #expect(ClassificationMetrics.binaryAccuracy(labels: labels, scores: scores, threshold: 0.1) == 0.5)
  }

  @Test("log loss is the mean negative logarithm of the label's probability")
  func logLoss() {
    expect(
      ClassificationMetrics.logLoss(labels: [0, 1], probabilities: [0.5, 0.25, 0.25, 0.25, 0.5, 0.25]), log(2))
    expect(ClassificationMetrics.logLoss(labels: [1, 0], probabilities: [0.25, 0.25]), (log(4) + log(4 / 3)) / 2)
    // One certain error costs -log 2⁻⁵² = 52 log 2.
    expect(ClassificationMetrics.logLoss(labels: [1], probabilities: [0]), 52 * log(2))
  }

  @Test("perplexity of a uniform guess is the number of classes, from probabilities and from logits")
  func perplexity() {
    expect(
      ClassificationMetrics.perplexity(labels: [0, 3], scores: [Float](repeating: 0.25, count: 8)), 4)
    expect(
      ClassificationMetrics.perplexity(labels: [0, 3], scores: [Float](repeating: 1000, count: 8), fromLogits: true), 4)
  }
}
