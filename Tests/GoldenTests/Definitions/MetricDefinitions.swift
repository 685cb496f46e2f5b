import MartletMetrics

let metricDefinitions: Definitions = [
  "accuracy": { run in
    let (labels, predictions) = (try run.host("y_true").int32s, try run.host("y_pred").int32s)
    let weights = try run.optionalHost("sample_weight")?.floats
    return y(ClassificationMetrics.accuracy(labels: labels, predictions: predictions, sampleWeights: weights))
  },
  "categorical_accuracy": { run in
    let (labels, scores) = (try run.host("y_true").int32s, try run.host("y_pred").floats)
    let weights = try run.optionalHost("sample_weight")?.floats
    return y(ClassificationMetrics.categoricalAccuracy(labels: labels, scores: scores, sampleWeights: weights))
  },
  "binary_accuracy": { run in
    let (labels, scores) = (try run.host("y_true").int32s, try run.host("y_pred").floats)
    let threshold = try run.attributes.float("threshold", default: 0.5)
    let weights = try run.optionalHost("sample_weight")?.floats
    return y(
      ClassificationMetrics.binaryAccuracy(
        labels: labels, scores: scores, threshold: threshold, sampleWeights: weights))
  },
  "top_k_accuracy": { run in
    let (labels, scores) = (try run.host("y_true").int32s, try run.host("y_pred").floats)
    let weights = try run.optionalHost("sample_weight")?.floats
    let k = try run.attributes.int("k")
    return y(ClassificationMetrics.topKAccuracy(labels: labels, scores: scores, k: k, sampleWeights: weights))
  },
  "precision": averaged { $0.precision(averaging: $1) },
  "recall": averaged { $0.recall(averaging: $1) },
  "f1": averaged { $0.f1(averaging: $1) },
  "confusion_matrix": { run in
    let matrix = try confusionMatrix(run)
    let counts = matrix.rows.flatMap { $0.map(Double.init) }
    return ["y": .host(HostArray(counts, shape: [matrix.classCount, matrix.classCount], isInteger: true))]
  },
  "mean_iou": { run in y(try confusionMatrix(run).meanIntersectionOverUnion) },
  "matthews_correlation": { run in y(try confusionMatrix(run).matthewsCorrelation) },
  "cohen_kappa": { run in
    let name = try run.attributes.string("weights", default: "none")
    guard let weights = KappaWeights(rawValue: name) else { throw GoldenError.unsupported("weights \(name)") }
    return y(try confusionMatrix(run).cohenKappa(weights: weights))
  },
  "roc_auc": { run in
    let (labels, scores) = (try run.host("y_true").int32s, try run.host("y_score"))
    switch try run.attributes.string("multi_class", default: "none") {
    case "none": return y(ROCCurve(labels: labels, scores: scores.floats).area)
    case "ovr":
      let classCount = scores.shape.last ?? 0
      return y(ROCCurve.areaOneAgainstRest(labels: labels, scores: scores.floats, classCount: classCount))
    case let other: throw GoldenError.unsupported("multi_class \(other)")
    }
  },
  "average_precision": { run in y(try precisionRecallCurve(run).averagePrecision) },
  "pr_auc": { run in y(try precisionRecallCurve(run).area) },
  "log_loss": { run in
    y(
      ClassificationMetrics.logLoss(
        labels: try run.host("y_true").int32s, probabilities: try run.host("y_pred").floats,
        sampleWeights: try run.optionalHost("sample_weight")?.floats))
  },
  "perplexity": { run in
    y(
      ClassificationMetrics.perplexity(
        labels: try run.host("y_true").int32s, scores: try run.host("y_pred").floats,
        fromLogits: try run.attributes.bool("from_logits", default: false)))
  },
  "mean_squared_error": regression(RegressionMetrics.meanSquaredError),
  "root_mean_squared_error": regression(RegressionMetrics.rootMeanSquaredError),
  "mean_absolute_error": regression(RegressionMetrics.meanAbsoluteError),
  "mean_absolute_percentage_error": { run in
    let scale = try run.attributes.double("scale", default: 1)
    let percentage = regression {
      RegressionMetrics.meanAbsolutePercentageError(targets: $0, predictions: $1, scale: scale)
    }
    return try percentage(run)
  },
  "r2": { run in
    let multioutput = try run.attributes.string("multioutput", default: "uniform_average")
    guard multioutput == "uniform_average" else { throw GoldenError.unsupported("multioutput \(multioutput)") }
    let targets = try run.host("y_true")
    return y(
      RegressionMetrics.r2(
        targets: targets.floats, predictions: try run.host("y_pred").floats,
        outputCount: targets.shape.count > 1 ? targets.shape[targets.shape.count - 1] : 1))
  },
  "cosine_similarity": { run in
    let targets = try run.host("y_true")
    return y(
      RegressionMetrics.cosineSimilarity(
        targets: targets.floats, predictions: try run.host("y_pred").floats, rowLength: targets.shape.last ?? 1))
  },
]

private func confusionMatrix(_ run: CaseRun) throws -> ConfusionMatrix {
  ConfusionMatrix(
    labels: try run.host("y_true").int32s, predictions: try run.host("y_pred").int32s,
    classCount: try run.attributes.int("num_classes"))
}

private func averaged(_ value: @escaping @Sendable (ConfusionMatrix, ClassAverage) -> Double) -> Definition {
  { run in
    let name = try run.attributes.string("average")
    guard let average = ClassAverage(rawValue: name) else { throw GoldenError.unsupported("average \(name)") }
    return y(value(try confusionMatrix(run), average))
  }
}

private func precisionRecallCurve(_ run: CaseRun) throws -> PrecisionRecallCurve {
  PrecisionRecallCurve(labels: try run.host("y_true").int32s, scores: try run.host("y_score").floats)
}

private func regression(
  _ value: @escaping @Sendable (_ targets: [Float], _ predictions: [Float]) -> Double
) -> Definition {
  { run in y(value(try run.host("y_true").floats, try run.host("y_pred").floats)) }
}
