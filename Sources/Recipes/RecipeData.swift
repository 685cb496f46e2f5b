import Martlet

/// The samples of a recipe and what is known of them.
package struct RecipeData: Sendable {
  /// To train on.
  package var train: Dataset
  /// To measure with afterwards, if not the training data themselves.
  package var test: Dataset?
  /// To judge each epoch by, where the recipe does not hold out a share of the training data.
  package var validation: Dataset?
  /// Where they come from.
  package var source: String
  /// What a person should know about how they were found.
  package var notes: [String] = []
  /// How rows of a table became samples; saved with the weights.
  package var preparation: TablePreparation?

  package init(train: Dataset, test: Dataset? = nil, source: String) {
    self.train = train
    self.test = test
    self.source = source
  }

  /// The samples that results are reported on.
  package var measured: Dataset { test ?? train }
}

/// What decides which samples a recipe gets.
package struct DataRequest: Sendable {
  /// The folder or file they are in; `nil` for the usual places.
  package var path: String?
  package var limit: Int?
  package var seed: UInt64

  package init(path: String? = nil, limit: Int? = nil, seed: UInt64 = 1) {
    self.path = path
    self.limit = limit
    self.seed = seed
  }
}

/// Where a recipe's samples come from.
package struct DataSource: Sendable {
  /// Whether there are files to be named with `--data`.
  package let readsFiles: Bool
  package let load: @Sendable (DataRequest) throws -> RecipeData

  package init(readsFiles: Bool = false, load: @escaping @Sendable (DataRequest) throws -> RecipeData) {
    self.readsFiles = readsFiles
    self.load = load
  }

  /// MNIST, wherever it is found.
  package static let mnist = DataSource(readsFiles: true) { request in
    let mnist = try MNIST.load(from: request.path, trainingLimit: request.limit)
    var data = RecipeData(
      train: mnist.train, test: mnist.test.prefix(request.limit ?? .max), source: "\(mnist.source)")
    data.notes = mnist.notes
    return data
  }
}
