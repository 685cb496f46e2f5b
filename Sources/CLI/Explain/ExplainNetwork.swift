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
    help: ArgumentHelp("Sizes (8-6-6-4), a recipe, or weights written by 'train --save'.", valueName: "network"))
  var subject: String

  @Option(help: ArgumentHelp("Write the drawing as SVG; - is standard output.", valueName: "file"))
  var svg: String?

  @Option(parsing: .unconditional, help: "Columns of the terminal.")
  var width = 80

  func validate() throws {
    if width < 20 { throw ValidationError("--width has to be 20 or more; got \(width)") }
    if let svg { try requireWritable(svg) }
  }

  func run() throws {
    let drawing = try drawing()
    if let svg {
      if svg == "-" {
        print(drawing.svg, terminator: "")
        return
      }
      try Output.write(Data(drawing.svg.utf8), toFile: svg)
      note("wrote \(svg)")
    }
    print(drawing.terminalPicture(width: width), terminator: "")
  }

  private func drawing() throws -> NetworkDrawing {
    if let sizes = LayerSizes(argument: subject)?.values {
      let layers = sizes.dropFirst().enumerated().map { index, count in
        Dense(count, activation: index == sizes.count - 2 ? .linear : .relu)
      }
      return try NetworkDrawing(of: Sequential(input: [sizes[0]], layers: layers))
    }
    switch try ExplainSubject(subject).model {
    case let list as Sequential: return try NetworkDrawing(of: list)
    case let graph as Model: return try NetworkDrawing(of: graph)
    case let other: throw ValidationError("\(subject) is a \(type(of: other)), neither a list of layers nor a graph")
    }
  }
}
