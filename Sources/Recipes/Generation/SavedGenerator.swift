import Foundation
import Martlet

/// A file with a model that makes up samples: its weights, and what is needed to make the model without its data.
package struct SavedGenerator: Sendable {
  package let recipe: String
  package let path: String
  package let task: any GenerativeTask
  /// Decided everything random of the training.
  let seed: UInt64
  /// The shape of one sample, of models of pictures.
  let shape: Shape
  /// The characters, of models of text.
  let vocabulary: Vocabulary?
  private let weightCount: Int

  /// - Throws: `FileError` when the file cannot be written, `BackendError` when a weight cannot be read.
  static func write(
    _ model: any Layer, recipe: String, shape: Shape = [], vocabulary: Vocabulary? = nil, seed: UInt64, to path: String
  ) throws {
    var metadata = ["recipe": recipe, "seed": "\(seed)"]
    if !shape.isEmpty { metadata["input"] = shape.map(String.init).joined(separator: ",") }
    if let vocabulary {
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      metadata["vocabulary"] = String(decoding: try encoder.encode(vocabulary), as: UTF8.self)
    }
    try model.save(to: URL(fileURLWithPath: path), metadata: metadata)
  }

  /// What a file holds; `nil` where that is something else, such as a network that answers questions or an archive.
  ///
  /// - Throws: `RecipeError`, `FileError`, `SafetensorsError`.
  package static func read(_ path: String) throws -> SavedGenerator? {
    if SavedNetwork.isONNX(named: path) { return nil }
    let (metadata, weightCount) = try contents(path)
    guard let name = metadata["recipe"], let task = Recipe.named(name)?.task as? any GenerativeTask else { return nil }
    return try SavedGenerator(metadata, recipe: name, task: task, path: path, weightCount: weightCount)
  }

  /// The recipe that a file says it was saved by, whatever it holds.
  ///
  /// - Throws: `FileError`, `SafetensorsError`.
  package static func recipe(of path: String) throws -> String {
    SavedNetwork.isONNX(named: path) ? "" : try contents(path).metadata["recipe"] ?? ""
  }

  private static func contents(_ path: String) throws -> (metadata: [String: String], weightCount: Int) {
    let contents = try Safetensors.contents(of: URL(fileURLWithPath: path))
    return (contents.metadata, contents.entries.values.reduce(0) { $0 + $1.shape.reduce(1, *) })
  }

  private init(
    _ metadata: [String: String], recipe: String, task: any GenerativeTask, path: String, weightCount: Int
  ) throws {
    (self.recipe, self.path, self.task, self.weightCount) = (recipe, path, task, weightCount)
    seed = metadata["seed"].flatMap { UInt64($0) } ?? 1
    let extents = (metadata["input"] ?? "").split(separator: ",").map { Int($0) ?? 0 }
    guard extents.count <= 4, extents.allSatisfy({ (1...1 << 14).contains($0) }) else {
      throw RecipeError.damagedDescription(path: path, reason: "samples of shape \(metadata["input"] ?? "")")
    }
    shape = Shape(extents)
    do {
      vocabulary = try metadata["vocabulary"].map {
        try JSONDecoder().decode(Vocabulary.self, from: Data($0.utf8))
      }
    } catch {
      throw RecipeError.damagedDescription(path: path, reason: "its characters cannot be read")
    }
  }

  /// Fills a model that was made for the file's description.
  ///
  /// - Throws: `ModelError.weightsDoNotFit` and what reading the file throws.
  func load(into model: any Layer, on device: Device) throws {
    try model.load(from: URL(fileURLWithPath: path))
    try model.move(to: device)
  }

  /// Makes sure that a model which is about to be made is not larger than the file.
  ///
  /// - Parameter reason: What in the description is wrong otherwise.
  func requireWeights(atLeast count: Int, reason: String) throws {
    guard count <= weightCount else { throw RecipeError.damagedDescription(path: path, reason: reason) }
  }

  /// The shape of a picture, `[height, width, 1]`.
  func pictureShape() throws -> Shape {
    guard shape.rank == 3, shape[2] == 1 else {
      throw RecipeError.damagedDescription(path: path, reason: "samples of shape \(shape), which are no grey pictures")
    }
    return shape
  }
}
