import MartletMetrics
import Testing

@Suite("ROC and precision-recall curves") struct CurveTests {
  private let labels: [Int32] = [0, 0, 1, 1]
  private let scores: [Float] = [0.1, 0.4, 0.35, 0.8]

  @Test("ROC steps through the distinct scores")
  func roc() {
    let curve = ROCCurve(labels: labels, scores: scores)
    #expect(curve.thresholds == [.infinity, 0.8, 0.4, 0.35, 0.1])
    #expect(curve.truePositiveRates == [0, 0.5, 0.5, 1, 1])
    #expect(curve.falsePositiveRates == [0, 0, 0.5, 0.5, 1])
    // Of the four pairs of a positive and a negative, three are in the right order.
    #expect(curve.area == 0.75)
  }

  @Test("the area counts a tie half")
  func ties() {
    #expect(ROCCurve(labels: [0, 1], scores: [0.5, 0.5]).area == 0.5)
    // Pairs: (0.5, 0.5) half, (0.5, 0.2) whole, (0.9, either) whole: 3.5 of 4.
    #expect(ROCCurve(labels: [1, 0, 0, 1], scores: [0.5, 0.5, 0.2, 0.9]).area == 0.875)
  }

  @Test("areas: 1 for a perfect ranking, 0 for the reverse, NaN for one class or for scores that are not numbers")
  func extremes() {
    #expect(ROCCurve(labels: [0, 1, 1], scores: [1, 2, 3]).area == 1)
    #expect(ROCCurve(labels: [1, 1, 0], scores: [1, 2, 3]).area == 0)
    #expect(ROCCurve(labels: [1, 1], scores: [1, 2]).area.isNaN)
    #expect(ROCCurve(labels: [], scores: []).area.isNaN)
    #expect(ROCCurve(labels: [0, 1], scores: [.nan, 1]).area.isNaN)
  }

  @Test("one against the rest is the mean over classes")
  func oneAgainstRest() {
    let scores: [Float] = [
      0.8, 0.1, 0.1,
      0.2, 0.3, 0.5,
      0.1, 0.4, 0.5,
    ]
    // Class 0: perfect. Class 1: its 0.3 beats 0.1 and loses to 0.4, so 1/2. Class 2: 0.5 beats 0.1 and ties with 0.5, 3/4.
    expect(ROCCurve.areaOneAgainstRest(labels: [0, 1, 2], scores: scores, classCount: 3), (1 + 0.5 + 0.75) / 3)
  }

  @Test("precision-recall: average precision by rectangles, area by trapezoids")
  func precisionRecall() {
    let curve = PrecisionRecallCurve(labels: labels, scores: scores)
    #expect(curve.recalls == [0, 0.5, 0.5, 1, 1])
    #expect(curve.precisions == [1, 1, 0.5, 2.0 / 3, 0.5])
    expect(curve.averagePrecision, 0.5 * 1 + 0.5 * 2 / 3)
    expect(curve.area, 0.5 * 1 + 0.5 * (0.5 + 2.0 / 3) / 2)
  }

  @Test("equal scores make one threshold, whatever their order")
  func tiesInPrecisionRecall() {
    for labels in [[1, 0, 1], [0, 1, 1], [1, 1, 0]] as [[Int32]] {
      let curve = PrecisionRecallCurve(labels: labels, scores: [0.5, 0.5, 0.5])
      #expect(curve.thresholds.count == 2)
      expect(curve.averagePrecision, 2.0 / 3)
    }
  }
}
