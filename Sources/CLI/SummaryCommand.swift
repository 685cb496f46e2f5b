import ArgumentParser
import Foundation
import Martlet
import MartletRecipes

/// Prints the layers of a recipe's network, or of a saved one.
struct SummaryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "summary", abstract: "Show the layers, shapes and parameter counts of a network.",
    discussion: """
      For an archive also what it holds besides: classes, how samples are prepared, how good it was.

      Examples:
        martlet summary mnist-cnn
        martlet summary cnn.martlet
        martlet summary first --json               the network of a stored run
        martlet summary resnet.onnx

      Recipes:
      \(Recipe.list)
      """)

  @Argument(
    help: ArgumentHelp("A recipe, a stored run, or a file written by 'martlet train … --save'.", valueName: "network"),
    completion: .networksOrRecipes)
  var subject: String

  @Flag(help: "Print one JSON object instead of a table.")
  var json = false

  func run() throws {
    if let recipe = Recipe.named(subject) {
      if !json { return print(try recipe.task.summary(of: recipe.name)) }
      guard let task = recipe.task as? any NetworkTask else { throw RecipeError.noNetwork(recipe: recipe.name) }
      return try report(task.supervised.network.model(for: task.supervised.form, seed: 0), archive: nil)
    }
    let place = try NetworkFile.place(of: subject)
    guard FileManager.default.fileExists(atPath: place) else {
      let unknown = UnknownNameError(kind: "recipe or file", name: subject, known: Recipe.all.map(\.name))
      throw ValidationError("\(unknown)")
    }
    let url = URL(fileURLWithPath: place)
    if SavedNetwork.isONNX(named: place) {
      let model = try ONNX.load(url)
      if json { return try report(model, archive: nil) }
      print(text(of: model))
      print(Self.facts(of: model))
    } else if Archive.isArchive(url) {
      let archive = try Archive.load(url)
      if json { return try report(archive.model, archive: archive) }
      print(text(of: archive.model))
      print(Self.facts(of: archive))
    } else {
      let model = try SavedNetwork.read(place).model
      if json { return try report(model, archive: nil) }
      print(text(of: model))
    }
  }

  private func text(of model: any Layer) -> String {
    if let imported = model as? ONNXModel { return imported.summary() }
    let table = Network.summary(of: model)
    return table.isEmpty ? "\(type(of: model).typeName): \(model.parameterCount) parameters" : table
  }

  private static func facts(of model: ONNXModel) -> String {
    var lines = model.inputs.map { "Input \($0)" } + model.outputs.map { "Output \($0)" }
    if !model.classNames.isEmpty { lines.append("Classes: \(model.classNames.joined(separator: ", "))") }
    if !model.documentation.isEmpty { lines.append(model.documentation) }
    return (lines + [model.origin]).joined(separator: "\n")
  }

  private static func facts(of archive: Archive) -> String {
    var lines: [String] = []
    if !archive.classNames.isEmpty { lines.append("Classes: \(archive.classNames.joined(separator: ", "))") }
    if let loss = archive.loss { lines.append("Loss: \(loss)") }
    for (name, value) in archive.metrics.sorted(by: { $0.key < $1.key }) {
      lines.append("\(name): \(ProgressText.number(value))")
    }
    for (key, note) in archive.notes.sorted(by: { $0.key < $1.key }) { lines.append("\(key): \(note)") }
    lines.append("Self-test passed.")
    return lines.joined(separator: "\n")
  }

  private struct Report: Encodable {
    struct Parameter: Encodable {
      let name: String
      let shape: [Int]
      let trainable: Bool
    }

    let network: String
    let parameters: Int
    let trainableParameters: Int
    let weights: [Parameter]
    let architecture: JSON?
    let nodes: [String: Int]?
    let inputs: [[Int]]?
    let classes: [String]?
    let loss: String?
    let metrics: [String: Double]?
    let notes: [String: String]?
  }

  private func report(_ model: any Layer, archive: Archive?) throws {
    let imported = model as? ONNXModel
    let weights = model.parameters.map {
      Report.Parameter(name: $0.name, shape: $0.shape.map(Array.init) ?? [], trainable: $0.isTrainable)
    }
    try writeJSON(
      Report(
        network: subject, parameters: model.parameterCount,
        trainableParameters: model.trainableParameters.reduce(0) { $0 + $1.elementCount }, weights: weights,
        architecture: imported == nil ? (try? Architecture(of: model))?.json : nil, nodes: imported?.operationCounts,
        inputs: archive?.inputShapes.map(Array.init) ?? imported?.knownInputShapes?.map(Array.init),
        classes: archive?.classNames ?? imported?.classNames, loss: archive?.loss, metrics: archive?.metrics,
        notes: archive?.notes), to: "-")
  }
}
