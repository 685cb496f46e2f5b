import MartletMetrics
import Testing

@Suite("Regression metrics") struct RegressionMetricsTests {
  private let targets: [Float] = [3, -0.5, 2, 7]
  private let predictions: [Float] = [2.5, 0, 2, 8]

  @Test("errors: squared, root, absolute, relative")
  func errors() {
    // Errors 0.5, 0.5, 0, 1.
    expect(RegressionMetrics.meanSquaredError(targets: targets, predictions: predictions), 0.375)
    expect(
      RegressionMetrics.rootMeanSquaredError(targets: targets, predictions: predictions), 0.375.squareRoot())
    expect(RegressionMetrics.meanAbsoluteError(targets: targets, predictions: predictions), 0.5)
    let relative = (0.5 / 3 + 1 + 0 + 1.0 / 7) / 4
    expect(
      RegressionMetrics.meanAbsolutePercentageError(targets: targets, predictions: predictions), 100 * relative)
    expect(
      RegressionMetrics.meanAbsolutePercentageError(targets: targets, predictions: predictions, scale: 1), relative)
  }

  @Test("R² compares with saying the mean")
  func r2() {
    // Mean 2.875; Σ(t - mean)² = 29.1875; Σ(t - p)² = 1.5.
    expect(RegressionMetrics.r2(targets: targets, predictions: predictions), 1 - 1.5 / 29.1875)
    expect(RegressionMetrics.r2(targets: [1, 2, 3], predictions: [2, 2, 2]), 0)
    // Two outputs: the first perfect, the second constant and missed.
    expect(RegressionMetrics.r2(targets: [1, 5, 2, 5], predictions: [1, 5, 2, 6], outputCount: 2), 0.5)
    #expect(RegressionMetrics.r2(targets: [5, 5], predictions: [5, 5]) == 1)
    #expect(RegressionMetrics.r2(targets: [1], predictions: [1]).isNaN)
  }

  @Test("cosine similarity is the mean over rows; a row of zeros counts as 0")
  func cosine() {
    expect(
      RegressionMetrics.cosineSimilarity(targets: [1, 0, 1, 1], predictions: [2, 0, 0, 3], rowLength: 2),
      (1 + 0.5.squareRoot()) / 2)
    #expect(RegressionMetrics.cosineSimilarity(targets: [1, 2], predictions: [-2, -4], rowLength: 2) == -1)
    #expect(RegressionMetrics.cosineSimilarity(targets: [0, 0], predictions: [1, 1], rowLength: 2) == 0)
  }

  @Test("means of nothing are NaN")
  func empty() {
    #expect(RegressionMetrics.meanSquaredError(targets: [], predictions: []).isNaN)
    #expect(RegressionMetrics.cosineSimilarity(targets: [], predictions: [], rowLength: 3).isNaN)
  }
}
