import ArgumentParser
import Foundation
import Martlet
import MartletRecipes

/// Makes up samples with a trained model.
struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Make up new samples with a trained model.",
    discussion: """
      For models saved by the recipes vae and gan, which make pictures, and char-rnn, which writes. The same seed makes the same
      samples.

      Examples:
        martlet generate first                     the model of a stored run
        martlet generate gan.safetensors --count 100 --output digits.png
        martlet generate shakespeare --prompt 'ROMEO:' --temperature 0.5
      """)

  @Argument(
    help: ArgumentHelp("A stored run, or weights written by 'martlet train … --save'.", valueName: "model"),
    completion: .networks)
  var model: String

  @Option(parsing: .unconditional, help: "How many pictures (20 unless told) or characters (500).")
  var count: Int?

  @Option(parsing: .unconditional, help: "What a text goes on from.")
  var prompt: String?

  @Option(
    parsing: .unconditional,
    help: "How daring a text is: 0 always takes the likeliest character, 1 draws by the probabilities; 0.7 unless told."
  )
  var temperature: Float?

  @Option(parsing: .unconditional, help: "Decides what is made up.")
  var seed: UInt64 = 1

  @Option(
    help: ArgumentHelp("Write the pictures (PNG) or the text instead of showing them.", valueName: "file"),
    completion: .file())
  var output: String?

  @Flag(help: "Print one JSON object: the text, or the pixels of each picture.")
  var json = false

  @OptionGroup var devices: DeviceOptions

  func validate() throws {
    if let count, !(1...100_000).contains(count) {
      throw ValidationError("--count has to be 1 to 100000; got \(count)")
    }
    if let temperature, !(0...100).contains(temperature) {
      throw ValidationError("--temperature has to be 0 to 100; got \(temperature)")
    }
    if json && output == "-" {
      throw ValidationError("--json and --output - both write to standard output: use one of them")
    }
    if let output { try requireWritable(output) }
  }

  private struct Report: Encodable {
    struct Picture: Encodable { let width, height: Int, pixels: [UInt8] }
    let recipe: String
    let seed: UInt64
    var prompt: String?
    var text: String?
    var pictures: [Picture]?
  }

  func run() throws {
    let weights = try NetworkFile.place(of: model)
    guard let saved = try SavedGenerator.read(weights) else {
      throw GenerationError.notGenerative(path: weights, recipe: try SavedGenerator.recipe(of: weights))
    }
    var request = GenerationRequest(device: try devices.selected())
    (request.seed, request.count, request.prompt, request.temperature) = (seed, count, prompt, temperature)
    var report = Report(recipe: saved.recipe, seed: seed)
    switch try saved.task.generated(by: saved, request) {
    case .text(let prompt, let text):
      (report.prompt, report.text) = (prompt, text)
      if let output { try Output.write(Data((prompt + text + "\n").utf8), toFile: output) }
      if output == nil && !json { print(prompt + text) }
    case .pictures(let pictures):
      report.pictures = pictures.map { Report.Picture(width: $0.width, height: $0.height, pixels: $0.pixels) }
      let columns = max(1, Int(Double(pictures.count).squareRoot().rounded(.up)))
      if let output {
        try Output.write(Data(GrayPicture.contactSheet(of: pictures, columns: columns).encodedPNG()), toFile: output)
      }
      if output == nil && !json { print(GrayPicture.terminalSheet(of: pictures, columns: 4)) }
    }
    if let output, output != "-" { note("wrote \(output)") }
    if json { try writeJSON(report, to: "-") }
  }
}
