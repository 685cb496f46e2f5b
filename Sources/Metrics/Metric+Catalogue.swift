import Foundation
import MartletAutograd
import MartletBackend
import MartletTensor

// Classification.
extension Metric {
  /// The share of samples classified correctly, whatever the form of outputs and targets:
  ///
  /// - outputs `[…, classes]` with int32 labels, or with targets of the same shape (one-hot or probabilities): the largest
  ///   output against the label or the largest target;
  /// - outputs `[…, 1]`, or with targets of one class: as `binaryAccuracy()`.
  public static let accuracy = Metric(name: "accuracy", isBetterWhenLarger: true) { batch in
    if batch.isBinary { return binaryHits(batch, threshold: 0.5) }
    return labelHits(batch)
  }

  /// The share of outputs on the right side of a threshold, each output for itself; a target above 0.5 says yes.
  ///
  /// - Parameter threshold: A probability. Where outputs are logits, the logit it corresponds to is used.
  public static func binaryAccuracy(threshold: Float = 0.5) -> Metric {
    Metric(name: "binary_accuracy", isBetterWhenLarger: true) { binaryHits($0, threshold: threshold) }
  }

  /// The share of samples whose label is among the `k` largest outputs; of equal outputs the first go first.
  ///
  /// - Precondition: `k` is at least 1.
  public static func topK(_ k: Int) -> Metric {
    precondition(k >= 1, "topK: need k >= 1; got \(k)")
    return Metric(name: "top_\(k)_accuracy", isBetterWhenLarger: true) { batch in
      let (outputs, labels) = (batch.outputs, batch.labels.expanded(at: batch.outputs.rank - 1))
      let classes = Tensor.range(batch.classCount, on: outputs.device)
      // Selected, not multiplied with a one-hot: 0 · ∞ is NaN.
      let own = Tensor.select(classes .== labels, outputs, Tensor(0, on: outputs.device))
        .sum(alongAxes: [-1], keepingRank: true)
      // Not "greater": NaN counts as ahead of every number.
      let isAhead = !(outputs .< own) & !((outputs .== own) & (classes .>= labels))
      let ahead = isAhead.cast(to: .float32).sum(alongAxes: [-1], keepingRank: true)
      let hits = (ahead .< Float(k)) & (own .== own)  // The latter is false for NaN.
      return Contribution(sums: hits.cast(to: .float32).sum(), count: hits.elementCount)
    }
  }

  /// Precision over everything seen; see `ConfusionMatrix.precision(averaging:)`.
  public static func precision(averaging average: ClassAverage = .macro) -> Metric {
    fromConfusionMatrix("precision") { $0.precision(averaging: average) }
  }

  /// Recall over everything seen; see `ConfusionMatrix.recall(averaging:)`.
  public static func recall(averaging average: ClassAverage = .macro) -> Metric {
    fromConfusionMatrix("recall") { $0.recall(averaging: average) }
  }

  /// F1 over everything seen; see `ConfusionMatrix.f1(averaging:)`.
  public static func f1(averaging average: ClassAverage = .macro) -> Metric {
    fromConfusionMatrix("f1") { $0.f1(averaging: average) }
  }

  /// See `ConfusionMatrix.matthewsCorrelation`.
  public static let matthewsCorrelation = fromConfusionMatrix("matthews_correlation") { $0.matthewsCorrelation }

  /// Any value that follows from the confusion matrix of everything seen. Outputs `[…, 1]` are two classes, split at
  /// probability 0.5.
  public static func fromConfusionMatrix(
    _ name: String, isBetterWhenLarger: Bool = true, _ value: @escaping @Sendable (ConfusionMatrix) -> Double
  ) -> Metric {
    Metric(
      name: name, isBetterWhenLarger: isBetterWhenLarger,
      contribution: { batch in
        let classCount = batch.isBinary ? 2 : batch.classCount
        let labels = batch.isBinary ? batch.binaryTargets.cast(to: .int32) : batch.labels
        let predictions = batch.isBinary ? batch.isAbove(0.5).cast(to: .int32) : batch.predictedClasses
        // Row l, column p of the product of one-hots counts the samples with label l and prediction p.
        let counts = labels.flattened(fromAxis: 0).oneHot(depth: classCount)
          .matmul(predictions.flattened(fromAxis: 0).oneHot(depth: classCount), transposingLeft: true)
        return Contribution(sums: counts, count: labels.elementCount)
      },
      value: { sums, _ in
        let classCount = Int(Double(sums.count).squareRoot().rounded())
        return value(ConfusionMatrix(counts: sums.map { Int($0) }, classCount: classCount))
      })
  }

  private static let hit = ElementwiseProgram(inputs: [.int32, .int32]) { x, _ in [(x[0] .== x[1]).cast(to: .float32)] }
  /// Where the largest output is compared with the label: as it is found.
  private static func labelHits(_ batch: Batch) -> Contribution {
    let classAxis = batch.outputs.rank - 1
    let labels = batch.labels.detached.expanded(at: classAxis)
    var target = batch.outputs.shape
    target[classAxis] = 1
    let hits = Tensor.reduced(
      CommonPrograms.copy(.float32), [.argumentOfMaximum], [batch.outputs.detached], axes: [classAxis],
      epilogue: Epilogue(hit, inputs: [labels.broadcastView(to: target, for: "accuracy")]), for: "accuracy")[0]
    return Contribution(sums: hits.sum(), count: hits.elementCount)
  }

  private static func binaryHits(_ batch: Batch, threshold: Float) -> Contribution {
    let hits = batch.isAbove(threshold) .== batch.binaryTargets
    return Contribution(sums: hits.cast(to: .float32).sum(), count: hits.elementCount)
  }
}

// Regression: means over all elements.
extension Metric {
  /// `mean((t - p)²)`.
  public static let meanSquaredError = Metric(name: "mean_squared_error", isBetterWhenLarger: false) { batch in
    batch.sum { ($0 - $1).squared() }
  }

  /// `√mean((t - p)²)`, the root taken once, of the mean over everything seen.
  public static let rootMeanSquaredError = Metric(
    name: "root_mean_squared_error", isBetterWhenLarger: false,
    contribution: { batch in batch.sum { ($0 - $1).squared() } },
    value: { sums, count in (sums[0] / Double(count)).squareRoot() })

  /// `mean(|t - p|)`.
  public static let meanAbsoluteError = Metric(name: "mean_absolute_error", isBetterWhenLarger: false) { batch in
    batch.sum { ($0 - $1).abs() }
  }

  /// `100 · mean(|t - p| / max(|t|, 1e-7))`, in percent.
  public static let meanAbsolutePercentageError = Metric(
    name: "mean_absolute_percentage_error", isBetterWhenLarger: false,
    contribution: { batch in
      batch.sum { ($0 - $1).abs() / Tensor.maximum($0.abs(), Tensor(1e-7, on: $0.device)) }
    },
    value: { sums, count in 100 * sums[0] / Double(count) })
}

// Names, as users type them.
extension Metric {
  /// The metric with a name of the catalogue, in Keras' spelling (`categorical_accuracy`, `MeanAbsoluteError`), scikit-learn's
  /// (`f1_score`) or a common short form: `acc`, `mae`, `top_5_accuracy`. Capitals, underscores and hyphens do not count.
  ///
  /// - Throws: `UnknownNameError` with the nearest name and all there are.
  public static func named(_ name: String) throws -> Metric {
    let key = plain(name)
    if let entry = entries.first(where: { $0.names.contains { plain($0) == key } }) { return entry.make() }
    if key.hasPrefix("top"), key.hasSuffix("accuracy"), let k = Int(key.dropFirst(3).dropLast(8)), k >= 1 {
      return topK(k)
    }
    throw UnknownNameError(
      kind: "metric", name: name, known: entries.compactMap(\.names.first) + ["top_5_accuracy"],
      others: entries.flatMap(\.names))
  }

  private static func plain(_ name: String) -> String { name.lowercased().filter { !["_", "-", " "].contains($0) } }

  /// The first name of each is the one that messages list. Accuracy looks at outputs and targets itself, so one metric answers to
  /// all of Keras' names for it but `binary_accuracy`.
  private static let entries: [(names: [String], make: @Sendable () -> Metric)] = [
    (["accuracy", "acc", "categorical_accuracy", "sparse_categorical_accuracy", "accuracy_score"], { accuracy }),
    (["binary_accuracy"], { binaryAccuracy() }),
    (["precision", "precision_score"], { precision() }),
    (["recall", "recall_score"], { recall() }),
    (["f1", "f1_score"], { f1() }),
    (["matthews_correlation", "mcc", "matthews_corrcoef"], { matthewsCorrelation }),
    (["mean_squared_error", "mse"], { meanSquaredError }),
    (["root_mean_squared_error", "rmse"], { rootMeanSquaredError }),
    (["mean_absolute_error", "mae"], { meanAbsoluteError }),
    (["mean_absolute_percentage_error", "mape"], { meanAbsolutePercentageError }),
    (
      ["top_k_categorical_accuracy", "sparse_top_k_categorical_accuracy", "top_k_accuracy", "top_k_accuracy_score"],
      { topK(5) }
    ),
  ]
}

extension Metric.Batch {
  /// Whether outputs stand for one class each: yes or no.
  fileprivate var isBinary: Bool { outputs.rank < 2 || outputs.shape[outputs.rank - 1] == 1 }

  fileprivate var classCount: Int { outputs.shape[outputs.rank - 1] }

  fileprivate var predictedClasses: Tensor { outputs.argmax(alongAxis: -1) }

  /// The true classes, of the shape of the outputs without their last axis.
  fileprivate var labels: Tensor {
    if targets.dtype == .int32 {
      return targets.reshaped(to: outputs.shape.removing(axes: [outputs.rank - 1]))
    }
    precondition(
      targets.shape == outputs.shape, "metric: targets of shape \(targets.shape) for outputs of shape \(outputs.shape)")
    return targets.argmax(alongAxis: -1)
  }

  /// Whether each target says yes, of the shape of the outputs.
  fileprivate var binaryTargets: Tensor {
    precondition(
      targets.elementCount == outputs.elementCount,
      "metric: targets of shape \(targets.shape) for outputs of shape \(outputs.shape)")
    return targets.reshaped(to: outputs.shape).cast(to: .float32) .> 0.5
  }

  /// Whether each output says yes.
  fileprivate func isAbove(_ probability: Float) -> Tensor {
    switch outputKind {
    case .probabilities: outputs .> probability
    case .logits: outputs .> Float(log(Double(probability) / (1 - Double(probability))))
    }
  }

  /// The sum over all elements of something between targets and outputs.
  fileprivate func sum(_ error: (_ targets: Tensor, _ outputs: Tensor) -> Tensor) -> Metric.Contribution {
    precondition(
      targets.elementCount == outputs.elementCount,
      "metric: targets of shape \(targets.shape) for outputs of shape \(outputs.shape)")
    let targets = targets.reshaped(to: outputs.shape).cast(to: .float32)
    return Metric.Contribution(sums: error(targets, outputs).sum(), count: outputs.elementCount)
  }
}
