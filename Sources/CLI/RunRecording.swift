import ArgumentParser
import Foundation
import Martlet
import MartletRecipes

/// Whether and where a run is stored.
struct RunRecordingOptions: ParsableArguments {
  @Option(
    name: .customLong("run"),
    help: ArgumentHelp(
      "Store the run: options, every epoch, results, network, what 'martlet report' shows, and what --resume needs.",
      discussion: """
        A name lies in the folder of runs (MARTLET_RUNS, else 'runs' here), a path anywhere. With MARTLET_RUNS set, every run is \
        stored there, as RECIPE-1 and so on.
        """,
      valueName: "name"))
  var name: String?

  /// The folder for the run of a recipe; `nil` where it is not to be stored.
  ///
  /// - Throws: `ValidationError` where there is a run already, unless it goes on; `RunError` where the folder cannot be made.
  func folder(for recipe: Recipe, _ checkpoints: CheckpointOptions) throws -> RunFolder? {
    guard let name else {
      return try RunsOptions.environmentFolder.map { try RunList.newFolder(in: $0, for: recipe.name) }
    }
    guard !name.isEmpty else { throw ValidationError("--run needs a name") }
    let parent = RunsOptions.environmentFolder ?? "runs"
    let folder = RunFolder(name.contains("/") ? name : parent + "/" + name)
    try requireFolder(folder.path, option: "--run")
    if folder.exists { try require(folder, of: recipe, toAllow: checkpoints) }
    return folder
  }

  private func require(_ folder: RunFolder, of recipe: Recipe, toAllow checkpoints: CheckpointOptions) throws {
    let record = try folder.record()
    let taken = "there is a run \(folder.name) already, in \(folder.path) (\(record.progress))"
    guard checkpoints.resume else {
      let others = "choose another name, or remove it"
      let remedy = record.lineToGoOn(in: folder).map { "\(others), or go on with it:\n  \($0)" } ?? others
      throw ValidationError("\(taken); \(remedy)")
    }
    guard record.recipe == recipe.name else {
      throw ValidationError("\(taken), and it is one of \(record.recipe); choose another name for \(recipe.name)")
    }
    guard record.status != .done || checkpoints.folder != nil else {
      throw ValidationError("\(taken), so there is nothing to go on with; choose another name to train anew")
    }
    guard recipe.task.options.contains(.checkpoint) else {
      throw ValidationError(
        "\(taken), and \(recipe.name) keeps nothing to go on from; choose another name, or remove it")
    }
  }
}

/// Keeps the record of a run from its beginning to its end.
struct RunRecording {
  let folder: RunFolder
  private(set) var record: RunRecord
  private let picture: String?
  /// Where the network is going to be, relative to the folder.
  private let networkName: String?
  /// The checkpoint in the run's own folder, which is removed when the run is done.
  private let ownCheckpoint: Checkpoint?

  /// Begins a run, or goes on with it: what can be known beforehand is written, so that a folder that cannot be written to shows now.
  ///
  /// - Throws: `RunError`.
  init(
    _ folder: RunFolder, recipe: Recipe, settings: inout RunSettings, _ checkpoints: CheckpointOptions
  ) throws {
    self.folder = folder
    let options = recipe.task.options
    let keepsOwn = options.contains(.checkpoint) && settings.checkpoint == nil
    if keepsOwn { settings.checkpoint = checkpoints.checkpoint(in: folder.file("checkpoint"), pausing: .seconds(2)) }
    ownCheckpoint = keepsOwn ? settings.checkpoint : nil
    picture = options.contains(.picture) ? settings.picture ?? folder.file("results.png") : nil
    settings.picture = picture
    settings.collectsEvidence = true
    if options.contains(.save) && settings.save == nil {
      let name = recipe.task.canBeArchived ? "model.martlet" : "weights.safetensors"
      networkName = name
      settings.save = folder.file(name)
    } else {
      networkName = settings.save.map(Self.absolute)
    }
    record = RunRecord(
      recipe: recipe.name, command: ["martlet"] + CommandLine.arguments.dropFirst().filter { $0 != "--resume" },
      options: Self.options(settings), environment: Self.environment(settings))
    record.workingFolder = FileManager.default.currentDirectoryPath
    record.checkpoint = settings.checkpoint.map { keepsOwn ? "checkpoint" : Self.absolute($0.folder.path) }
    if checkpoints.resume, let earlier = try? folder.record() {
      // Until the checkpoint has been read, this is what is known.
      (record.started, record.history) = (earlier.started, earlier.history)
    }
    try folder.write(record)
    settings.log = RunLog(folder, record)
  }

  /// Ends it.
  ///
  /// - Throws: `RunError`.
  mutating func end(with outcome: RunOutcome, settings: RunSettings, report: TrainingReport) throws {
    record.status = outcome.wasInterrupted ? .interrupted : .done
    record.history = outcome.history
    record.figures = outcome.figures
    record.dataSource = outcome.source
    record.trainingSampleCount = outcome.trainingSampleCount > 0 ? outcome.trainingSampleCount : nil
    record.parameterCount = outcome.parameterCount > 0 ? outcome.parameterCount : nil
    record.peakMemoryByteCount = TrainingReport.peakMemoryByteCount
    record.seconds = report.seconds
    record.findings = outcome.text.isEmpty ? nil : outcome.text
    if !outcome.history.epochs.isEmpty {
      record.options["epochs"] = record.options["epochs"] ?? "\(outcome.history.epochs.count)"
    }
    record.options["learning rate"] = outcome.learningRate.map { "\($0)" } ?? record.options["learning rate"]
    if outcome.batchSize > 0 { record.options["batch size"] = "\(outcome.batchSize)" }
    record.weights = networkName.flatMap {
      FileManager.default.fileExists(atPath: folder.place(of: $0)) ? $0 : nil
    }
    var evidence = outcome.evidence
    if let picture, let bytes = try? Data(contentsOf: URL(fileURLWithPath: picture)) {
      evidence = evidence ?? RunEvidence()
      evidence?.galleries.insert(RunEvidence.Gallery(title: "Results", caption: "", picture: bytes), at: 0)
    }
    if let evidence { try folder.write(evidence) }
    if let ownCheckpoint, record.status == .done {
      // What is left of a run that is done is its network.
      record.checkpoint = nil
      try? FileManager.default.removeItem(at: ownCheckpoint.folder)
    }
    try folder.write(record)
  }

  /// Ends it with an error.
  mutating func fail(_ error: any Error) {
    record = (try? folder.record()) ?? record
    (record.status, record.reason) = (.failed, "\(error)")
    // The error itself is what the person is to see.
    try? folder.write(record)
  }

  private static func absolute(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }

  private static func options(_ settings: RunSettings) -> [String: String] {
    var options = ["seed": "\(settings.seed)"]
    options["epochs"] = settings.epochs.map(String.init)
    options["batch size"] = settings.batchSize.map(String.init)
    options["learning rate"] = settings.learningRate.map { "\($0)" }
    options["limit"] = settings.limit.map(String.init)
    options["data"] = settings.data
    return options
  }

  private static func environment(_ settings: RunSettings) -> [String: String] {
    let capabilities = settings.device.capabilities
    var environment = ["device": settings.device.name, "processor": capabilities.deviceName]
    environment["threads"] = "\(capabilities.threadCount)"
    environment["martlet"] = MartletCommand.configuration.version
    environment["system"] = ProcessInfo.processInfo.operatingSystemVersionString
    return environment
  }
}
