import Martlet

// Words in their order.
extension Recipe {
  static let texts: [Recipe] = [
    Recipe(
      "sentiment", in: .texts, "short reviews for and against, 'not bad' among them: embedding and LSTM",
      task: SupervisedTask(
        data: .reviews, form: SampleForm([Reviews.longest], outputs: 2),
        network: .layers { form in
          [Embedding(words?.codeCount ?? 2, 16, masksZero: true), LSTM(16), Dense(form.outputs)]
        }, loss: .softmaxCrossEntropy, optimizer: .settlingAdam(0.01), metrics: [.accuracy], epochs: 5, batchSize: 32,
        heldOut: .share(0.1),
        subject: .text(words), conclusions: [Conclusions.confusion]))
  ]

  /// Every word of the reviews.
  fileprivate static let words = try? Reviews.vocabulary()
}

extension DataSource {
  /// Made-up reviews: 1500 to train on, 500 for the test.
  static let reviews = DataSource { request in
    let vocabulary = try Reviews.vocabulary()
    func samples(_ count: Int, seed: UInt64) throws -> Dataset {
      let (texts, labels) = Reviews.texts(count: count, seed: seed)
      return try Dataset(
        sequences: vocabulary.encoded(texts), length: Reviews.longest, labels: labels, classNames: Reviews.classNames)
    }
    return RecipeData(
      train: try samples(min(request.limit ?? 1500, 100_000), seed: request.seed),
      test: try samples(min(request.limit ?? 500, 500), seed: request.seed &+ 1_000_000), source: "generated")
  }
}
