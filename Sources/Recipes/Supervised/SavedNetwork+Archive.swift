import Foundation
import Martlet

// Networks of recipes as archives, which hold the layers themselves, and networks of other archives as tasks.
extension SavedNetwork {
  /// What a trained network is written as: an archive where the name of the file ends so, else weights with notes.
  ///
  /// - Throws: `FileError` when the file cannot be written; `DescriptionError`, `BackendError`.
  func write(_ model: any Layer, of task: SupervisedTask, sample: [Float], metrics: [String: Double], to path: String)
    throws
  {
    let url = URL(fileURLWithPath: path)
    guard Self.isArchive(named: path) else { return try write(model, to: path) }
    try archive(of: model, for: task, sample: sample, metrics: metrics).save(to: url)
  }

  /// Whether the name of a file is that of an archive.
  static func isArchive(named path: String) -> Bool {
    URL(fileURLWithPath: path).pathExtension.lowercased() == "martlet"
  }

  /// Whether the name of a file is that of an ONNX model.
  package static func isONNX(named path: String) -> Bool {
    URL(fileURLWithPath: path).pathExtension.lowercased() == "onnx"
  }

  /// The network as an archive.
  package func archive(
    of model: any Layer, for task: SupervisedTask, sample: [Float]? = nil, metrics: [String: Double] = [:]
  ) throws -> Archive {
    var notes = ["recipe": recipe, "seed": "\(seed)"]
    if form.target != (0, 1) { notes["target"] = "\(form.targetMean),\(form.targetDeviation)" }
    if recipe.isEmpty { notes = [:] }
    return try Archive(
      model, input: form.shape, sample: sample.map { [$0] }, preprocessing: task.subject.preprocessing(preparation),
      classNames: classNames, loss: task.loss.name, metrics: metrics, notes: notes)
  }

  /// The network in an archive, and what is done with it: the task of the recipe it was trained by, where that is known, else one that
  /// follows from the archive alone.
  static func network(
    in archive: Archive, path: String
  ) throws -> (saved: SavedNetwork, task: SupervisedTask, model: any Layer) {
    guard archive.inputShapes.count == 1, archive.selfTest.outputs.count == 1 else {
      throw RecipeError.severalTensors(
        path: path, inputs: archive.inputShapes.count, outputs: archive.selfTest.outputs.count)
    }
    let form = SampleForm(archive.inputShapes[0], outputs: archive.selfTest.outputs[0].count)
    let preparation: TablePreparation? = if case .table(let learned)? = archive.preprocessing { learned } else { nil }
    let name = archive.notes["recipe"] ?? ""
    let saved = SavedNetwork(
      recipe: name, form: form, seed: archive.notes["seed"].flatMap { UInt64($0) } ?? 1,
      classNames: archive.classNames, preparation: preparation)
    if let task = (Recipe.named(name)?.task as? any NetworkTask)?.supervised { return (saved, task, archive.model) }
    return (saved, try SupervisedTask(using: archive, form: form), archive.model)
  }
}

extension SupervisedTask.Subject {
  /// What an archive says about samples.
  fileprivate func preprocessing(_ preparation: TablePreparation?) -> Preprocessing? {
    switch self {
    case .digit: .digit
    case .picture: .picture
    case .numbers(let names): .numbers(names)
    case .row: preparation.map { .table($0) }
    case .text(let vocabulary): vocabulary.map { .text($0) }
    }
  }

  fileprivate init(_ preprocessing: Preprocessing?, form: SampleForm) {
    switch preprocessing {
    case .digit: self = .digit
    case .picture: self = .picture
    case .numbers(let names): self = .numbers(names)
    case .table: self = .row { $0 }
    case .text(let vocabulary): self = .text(vocabulary)
    case nil:
      // A guess by the shape, for archives that do not say.
      let shape = form.shape
      if shape.rank == 3, [1, 3].contains(shape[2]) {
        self = shape == [28, 28, 1] ? .digit : .picture
      } else {
        self = .numbers((0..<shape.elementCount).prefix(8).map { "x\($0)" })
      }
    }
  }
}

extension SupervisedTask {
  /// What can be done with a network of which only the archive is known: no data of its own, and no training.
  fileprivate init(using archive: Archive, form: SampleForm) throws {
    let usual = archive.classNames.isEmpty ? "mean_squared_error" : "categorical_cross_entropy"
    self.init(
      data: DataSource(readsFiles: true) { _ in
        throw RecipeError.dataMissing(
          recipe: "this network", what: "files of samples", places: [],
          remedy: "It was saved by a program and not by a recipe, so it has none of its own")
      }, form: form, network: .layers { _ in [] }, loss: try Losses.named(archive.loss ?? usual),
      optimizer: .adam(0.001), metrics: archive.classNames.isEmpty ? [.meanAbsoluteError] : [.accuracy], epochs: 1,
      batchSize: 128, subject: Subject(archive.preprocessing, form: form))
  }
}
