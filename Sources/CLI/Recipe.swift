import ArgumentParser
import Foundation
import Martlet

/// A named training task: a model and how it is trained. A value, so that a new recipe is an entry in `all` and not another
/// program.
struct Recipe: Sendable {
  let name: String
  let purpose: String
  let epochs: Int
  let batchSize: Int
  let learningRate: Float
  let layers: @Sendable () -> [any Layer]

  /// The shape of one sample.
  static let inputShape: Shape = [28, 28, 1]
  /// The share of the training data held out to judge each epoch by.
  static let validationShare = 0.1

  static func validationCount(of sampleCount: Int) -> Int { Int((Double(sampleCount) * validationShare).rounded(.up)) }

  /// Adam, its rate falling along half a cosine from the highest to 0 over the whole run: the last epochs settle. After 3 epochs
  /// of `mnist-cnn` that is worth about half a point of accuracy on MNIST against a constant rate of 0.001.
  func optimizer(highestRate: Float?, epochs: Int, batchSize: Int, sampleCount: Int) -> Adam {
    let stepsPerEpoch = sampleCount / batchSize + (sampleCount.isMultiple(of: batchSize) ? 0 : 1)
    return Adam(
      learningRate: CosineDecay(
        (highestRate ?? learningRate).rate(atStep: 0), decaySteps: max(1, epochs.multipliedCapped(by: stepsPerEpoch))))
  }

  static let all: [Recipe] = [
    Recipe(
      name: "mnist-cnn", purpose: "two convolutions with pooling, then a dense layer; about 99 % on MNIST", epochs: 3,
      batchSize: 128, learningRate: 0.003
    ) {
      [
        Conv2D(32, kernel: 3, activation: .relu), MaxPool2D(2), Conv2D(64, kernel: 3, activation: .relu), MaxPool2D(2),
        Flatten(), Dense(10),
      ]
    },
    Recipe(
      name: "mnist-mlp", purpose: "one hidden layer of 128; about 97.5 % on MNIST", epochs: 5, batchSize: 32,
      learningRate: 0.001
    ) {
      [Flatten(), Dense(128, activation: .relu), Dense(10)]
    },
    Recipe(
      name: "mnist-lstm", purpose: "an LSTM of 128 units over the rows of the picture, one row a step; for MNIST",
      epochs: 5, batchSize: 128, learningRate: 0.003
    ) {
      [Reshape([28, 28]), LSTM(128), Dense(10)]
    },
  ]

  /// One line per recipe, for help texts.
  static var list: String {
    all.map { "  " + $0.name.padding(toLength: 12, withPad: " ", startingAt: 0) + $0.purpose }.joined(separator: "\n")
  }

  /// The untrained model.
  ///
  /// - Throws: `ModelError` when layers do not fit.
  func model(seed: UInt64) throws -> Sequential {
    try Sequential(input: Self.inputShape, layers: layers(), seed: seed)
  }
}

// Saved weights remember which recipe they belong to.
extension Recipe {
  private static let metadataKey = "recipe"

  /// - Throws: `FileError` when the file cannot be written, `BackendError` when a weight cannot be read.
  func save(_ model: Sequential, to path: String) throws {
    try model.save(to: URL(fileURLWithPath: path), metadata: [Self.metadataKey: name])
  }

  /// The model that a file written by `save` holds, and its recipe.
  ///
  /// - Throws: `FileError`, `SafetensorsError` or `ModelError` for a file that cannot be read or does not fit.
  static func load(_ path: String) throws -> (recipe: Recipe, model: Sequential) {
    let url = URL(fileURLWithPath: path)
    let metadata = try Safetensors.contents(of: url).metadata
    guard let name = metadata[metadataKey], let recipe = all.first(where: { $0.name == name }) else {
      throw RecipeError.notSavedByTrain(path: path, recipe: metadata[metadataKey])
    }
    let model = try recipe.model(seed: 0)
    try model.load(from: url)
    return (recipe, model)
  }
}

/// Why a file of weights cannot be used.
enum RecipeError: Error, CustomStringConvertible {
  case notSavedByTrain(path: String, recipe: String?)

  var description: String {
    switch self {
    case .notSavedByTrain(let path, let recipe?):
      "\(path) was saved by recipe '\(recipe)', which this version does not know; it knows "
        + Recipe.all.map(\.name).joined(separator: ", ")
    case .notSavedByTrain(let path, nil):
      "\(path) does not say which recipe it belongs to; use a file written by 'martlet train RECIPE --save FILE'"
    }
  }
}

extension Recipe: ExpressibleByArgument {
  init?(argument: String) {
    guard let recipe = Self.all.first(where: { $0.name == argument }) else { return nil }
    self = recipe
  }

  static var allValueStrings: [String] { all.map(\.name) }
}

extension Int {
  /// The product, or the largest number where it would be larger: `--epochs` may be anything.
  fileprivate func multipliedCapped(by other: Int) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? .max : product
  }
}
