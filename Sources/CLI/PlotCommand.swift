import ArgumentParser
import Foundation
import Martlet

/// Draws what a run measured, in the terminal or to a file.
struct PlotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plot",
    abstract: "Draw loss and metrics of a run, epoch by epoch.",
    discussion: """
      Draws in the terminal, or writes SVG (which follows the reader's light or dark setting) or PNG.

      Examples:
        martlet plot first                             a run, 'train … --run first'
        martlet plot report.json --output curves.svg   of 'train … --json FILE'
        martlet plot log.csv --output curves.png --dark
        martlet plot first --only accuracy
      """)

  @Argument(
    help: ArgumentHelp("A run, or a JSON or CSV file with values per epoch.", valueName: "run or file"),
    completion: .histories)
  var source: String

  @OptionGroup var runs: RunsOptions

  @Option(help: ArgumentHelp("Write the picture instead: .svg or .png.", valueName: "file"), completion: .pictures)
  var output: String?

  @Option(help: "Draw this quantity alone, for example accuracy.")
  var only: String?

  @Flag(help: "Dark ground, for PNG.")
  var dark = false

  @Flag(help: "Print the numbers as one JSON object instead of drawing.")
  var json = false

  func validate() throws {
    guard let output else { return }
    guard ["svg", "png"].contains(URL(fileURLWithPath: output).pathExtension.lowercased()) else {
      throw ValidationError("--output has to end in .svg or .png; got \(output)")
    }
    if json { throw ValidationError("--json prints numbers, --output draws them: use one of them") }
    try requireWritable(output)
  }

  func run() throws {
    let place = runs.place(of: source)
    if !FileManager.default.fileExists(atPath: place), let unknown = runs.unknown(source) { throw unknown }
    let history = try HistoryFile.read(place)
    if json { return try writeJSON(Numbers(history), to: "-") }
    guard !history.epochs.isEmpty else { return note("\(source) has no complete epoch yet") }
    let figure = try figure(of: history)
    guard let output else { return print(figure.terminal()) }
    if output.lowercased().hasSuffix(".png") {
      try figure.writePNG(to: output, theme: dark ? .dark : .light)
    } else {
      try figure.writeSVG(to: output)
    }
    note("wrote \(output)")
  }

  private func figure(of history: History) throws -> Figure {
    guard let only else { return history.figure(title: RunFolder(source).name) }
    guard !history[only].isEmpty || !history["val_" + only].isEmpty else {
      throw ValidationError("\(UnknownNameError(kind: "quantity", name: only, known: history.names))")
    }
    return Figure(history.curve(only))
  }

  /// Every quantity as a list, a value per epoch.
  private struct Numbers: Encodable {
    let epochs: [Int]
    let values: [String: [Double?]]
    let bestEpoch: Int?

    init(_ history: History) {
      epochs = history.epochs.map(\.epoch)
      values = Dictionary(
        uniqueKeysWithValues: history.names.map { name in (name, history.epochs.map { $0.values[name] }) })
      bestEpoch = history.bestEpoch
    }
  }
}
