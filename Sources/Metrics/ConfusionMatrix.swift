/// How often samples of each class were taken for each class.
///
/// Rows are the true classes, columns the predicted ones, as in scikit-learn. Everything that looks only at predicted classes
/// (precision, recall, F1, Matthews correlation, Cohen's kappa, …) is derived from it, so it is counted once and asked often.
///
///     let matrix = ConfusionMatrix(labels: [0, 0, 1, 1], predictions: [0, 1, 1, 1], classCount: 2)
///     matrix[0, 1]                          // 1: one sample of class 0 was taken for class 1
///     matrix.precision(ofClass: 1)          // 2/3
///     matrix.f1(averaging: .macro)
///     print(matrix.report())
public struct ConfusionMatrix: Hashable, Sendable {
  /// The number of classes.
  public let classCount: Int
  private var counts: [Int]

  /// A matrix that has counted nothing yet.
  ///
  /// - Precondition: `classCount` is not negative.
  public init(classCount: Int) {
    precondition(classCount >= 0, "ConfusionMatrix: need classCount >= 0; got \(classCount)")
    self.classCount = classCount
    counts = [Int](repeating: 0, count: classCount * classCount)
  }

  /// Counts true and predicted classes.
  ///
  /// - Precondition: as many predictions as labels, all in `0..<classCount`.
  public init(labels: some Collection<Int32>, predictions: some Collection<Int32>, classCount: Int) {
    self.init(classCount: classCount)
    precondition(
      labels.count == predictions.count,
      "ConfusionMatrix: \(labels.count) labels but \(predictions.count) predictions")
    for (label, prediction) in zip(labels, predictions) { add(label: Int(label), prediction: Int(prediction)) }
  }

  /// Takes over counts, row after row.
  ///
  /// - Precondition: `classCount²` counts, none negative.
  public init(counts: [Int], classCount: Int) {
    precondition(
      counts.count == classCount * classCount && counts.allSatisfy { $0 >= 0 },
      "ConfusionMatrix: need \(classCount) × \(classCount) counts >= 0; got \(counts.count)")
    self.classCount = classCount
    self.counts = counts
  }

  /// Counts one more sample, or several alike.
  ///
  /// - Precondition: both classes are in `0..<classCount`.
  public mutating func add(label: Int, prediction: Int, count: Int = 1) {
    counts[index(label, prediction)] += count
  }

  /// The counts of both together.
  ///
  /// - Precondition: both have the same number of classes.
  public static func + (a: ConfusionMatrix, b: ConfusionMatrix) -> ConfusionMatrix {
    precondition(a.classCount == b.classCount, "ConfusionMatrix: \(a.classCount) classes + \(b.classCount) classes")
    return ConfusionMatrix(counts: zip(a.counts, b.counts).map { $0 + $1 }, classCount: a.classCount)
  }

  /// How many samples of class `label` were taken for class `prediction`.
  ///
  /// - Precondition: both are in `0..<classCount`.
  public subscript(label: Int, prediction: Int) -> Int { counts[index(label, prediction)] }

  /// The counts, one row per true class.
  public var rows: [[Int]] { (0..<classCount).map { Array(counts[$0 * classCount..<($0 + 1) * classCount]) } }

  /// The number of samples counted.
  public var sampleCount: Int { counts.reduce(0, +) }

  /// The number of samples that are of this class.
  public func support(ofClass label: Int) -> Int { (0..<classCount).reduce(0) { $0 + self[label, $1] } }

  /// The number of samples that were taken for this class.
  public func predictedCount(ofClass prediction: Int) -> Int {
    (0..<classCount).reduce(0) { $0 + self[$1, prediction] }
  }

  private func index(_ label: Int, _ prediction: Int) -> Int {
    precondition(
      0..<classCount ~= label && 0..<classCount ~= prediction,
      "ConfusionMatrix: label \(label), prediction \(prediction) are not both in 0..<\(classCount)")
    return label * classCount + prediction
  }
}

extension ConfusionMatrix: CustomStringConvertible {
  /// The counts as a table with class numbers; see `table(classNames:)`.
  public var description: String { table() }
}
