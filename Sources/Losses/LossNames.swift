import MartletTensor

/// Losses by the names that people type.
public enum Losses {
  /// The loss with a name: Keras' of today (`mean_squared_error`), its old and short ones (`mse`, `cosine_proximity`), its classes
  /// (`MeanSquaredError`) or those of the static members here (`softmaxCrossEntropy`). Capitals and underscores do not count.
  ///
  /// - Parameter fromLogits: Whether predictions of a cross-entropy are logits; `softmax_cross_entropy` and
  ///   `sigmoid_cross_entropy` always take logits.
  /// - Throws: `UnknownNameError` with the nearest name and all there are.
  public static func named(_ name: String, fromLogits: Bool = false) throws -> any Loss {
    let key = normalized(name)
    guard let entry = entries.first(where: { $0.names.contains { normalized($0) == key } }) else {
      throw UnknownNameError(
        kind: "loss", name: name, known: entries.compactMap(\.names.first), others: entries.flatMap(\.names))
    }
    return entry.make(fromLogits)
  }

  /// Without capitals and separators, and without PyTorch's `Loss` at the end of a class.
  private static func normalized(_ name: String) -> String {
    let plain = name.lowercased().filter { !["_", "-", " "].contains($0) }
    return plain.hasSuffix("loss") ? String(plain.dropLast(4)) : plain
  }

  private struct Entry: Sendable {
    /// The first is the one that messages show.
    let names: [String]
    let make: @Sendable (_ fromLogits: Bool) -> any Loss

    init(_ names: String..., make: @escaping @Sendable (Bool) -> any Loss) {
      self.names = names
      self.make = make
    }
  }

  private static let entries: [Entry] = [
    Entry("mean_squared_error", "mse") { _ in MeanSquaredError() },
    Entry("mean_absolute_error", "mae", "l1") { _ in MeanAbsoluteError() },
    Entry("mean_absolute_percentage_error", "mape") { _ in MeanAbsolutePercentageError() },
    Entry("mean_squared_logarithmic_error", "msle") { _ in MeanSquaredLogarithmicError() },
    Entry("squared_hinge") { _ in SquaredHinge() },
    Entry("hinge") { _ in Hinge() },
    Entry("categorical_hinge") { _ in CategoricalHinge() },
    Entry("log_cosh") { _ in LogCosh() },
    Entry("huber", "smooth_l1") { _ in Huber() },
    // Labels or one-hot targets: the type of the targets says which.
    Entry("categorical_crossentropy", "sparse_categorical_crossentropy") { CategoricalCrossEntropy(fromLogits: $0) },
    Entry("binary_crossentropy", "bce") { BinaryCrossEntropy(fromLogits: $0) },
    Entry("softmax_cross_entropy", "cross_entropy") { _ in CategoricalCrossEntropy(fromLogits: true) },
    Entry("sigmoid_cross_entropy", "bce_with_logits") { _ in BinaryCrossEntropy(fromLogits: true) },
    Entry("kl_divergence", "kullback_leibler_divergence", "kld") { _ in KullbackLeiblerDivergence() },
    Entry("poisson") { _ in Poisson() },
    Entry("cosine_similarity", "cosine_proximity", "cosine") { _ in CosineSimilarity() },
    Entry("categorical_focal_crossentropy") { CategoricalFocalCrossEntropy(fromLogits: $0) },
    Entry("binary_focal_crossentropy") { BinaryFocalCrossEntropy(fromLogits: $0) },
    Entry("ctc") { _ in CTC() },
  ]
}
