import ArgumentParser
import Foundation
import Martlet
import MartletRecipes

/// Writes a network in another format.
struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert", abstract: "Write a network or its weights in another format.",
    discussion: """
      The ends of the names say what is what:
        .martlet      an archive: layers, weights, preparation, class names, metrics
        .safetensors  weights by name
        .npz          weights by name, for NumPy
        .onnx         layers and weights, for and from other programs

      Weights alone become an archive or ONNX where --like says what network they belong to: a recipe, an archive or an ONNX file. Weights
      saved from Keras (numpy.savez by w.path or by position, or safetensors by w.path) find their layers by name, type and order.

      An archive of an ONNX file holds its graph instead of layers, and is used like any other. Images whose channels stand first are taken
      with their channels last from then on.

      Examples:
        martlet convert first cnn.onnx             the network of a stored run
        martlet convert cnn.martlet cnn.safetensors
        martlet convert cnn.martlet cnn.onnx
        martlet convert weights.safetensors weights.npz
        martlet convert keras.npz cnn.martlet --like mnist-cnn
        martlet convert resnet.onnx resnet.martlet --classes cat,dog
      """)

  @Argument(help: ArgumentHelp("What to read.", valueName: "from"), completion: .networks)
  var from: String

  @Argument(
    help: ArgumentHelp("What to write.", valueName: "to"),
    completion: .file(extensions: ["martlet", "safetensors", "npz", "onnx"]))
  var target: String

  @Option(
    help: ArgumentHelp("The recipe, archive or ONNX file whose network the weights belong to.", valueName: "network"),
    completion: .networksOrRecipes)
  var like: String?

  @Option(
    help: ArgumentHelp("Names of the classes, for an ONNX file that does not say them.", valueName: "name,name…"))
  var classes: String?

  @Option(
    help: ArgumentHelp("The shape of one sample, for an ONNX file that leaves it open.", valueName: "extent,extent…"))
  var input: String?

  @Flag(help: "Print what was written as one JSON object.")
  var json = false

  private enum Format: String, CaseIterable {
    case martlet, safetensors, npz, onnx

    init(of path: String, reading: Bool) throws {
      let ending = URL(fileURLWithPath: path).pathExtension.lowercased()
      guard let format = Format(rawValue: ending) else {
        let known = Format.allCases.map { ".\($0.rawValue)" }
        let suggestion = UnknownNameError(kind: "format", name: ".\(ending)", known: known)
        throw ValidationError("cannot \(reading ? "read" : "write") \(path): \(suggestion)")
      }
      self = format
    }
  }

  func validate() throws {
    _ = try Format(of: target, reading: false)
    if classes != nil || input != nil {
      guard [from, like ?? ""].contains(where: SavedNetwork.isONNX(named:)) else {
        throw ValidationError("--classes and --input are for ONNX files; archives say both themselves")
      }
    }
    _ = try inputShape()
    try requireWritable(target)
  }

  private func inputShape() throws -> Shape? {
    try input.map { text in
      let parts = text.split(separator: ",", omittingEmptySubsequences: false)
      let extents = parts.compactMap { Int($0.trimmingCharacters(in: .whitespaces)) }
      guard extents.count == parts.count, (1...4).contains(extents.count),
        extents.allSatisfy({ (1...1 << 20).contains($0) })
      else { throw ValidationError("--input has to be the extents of one sample, such as 28,28,1; got \(text)") }
      return Shape(extents)
    }
  }

  private struct Report: Encodable {
    let from: String
    let to: String
    let arrays: Int
    let parameters: Int
  }

  /// The file to read: that which was named, or the network of the run.
  private var source: String { get throws { try NetworkFile.place(of: from) } }

  func run() throws {
    let url = URL(fileURLWithPath: target)
    let weights: [String: Safetensors.Entry]
    switch try Format(of: target, reading: false) {
    case .martlet:
      let archive = try archive()
      try archive.save(to: url)
      weights = try Self.entries(of: archive.model)
    case .onnx:
      let archive = try archive()
      try archive.exportONNX(to: url)
      weights = try Self.entries(of: archive.model)
    case .safetensors:
      weights = try arrays()
      try Safetensors.write(weights, metadata: ["format": "martlet"], to: url)
    case .npz:
      weights = try arrays()
      try NPZ.write(weights, to: url)
    }
    let elements = weights.values.reduce(0) { $0 + $1.shape.reduce(1, *) }
    if json {
      try writeJSON(Report(from: try source, to: target, arrays: weights.count, parameters: elements), to: "-")
    } else {
      note("wrote \(target): \(weights.count) arrays, \(elements) numbers")
    }
  }

  /// The network with all that is known of it.
  private func archive() throws -> Archive {
    let url = URL(fileURLWithPath: try source)
    guard let like else {
      if let archive = try stored(url) { return archive }
      if try Format(of: try source, reading: true) == .safetensors {
        let (saved, task, model) = try SavedNetwork.read(try source)
        return try saved.archive(of: model, for: task)
      }
      throw ValidationError("\(from) has weights and no layers; name the network they belong to with --like")
    }
    let other = URL(fileURLWithPath: like)
    if let recipe = Recipe.named(like) {
      guard let task = (recipe.task as? any NetworkTask)?.supervised else { throw RecipeError.noNetwork(recipe: like) }
      let model = try task.network.model(for: task.form, seed: 0)
      try Self.load(url, into: model)
      return try Archive(model, input: task.form.shape, loss: task.loss.name, notes: ["recipe": like])
    }
    guard FileManager.default.fileExists(atPath: like) else {
      throw ValidationError("\(UnknownNameError(kind: "recipe or archive", name: like, known: Recipe.all.map(\.name)))")
    }
    guard let archive = try stored(other) else {
      throw ValidationError(
        "\(like) is neither a recipe nor an archive nor an ONNX file; it does not say what layers the weights belong to"
      )
    }
    try Self.load(url, into: archive.model)
    // What was measured is no longer true of other weights.
    return try Archive(
      archive.model, input: archive.inputShapes.first, sample: archive.selfTest.inputs,
      preprocessing: archive.preprocessing, classNames: archive.classNames, loss: archive.loss, notes: archive.notes)
  }

  /// The archive in a file, or made of an ONNX file; `nil` where there is neither.
  private func stored(_ url: URL) throws -> Archive? {
    if SavedNetwork.isONNX(named: url.path) {
      let names = classes?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } ?? []
      return try Archive.importONNX(url, input: try inputShape(), classNames: names)
    }
    return Archive.isArchive(url) ? try Archive.load(url) : nil
  }

  /// Weights by our paths, or as Keras saved them.
  private static func load(_ url: URL, into model: any Layer) throws {
    let own = Set(model.parameters.map(\.name))
    let entries =
      url.pathExtension.lowercased() == "npz"
      ? try NPZ.read(url) : try Safetensors.read(url).filter { !$0.key.hasPrefix("self-test:") }
    guard Set(entries.keys) == own else { return try model.loadKeras(from: url) }
    let weights = try entries.mapValues { entry in
      guard let values = entry.floats, entry.shape.count <= Shape.maximumRank else {
        throw ValidationError("\(url.path) holds \(entry.dtype) of shape \(entry.shape), weights are float32")
      }
      return Tensor(values, shape: Shape(entry.shape))
    }
    try model.restore(Weights(weights))
  }

  /// The arrays of a file, whatever they belong to.
  private func arrays() throws -> [String: Safetensors.Entry] {
    if try like != nil || SavedNetwork.isONNX(named: source) { return try Self.entries(of: archive().model) }
    let url = URL(fileURLWithPath: try source)
    if try Format(of: try source, reading: true) == .npz { return try NPZ.read(url) }
    return try Safetensors.read(url).filter { !$0.key.hasPrefix("self-test:") }
  }

  private static func entries(of model: any Layer) throws -> [String: Safetensors.Entry] {
    try model.weights.tensors.mapValues { Safetensors.Entry(floats: try $0.floats(), shape: Array($0.shape)) }
  }
}
