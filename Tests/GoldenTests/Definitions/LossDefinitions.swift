import MartletLosses
import MartletTensor

let lossDefinitions: Definitions = [
  "mean_squared_error": loss { _ in MeanSquaredError() },
  "mean_absolute_error": loss { _ in MeanAbsoluteError() },
  "mean_absolute_percentage_error": loss { a in
    try requireEpsilon(a)
    return MeanAbsolutePercentageError()
  },
  "mean_squared_logarithmic_error": loss { a in
    try requireEpsilon(a)
    return MeanSquaredLogarithmicError()
  },
  "huber": loss { a in Huber(delta: try a.float("delta", default: 1)) },
  "log_cosh": loss { _ in LogCosh() },
  "hinge": loss { _ in Hinge() },
  "squared_hinge": loss { _ in SquaredHinge() },
  "categorical_hinge": loss { _ in CategoricalHinge() },
  "kullback_leibler_divergence": loss { a in
    try requireEpsilon(a)
    return KullbackLeiblerDivergence()
  },
  "poisson": loss { a in
    try requireEpsilon(a)
    return Poisson()
  },
  "cosine_similarity": loss { a in
    try requireEpsilon(a)
    return CosineSimilarity(axis: try a.int("axis", default: -1))
  },
  "categorical_crossentropy": loss { a in
    try requireEpsilon(a)
    return CategoricalCrossEntropy(
      fromLogits: try a.bool("from_logits", default: false), labelSmoothing: try a.float("label_smoothing", default: 0))
  },
  "sparse_categorical_crossentropy": loss { a in
    try requireEpsilon(a)
    return CategoricalCrossEntropy(fromLogits: try a.bool("from_logits", default: false))
  },
  "binary_crossentropy": loss { a in
    try requireEpsilon(a)
    return BinaryCrossEntropy(
      fromLogits: try a.bool("from_logits", default: false), labelSmoothing: try a.float("label_smoothing", default: 0))
  },
  "ctc": { run in
    let loss = CTC(blank: try run.attributes.int("blank_index", default: 0))
    return y(
      loss(
        try run.input("logits"), labels: try run.input("labels"), labelLengths: try run.input("label_length"),
        logitLengths: try run.input("logit_length"), reduction: try reduction(run.attributes)))
  },
]

private func loss(_ make: @escaping @Sendable (Attributes) throws -> any Loss) -> Definition {
  { run in
    let loss = try make(run.attributes)
    return y(
      loss(
        try run.input("y_pred"), try run.input("y_true"), reduction: try reduction(run.attributes),
        sampleWeights: try run.optionalInput("sample_weight"), classWeights: try run.optionalInput("class_weight")))
  }
}

private func reduction(_ a: Attributes) throws -> Reduction {
  let name = try a.string("reduction", default: "mean")
  guard let reduction = Reduction(rawValue: name) else { throw GoldenError.unsupported("reduction \(name)") }
  return reduction
}

/// The bound that probabilities are clipped to is Keras' everywhere and cannot be chosen.
private func requireEpsilon(_ a: Attributes) throws {
  let epsilon = try a.double("epsilon", default: 1e-7)
  guard epsilon == 1e-7 else { throw GoldenError.unsupported("epsilon \(epsilon)") }
}
