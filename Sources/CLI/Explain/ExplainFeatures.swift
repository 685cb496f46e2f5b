import ArgumentParser
import Foundation
import Martlet

/// Kernels and maps as pictures.
struct ExplainFeatures: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "features",
    abstract: "Show kernels, and what every layer makes of a sample, as pictures.",
    discussion: """
      In the terminal the first pictures of each layer; with --output all of them as PNG sheets. In kernels grey is 0, white the
      layer's largest weight, black its negative. In maps black is 0 and white the layer's largest output.

      Examples:
        martlet explain features cnn.safetensors 7 --output sheets
        martlet explain features first 7           the network of a stored run
      """)

  @Argument(
    help: ArgumentHelp("A recipe, a stored run or a saved network.", valueName: "network"),
    completion: .networksOrRecipes)
  var subject: String

  @Argument(help: "The number of the sample whose maps to show.")
  var sample: Int?

  @Option(
    help: ArgumentHelp("Write PNG sheets into this folder, which is made where it is missing.", valueName: "folder"),
    completion: .directory)
  var output: String?

  @Flag(help: "Print what sheets there are as one JSON object instead of pictures.")
  var json = false

  @Option(parsing: .unconditional, help: "Columns of the terminal.")
  var width = 80

  @OptionGroup var devices: DeviceOptions
  @OptionGroup var data: DataOptions

  private struct Sheet: Encodable {
    let layer: String
    let kind: String
    let caption: String
    let pictures: Int
  }

  func validate() throws {
    if let sample, sample < 0 { throw ValidationError("samples are numbered from 0; got \(sample)") }
    if let output { try requireFolder(output, option: "--output") }
    if width < 20 { throw ValidationError("--width has to be 20 or more; got \(width)") }
  }

  func run() throws {
    try withDevice(try devices.selected()) {
      let network = try ExplainSubject(subject)
      var sheets = try FeatureSheet.kernels(of: network.model).map { (kind: "kernels", sheet: $0) }
      if let sample {
        let samples = try network.samples(data).measured
        guard sample < samples.count else {
          throw ValidationError("there is no sample \(sample): they are numbered 0 to \(samples.count - 1)")
        }
        let input = Tensor(samples.input(at: sample), shape: Shape(samples.sampleShape))
        if !json, let picture = samples.picture(at: sample) { print("sample \(sample)\n\(picture.terminalPicture)\n") }
        sheets += try FeatureSheet.maps(of: network.model, for: input).map { (kind: "maps", sheet: $0) }
      }
      if sheets.isEmpty { throw ValidationError("\(subject) has no convolution and no dense layer on pictures") }
      for (kind, sheet) in sheets {
        if !json { print("\(sheet.layer): \(sheet.caption)\n\(sheet.terminalPicture(width: width))\n") }
        if let output { try write(sheet, kind, to: output) }
      }
      if json {
        let list = sheets.map {
          Sheet(layer: $0.sheet.layer, kind: $0.kind, caption: $0.sheet.caption, pictures: $0.sheet.tiles.count)
        }
        try writeJSON(["sheets": list], to: "-")
      }
    }
  }

  private func write(_ sheet: FeatureSheet, _ kind: String, to folder: String) throws {
    let url = URL(fileURLWithPath: folder, isDirectory: true)
    try makeFolder(folder)
    // A layer may be called anything, a file may not.
    let name = String(sheet.layer.map { $0.isLetter || $0.isNumber || $0 == "_" ? $0 : "_" })
    let path = url.appending(path: "\(name)-\(kind).png").path
    try sheet.picture.writePNG(to: path)
    note("wrote \(path)")
  }
}
