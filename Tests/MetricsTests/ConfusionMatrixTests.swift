import MartletMetrics
import Testing

@Suite("Confusion matrix") struct ConfusionMatrixTests {
  /// Three classes, ten samples:
  ///
  ///     true \ predicted  0  1  2
  ///     0                 3  1  0     support 4
  ///     1                 1  2  1     support 4
  ///     2                 0  0  2     support 2
  ///     predicted         4  3  3
  private let matrix = ConfusionMatrix(
    labels: [0, 0, 0, 0, 1, 1, 1, 1, 2, 2], predictions: [0, 0, 0, 1, 0, 1, 1, 2, 2, 2], classCount: 3)

  @Test("has a row per true class and a column per predicted class")
  func counts() {
    #expect(matrix.rows == [[3, 1, 0], [1, 2, 1], [0, 0, 2]])
    #expect(matrix[1, 2] == 1 && matrix[2, 1] == 0)
    #expect(matrix.sampleCount == 10)
    #expect((0..<3).map(matrix.support(ofClass:)) == [4, 4, 2])
    #expect((0..<3).map(matrix.predictedCount(ofClass:)) == [4, 3, 3])
  }

  @Test("gives precision, recall and F1 of a class")
  func perClass() {
    let precisions: [Double] = [3.0 / 4, 2.0 / 3, 2.0 / 3]
    let recalls: [Double] = [3.0 / 4, 2.0 / 4, 2.0 / 2]
    // 2 tp / (support + predicted).
    let f1: [Double] = [6.0 / 8, 4.0 / 7, 4.0 / 5]
    for label in 0..<3 {
      #expect(matrix.precision(ofClass: label) == precisions[label])
      #expect(matrix.recall(ofClass: label) == recalls[label])
      #expect(matrix.f1(ofClass: label) == f1[label])
    }
  }

  @Test("averages over classes plainly, by counts and by support")
  func averages() {
    expect(matrix.precision(averaging: .macro), (0.75 + 2.0 / 3 + 2.0 / 3) / 3)
    expect(matrix.recall(averaging: .macro), 2.25 / 3)
    expect(matrix.f1(averaging: .macro), (0.75 + 4.0 / 7 + 0.8) / 3)
    for micro in [matrix.precision(averaging: .micro), matrix.recall(averaging: .micro), matrix.f1(averaging: .micro)] {
      #expect(micro == 0.7)
    }
    expect(matrix.precision(averaging: .weighted), 0.4 * 0.75 + 0.4 * 2 / 3 + 0.2 * 2 / 3)
    expect(matrix.recall(averaging: .weighted), 0.7)
    expect(matrix.f1(averaging: .weighted), 0.4 * 0.75 + 0.4 * 4 / 7 + 0.2 * 0.8)
    let binary = ConfusionMatrix(counts: [5, 1, 2, 4], classCount: 2)
    expect(binary.precision(averaging: .binary), 4.0 / 5)
    expect(binary.recall(averaging: .binary), 4.0 / 6)
    expect(binary.f1(averaging: .binary), 8.0 / 11)
  }

  @Test("counts what is undefined as 0: a class nobody has, one nobody predicts")
  func undefined() {
    // Class 1 is never predicted, class 2 never occurs.
    let matrix = ConfusionMatrix(labels: [0, 0, 1], predictions: [0, 2, 0], classCount: 3)
    #expect(matrix.precision(ofClass: 1) == 0 && matrix.recall(ofClass: 1) == 0 && matrix.f1(ofClass: 1) == 0)
    #expect(matrix.recall(ofClass: 2) == 0 && matrix.precision(ofClass: 2) == 0)
    expect(matrix.precision(averaging: .macro), 0.5 / 3)
  }

  @Test("has intersection over union, its mean over the classes that occur")
  func intersectionOverUnion() {
    expect(matrix.meanIntersectionOverUnion, (3.0 / 5 + 2.0 / 5 + 2.0 / 3) / 3)
    let sparse = ConfusionMatrix(labels: [0, 0, 3], predictions: [0, 3, 3], classCount: 5)
    #expect(sparse.intersectionOverUnion(ofClass: 1) == nil)
    expect(sparse.meanIntersectionOverUnion, 0.5)
  }

  @Test("has Matthews correlation: the usual formula for two classes, R_k for more")
  func matthews() {
    // (tp tn - fp fn) / √((tp+fp)(tp+fn)(tn+fp)(tn+fn)) with tp 4, tn 5, fp 1, fn 2.
    let binary = ConfusionMatrix(counts: [5, 1, 2, 4], classCount: 2)
    expect(binary.matthewsCorrelation, (20.0 - 2) / (5 * 6 * 6 * 7 as Double).squareRoot())
    // Σ supports·predicted = 16 + 12 + 6 = 34; Σ supports² = 36; Σ predicted² = 34.
    expect(matrix.matthewsCorrelation, (70.0 - 34) / ((100.0 - 36) * (100 - 34)).squareRoot())
    #expect(ConfusionMatrix(counts: [3, 0, 2, 0], classCount: 2).matthewsCorrelation == 0)
  }

  @Test("has Cohen's kappa, unweighted, linear and quadratic")
  func kappa() {
    // Chance agreement 34/100, observed 0.7.
    expect(matrix.cohenKappa(), (0.7 - 0.34) / (1 - 0.34))
    // Observed |i-j|: three off by one. Expected, per 10: (4·3 + 4·4 + 4·3 + 2·3) · 1 + (4·3 + 2·4) · 2 = 46 + 40.
    expect(matrix.cohenKappa(weights: .linear), 1 - 3 / 8.6)
    expect(matrix.cohenKappa(weights: .quadratic), 1 - 3 / 12.6)
    #expect(ConfusionMatrix(counts: [4, 0, 0, 0], classCount: 2).cohenKappa().isNaN)
  }

  @Test("perfect predictions score 1 in everything")
  func perfect() {
    let labels: [Int32] = [0, 1, 2, 2, 1, 0, 0]
    let matrix = ConfusionMatrix(labels: labels, predictions: labels, classCount: 3)
    #expect(matrix.accuracy == 1 && matrix.matthewsCorrelation == 1 && matrix.cohenKappa(weights: .linear) == 1)
    #expect(matrix.f1(averaging: .macro) == 1 && matrix.meanIntersectionOverUnion == 1)
  }

  @Test("knows nothing when nothing was counted")
  func empty() {
    let matrix = ConfusionMatrix(classCount: 2)
    #expect(matrix.accuracy.isNaN && matrix.meanIntersectionOverUnion.isNaN)
    #expect(matrix.f1(averaging: .macro) == 0 && matrix.f1(averaging: .weighted) == 0)
    #expect(matrix.matthewsCorrelation == 0)
  }

  @Test("adds up over parts")
  func addition() {
    let first = ConfusionMatrix(labels: [0, 1], predictions: [0, 0], classCount: 2)
    var second = ConfusionMatrix(classCount: 2)
    second.add(label: 1, prediction: 1, count: 3)
    #expect((first + second).rows == [[1, 0], [1, 3]])
  }

  @Test("prints counts and a report")
  func tables() {
    let matrix = ConfusionMatrix(counts: [8, 2, 1, 9], classCount: 2)
    #expect(
      matrix.table(classNames: ["cat", "dog"]) == """
        true \\ predicted  cat  dog  total
        cat                 8    2     10
        dog                 1    9     10
        total               9   11     20
        """)
    // f1: 16/19 and 18/21.
    #expect(
      matrix.report(classNames: ["cat", "dog"]) == """
        class             precision  recall      f1  support
        cat                  0.8889  0.8000  0.8421       10
        dog                  0.8182  0.9000  0.8571       10
        accuracy                             0.8500       20
        macro average        0.8535  0.8500  0.8496       20
        weighted average     0.8535  0.8500  0.8496       20
        """)
    #expect(matrix.description == matrix.table())
  }
}

/// Equal but for the last few bits of a Double: the two sides add up in different orders.
func expect(_ actual: Double, _ expected: Double, sourceLocation: SourceLocation = #_sourceLocation) {
  #expect(
    abs(actual - expected) <= 1e-14 * max(1, abs(expected)), "\(actual), not \(expected)",
    sourceLocation: sourceLocation)
}
