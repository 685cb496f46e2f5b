import Foundation
import Martlet

/// What a file of weights says about its network: the recipe, the form of samples, the names of the classes, and how rows of a table
/// become samples.
package struct SavedNetwork: Sendable {
  package let recipe: String
  package let form: SampleForm
  /// Decides the same test samples again.
  package let seed: UInt64
  package let classNames: [String]
  package let preparation: TablePreparation?

  init(recipe: String, form: SampleForm, data: RecipeData, seed: UInt64) {
    self.recipe = recipe
    self.form = form
    self.seed = seed
    classNames = data.train.classNames
    preparation = data.preparation
  }

  init(
    recipe: String, form: SampleForm, seed: UInt64, classNames: [String], preparation: TablePreparation?
  ) {
    self.recipe = recipe
    self.form = form
    self.seed = seed
    self.classNames = classNames
    self.preparation = preparation
  }

  /// - Throws: `FileError` when the file cannot be written, `BackendError` when a weight cannot be read.
  func write(_ model: any Layer, to path: String) throws {
    var metadata = [
      "recipe": recipe, "input": form.shape.map(String.init).joined(separator: ","), "outputs": "\(form.outputs)",
      "seed": "\(seed)",
    ]
    if form.target != (0, 1) { metadata["target"] = "\(form.targetMean),\(form.targetDeviation)" }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    if !classNames.isEmpty {
      metadata["classes"] = String(decoding: try encoder.encode(classNames), as: UTF8.self)
    }
    if let preparation {
      metadata["preparation"] = String(decoding: try encoder.encode(preparation), as: UTF8.self)
    }
    try model.save(to: URL(fileURLWithPath: path), metadata: metadata)
  }
}

extension SavedNetwork {
  /// The network that a file holds, and the task it was trained for: an archive, an ONNX file, or weights with notes as `train` wrote them
  /// before there were archives.
  ///
  /// - Throws: `RecipeError`, `FileError`, `SafetensorsError`, `ArchiveError`, `ONNXError` or `ModelError` for a file that cannot be
  ///   read or does not fit.
  package static func read(_ path: String) throws -> (saved: SavedNetwork, task: SupervisedTask, model: any Layer) {
    let url = URL(fileURLWithPath: path)
    if isONNX(named: path) { return try network(in: Archive.importONNX(url), path: path) }
    if Archive.isArchive(url) { return try network(in: Archive.load(url), path: path) }
    let contents = try Safetensors.contents(of: url)
    let metadata = contents.metadata
    guard let name = metadata["recipe"], let recipe = Recipe.named(name) else {
      throw RecipeError.notSavedByTrain(path: path, recipe: metadata["recipe"])
    }
    guard let task = recipe.task as? any NetworkTask else { throw RecipeError.noNetwork(recipe: name) }
    let saved = try SavedNetwork(metadata, recipe: name, usual: task.supervised.form, path: path)
    do {
      let weights = try Weights(contents.entries, from: path)
      return (saved, task.supervised, try task.supervised.network.model(for: saved.form, weights: weights))
    } catch ModelError.weightsDoNotFit(_, let reason) {
      throw ModelError.weightsDoNotFit(source: path, reason: reason)
    }
  }

  private init(_ metadata: [String: String], recipe: String, usual: SampleForm, path: String) throws {
    func damaged(_ reason: String) -> RecipeError { .damagedDescription(path: path, reason: reason) }
    self.recipe = recipe
    seed = metadata["seed"].flatMap { UInt64($0) } ?? 1
    var form = usual
    if let input = metadata["input"] {
      let extents = input.split(separator: ",").compactMap { Int($0) }
      guard (1...4).contains(extents.count), extents.allSatisfy({ (1...1 << 14).contains($0) }),
        extents.reduce(1, *) <= 1 << 20
      else { throw damaged("samples of shape \(input)") }
      form.shape = Shape(extents)
    }
    if let outputs = metadata["outputs"] {
      guard let count = Int(outputs), (1...1 << 14).contains(count) else { throw damaged("\(outputs) outputs") }
      form.outputs = count
    }
    if let target = metadata["target"] {
      let numbers = target.split(separator: ",").compactMap { Float($0) }.filter(\.isFinite)
      guard numbers.count == 2 else { throw damaged("numbers around \(target)") }
      (form.targetMean, form.targetDeviation) = (numbers[0], numbers[1])
    }
    self.form = form
    let decoder = JSONDecoder()
    do {
      classNames = try metadata["classes"].map { try decoder.decode([String].self, from: Data($0.utf8)) } ?? []
      preparation = try metadata["preparation"].map { try decoder.decode(TablePreparation.self, from: Data($0.utf8)) }
    } catch {
      throw damaged("its classes or columns cannot be read")
    }
  }
}

/// A task that ends with a network of a `SupervisedTask`, which can be saved and used.
package protocol NetworkTask: RecipeTask {
  /// The supervised task whose network it is.
  var supervised: SupervisedTask { get }
}

extension NetworkTask {
  package var canBeArchived: Bool { true }
}

extension SupervisedTask: NetworkTask {
  package var supervised: SupervisedTask { self }
}
