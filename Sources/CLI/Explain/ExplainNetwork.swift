import ArgumentParser
import Foundation
import Martlet

/// Draws a network.
struct ExplainNetwork: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "network",
    abstract: "Draw a network in the terminal, and as SVG.",
    discussion: """
      Examples:
        martlet explain network mnist-cnn
        martlet explain network 2-3-2 --svg net.svg
        martlet explain network cnn.safetensors --svg cnn.svg
      """)

  @Argument(
    help: ArgumentHelp("Sizes (8-6-6-4), a recipe, a stored run or a saved network.", valueName: "network"),
    completion: .networksOrRecipes)
  var subject: String

  @Option(
    help: ArgumentHelp("Write the drawing as SVG; - is standard output.", valueName: "file"),
    completion: .file(extensions: ["svg"]))
  var svg: String?

  @Option(parsing: .unconditional, help: "Columns of the terminal.")
  var width = 80

  @Flag(help: "Print the layers as one JSON object instead of a drawing.")
  var json = false

  private struct Report: Encodable {
    struct Layer: Encodable {
      let type: String
      let outputShape: [Int]
      let parameters: Int
    }

    let inputs: [[Int]]
    let layers: [Layer]

    init(of model: any MartletLayers.Layer) {
      func layer(_ layer: (any MartletLayers.Layer)?, _ shape: Shape) -> Layer {
        Layer(
          type: layer.map { Swift.type(of: $0).typeName } ?? "several inputs", outputShape: Array(shape),
          parameters: layer?.parameterCount ?? 0)
      }
      if let graph = model as? Model {
        inputs = graph.inputShapes.map(Array.init)
        layers = graph.stepShapes.map { layer($0.layer, $0.output) }
      } else {
        let list = model as? Sequential
        inputs = list?.inputShape.map { [Array($0)] } ?? []
        layers = list.map { zip($0.layers, $0.outputShapes).map { layer($0, $1) } } ?? []
      }
    }
  }

  func validate() throws {
    if width < 20 { throw ValidationError("--width has to be 20 or more; got \(width)") }
    if let svg { try requireWritable(svg) }
    if json && svg == "-" {
      throw ValidationError("--json and --svg - both write to standard output: use one of them")
    }
  }

  func run() throws {
    let model = try network()
    if json && svg == nil { return try writeJSON(Report(of: model), to: "-") }
    let drawing = try drawing(of: model)
    if let svg {
      if svg == "-" {
        print(drawing.svg, terminator: "")
        return
      }
      try Output.write(Data(drawing.svg.utf8), toFile: svg)
      note("wrote \(svg)")
    }
    if json { return try writeJSON(Report(of: model), to: "-") }
    print(drawing.terminalPicture(width: width), terminator: "")
  }

  private func network() throws -> any Layer {
    guard let sizes = LayerSizes(argument: subject)?.values else { return try ExplainSubject(subject).model }
    let layers = sizes.dropFirst().enumerated().map { index, count in
      Dense(count, activation: index == sizes.count - 2 ? .linear : .relu)
    }
    return try Sequential(input: [sizes[0]], layers: layers)
  }

  private func drawing(of model: any Layer) throws -> NetworkDrawing {
    switch model {
    case let list as Sequential: return try NetworkDrawing(of: list)
    case let graph as Model: return try NetworkDrawing(of: graph)
    case let other:
      throw ValidationError(
        "\(subject) holds a model of type \(type(of: other)), which is neither a list of layers nor a graph")
    }
  }
}
