/// How the values of the single classes become one.
public enum ClassAverage: String, Hashable, Sendable, CaseIterable {
  /// The value of class 1, the "positive" one of two.
  case binary
  /// The plain mean over all classes.
  case macro
  /// The value of all classes' counts put together: large classes weigh more. Precision, recall and F1 then all equal the
  /// accuracy.
  case micro
  /// The mean weighted with how many samples each class has.
  case weighted
}

/// What a disagreement costs in Cohen's kappa.
public enum KappaWeights: String, Hashable, Sendable, CaseIterable {
  /// Every disagreement the same.
  case none
  /// The distance between the class numbers, for ordered classes.
  case linear
  /// The square of that distance.
  case quadratic
}

// Precision, recall and F1. A quotient without a denominator (a class nobody predicted, or nobody has) is 0.
extension ConfusionMatrix {
  /// The share of samples taken for what they are; NaN when nothing was counted.
  public var accuracy: Double { Double(correctCount) / Double(sampleCount) }

  /// The share of samples taken for a class that are of it: `tp / (tp + fp)`, 0 when undefined.
  public func precision(ofClass label: Int) -> Double {
    Self.share(self[label, label], of: predictedCount(ofClass: label))
  }

  /// The share of a class's samples that were found: `tp / (tp + fn)`, 0 when undefined.
  public func recall(ofClass label: Int) -> Double {
    Self.share(self[label, label], of: support(ofClass: label))
  }

  /// The harmonic mean of precision and recall: `2 tp / (2 tp + fp + fn)`, 0 when undefined.
  public func f1(ofClass label: Int) -> Double {
    Self.share(2 * self[label, label], of: predictedCount(ofClass: label) + support(ofClass: label))
  }

  /// Precision of all classes as one value.
  public func precision(averaging average: ClassAverage) -> Double { averaged(by: average, precision(ofClass:)) }

  /// Recall of all classes as one value.
  public func recall(averaging average: ClassAverage) -> Double { averaged(by: average, recall(ofClass:)) }

  /// F1 of all classes as one value. `macro` is the mean of the classes' F1, not the F1 of mean precision and recall.
  public func f1(averaging average: ClassAverage) -> Double { averaged(by: average, f1(ofClass:)) }

  private func averaged(by average: ClassAverage, _ value: (Int) -> Double) -> Double {
    switch average {
    case .binary:
      precondition(classCount == 2, "binary average: needs 2 classes; the matrix has \(classCount)")
      return value(1)
    case .macro:
      return (0..<classCount).map(value).reduce(0, +) / Double(classCount)
    case .micro:
      // With one prediction per sample, every wrong one is a false positive here and a false negative there, so the sums of
      // tp + fp and of tp + fn are both the number of samples.
      return Self.share(correctCount, of: sampleCount)
    case .weighted:
      guard sampleCount > 0 else { return 0 }
      return (0..<classCount).reduce(0) { $0 + value($1) * Double(support(ofClass: $1)) } / Double(sampleCount)
    }
  }

  private var correctCount: Int { (0..<classCount).reduce(0) { $0 + self[$1, $1] } }

  private static func share(_ part: Int, of whole: Int) -> Double { whole == 0 ? 0 : Double(part) / Double(whole) }
}

// Overlap and agreement.
extension ConfusionMatrix {
  /// Intersection over union of a class: `tp / (tp + fp + fn)`; `nil` when it occurs in neither labels nor predictions.
  public func intersectionOverUnion(ofClass label: Int) -> Double? {
    let union = predictedCount(ofClass: label) + support(ofClass: label) - self[label, label]
    return union == 0 ? nil : Double(self[label, label]) / Double(union)
  }

  /// Intersection over union, the mean over the classes that occur; NaN when nothing was counted.
  public var meanIntersectionOverUnion: Double {
    let values = (0..<classCount).compactMap(intersectionOverUnion(ofClass:))
    return values.reduce(0, +) / Double(values.count)
  }

  /// The correlation between true and predicted classes, from -1 to 1, in the form for any number of classes (R_k).
  ///
  /// 0 when undefined: when all samples are of one class, or all are taken for one.
  /// - Source: Gorodkin 2004, "Comparing two K-category assignments by a K-category correlation coefficient".
  public var matthewsCorrelation: Double {
    let (supports, predicted) = marginals
    let count = Double(sampleCount)
    let covariance = Double(correctCount) * count - Self.dot(supports, predicted)
    let labelVariance = count * count - Self.dot(supports, supports)
    let predictionVariance = count * count - Self.dot(predicted, predicted)
    let scale = (labelVariance * predictionVariance).squareRoot()
    return scale == 0 ? 0 : covariance / scale
  }

  /// How far labels and predictions agree beyond chance: 1 complete, 0 as by chance.
  ///
  ///     kappa = 1 - Σ w·observed / Σ w·expected,   expected[i, j] = support[i] · predicted[j] / samples
  ///
  /// NaN when undefined: when all samples are of one class and taken for that class.
  /// - Source: Cohen 1960; weights after Cohen 1968.
  public func cohenKappa(weights: KappaWeights = .none) -> Double {
    let (supports, predicted) = marginals
    var observed = 0.0
    var expected = 0.0
    for label in 0..<classCount {
      for prediction in 0..<classCount {
        let distance = Double(abs(label - prediction))
        let weight: Double =
          switch weights {
          case .none: label == prediction ? 0 : 1
          case .linear: distance
          case .quadratic: distance * distance
          }
        observed += weight * Double(self[label, prediction])
        expected += weight * supports[label] * predicted[prediction]
      }
    }
    return 1 - observed / (expected / Double(sampleCount))
  }

  private var marginals: (supports: [Double], predicted: [Double]) {
    (
      (0..<classCount).map { Double(support(ofClass: $0)) },
      (0..<classCount).map { Double(predictedCount(ofClass: $0)) }
    )
  }

  private static func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
}
