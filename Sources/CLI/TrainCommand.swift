import ArgumentParser
import Foundation
import Martlet
import MartletRecipes

/// Runs a recipe: trains its network, shows how good it became, and saves it.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a network.",
    discussion: """
      Recipes:
      \(Recipe.list)

      Examples:
        martlet train mnist-cnn --run first && martlet report first
        martlet train mnist-cnn --run first --resume   after Ctrl-C or a power cut
        martlet train mnist-cnn --device opencl:0 --epochs 12 --save cnn.martlet
        martlet train mnist-mlp --data ~/data --limit 5000 --json report.json
        martlet train mnist-cnn --device opencl:0 --precision tensorFloat32
      """)

  @Argument(
    help: "What to train, one of the recipes below.", completion: .recipes, transform: Recipe.meant(onCommandLine:))
  var recipe: Recipe?

  @OptionGroup var devices: DeviceOptions
  @OptionGroup var data: DataOptions

  @Option(parsing: .unconditional, help: "Passes over the training data; by default the recipe's.")
  var epochs: Int?

  @Option(parsing: .unconditional, help: "Samples per update; by default the recipe's.")
  var batchSize: Int?

  @Option(parsing: .unconditional, help: "The highest learning rate; by default the recipe's, as is the way it falls.")
  var learningRate: Float?

  @Option(
    parsing: .unconditional,
    help: "Decides everything random: first weights, order of samples, validation split, made-up data.")
  var seed: UInt64 = 1

  @Option(
    name: .customLong("json"),
    help: ArgumentHelp("Write a report of the run; - is standard output.", valueName: "file"),
    completion: .file(extensions: ["json"]))
  var reportPath: String?

  @Option(
    name: .customLong("save"),
    help: ArgumentHelp(
      "Write the trained network: .martlet for an archive, else weights (safetensors).", valueName: "file"),
    completion: .file(extensions: ["martlet", "safetensors"]))
  var savePath: String?

  @Option(
    name: .customLong("picture"),
    help: ArgumentHelp("Write a picture of the results (PNG), where the recipe makes one.", valueName: "file"),
    completion: .file(extensions: ["png"]))
  var picturePath: String?

  @OptionGroup var checkpoints: CheckpointOptions

  @OptionGroup var precision: PrecisionOptions

  @OptionGroup var recording: RunRecordingOptions

  @Option(
    name: .customLong("tensorboard"),
    help: ArgumentHelp("Write events for TensorBoard into this folder.", valueName: "folder"), completion: .directory)
  var tensorBoardFolder: String?

  @OptionGroup var profiling: ProfileOptions

  @Flag(help: "Show nothing but errors.")
  var quiet = false

  @Flag(help: "List the recipes.")
  var list = false

  func validate() throws {
    if recipe == nil && !list { throw ValidationError("name a recipe; 'martlet train --list' shows them") }
    if let epochs, epochs < 1 { throw ValidationError("--epochs has to be 1 or more; got \(epochs)") }
    if let batchSize, batchSize < 1 { throw ValidationError("--batch-size has to be 1 or more; got \(batchSize)") }
    if let learningRate, !(learningRate > 0 && learningRate.isFinite) {
      throw ValidationError("--learning-rate has to be a number above 0; got \(learningRate)")
    }
    if checkpoints.resume && checkpoints.folder == nil && recording.name == nil {
      throw ValidationError("--resume needs --run NAME or --checkpoint FOLDER, the one of the run that is to go on")
    }
    if let tensorBoardFolder { try requireFolder(tensorBoardFolder, option: "--tensorboard") }
    for path in [savePath, picturePath, reportPath, profiling.path].compactMap(\.self) { try requireWritable(path) }
  }

  func run() throws {
    if list && reportPath != nil { return try writeJSON(["recipes": Recipe.all.map(\.name)], to: reportPath ?? "-") }
    guard let recipe, !list else { return print(Recipe.list) }
    let profile = profiling.started()
    var settings = try settings(on: devices.selected(recordingInto: profile))
    try recipe.check(settings)
    var recording = try recording.folder(for: recipe, checkpoints).map {
      try RunRecording($0, recipe: recipe, settings: &settings, checkpoints)
    }
    Interrupt.listen()
    let start = ContinuousClock.now
    let outcome: RunOutcome
    do {
      outcome = try precision.applied(on: settings.device) { try recipe.run(with: settings) }
    } catch {
      recording?.fail(error)
      throw error
    }
    if !quiet, !outcome.text.isEmpty { tell(outcome.text) }
    let report = TrainingReport(recipe: recipe, settings: settings, outcome: outcome, seconds: start.secondsSince)
    // What cannot be written must not keep the rest from being written.
    var problem: (any Error)?
    func attempt(_ write: () throws -> Void) {
      do {
        try write()
      } catch {
        if let problem { note("\(problem)") }
        problem = error
      }
    }
    attempt { try recording?.end(with: outcome, settings: settings, report: report) }
    attempt { if let reportPath { try writeJSON(report, to: reportPath) } }
    if let profile {
      try settings.device.synchronize()
      attempt { tell(try profiling.report(profile)) }
    }
    if let problem { throw problem }
    if let folder = recording?.folder, !quiet {
      note("stored the run in \(folder.path); to see it: martlet report \(ShellWord.quoted(folder.path))")
    }
    if outcome.wasInterrupted {
      let count = outcome.history.epochs.count
      let line = recording.flatMap { $0.record.lineToGoOn(in: $0.folder) } ?? checkpoints.lineToGoOn
      note(
        "stopped \(Interrupt.reason) after \(count) complete epoch\(count == 1 ? "" : "s")"
          + (line.map { "; to go on:\n  \($0)" } ?? ""))
      throw Interrupt.exitCode
    }
  }

  /// Says results on standard output, unless that is for the report.
  private func tell(_ text: String) {
    if reportPath == "-" { note(text) } else { print(text) }
  }

  private func settings(on device: Device) -> RunSettings {
    var settings = RunSettings(device: device)
    settings.seed = seed
    settings.epochs = epochs
    settings.batchSize = batchSize
    settings.learningRate = learningRate
    settings.data = data.folder
    settings.limit = data.limit
    settings.save = savePath
    settings.picture = picturePath
    settings.checkpoint = checkpoints.checkpoint
    settings.tensorBoard = tensorBoardFolder
    settings.progress = quiet ? .silent : .automatic
    settings.shouldStop = { Interrupt.isRequested }
    if !quiet { settings.note = { note($0) } }
    return settings
  }
}

extension ContinuousClock.Instant {
  /// The seconds from then to now.
  fileprivate var secondsSince: Double {
    let (seconds, attoseconds) = (ContinuousClock.now - self).components
    return Double(seconds) + Double(attoseconds) * 1e-18
  }
}
