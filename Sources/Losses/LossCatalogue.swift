/// Every loss in its variants, by name: what the shared tests walk through, and what a command line can offer.
package enum LossCatalogue {
  package static let all: [any Loss] = [
    CategoricalCrossEntropy(fromLogits: true),
    CategoricalCrossEntropy(),
    BinaryCrossEntropy(fromLogits: true),
    BinaryCrossEntropy(),
    MeanSquaredError(),
    MeanAbsoluteError(),
    MeanAbsolutePercentageError(),
    MeanSquaredLogarithmicError(),
    Huber(delta: 0.25),
    LogCosh(),
    Hinge(),
    SquaredHinge(),
    CategoricalHinge(),
    KullbackLeiblerDivergence(),
    Poisson(),
    CosineSimilarity(),
    CategoricalFocalCrossEntropy(),
    CategoricalFocalCrossEntropy(fromLogits: true, gamma: 1.5, labelSmoothing: 0.1),
    BinaryFocalCrossEntropy(),
    BinaryFocalCrossEntropy(fromLogits: true, alpha: 0.3),
  ]
}
