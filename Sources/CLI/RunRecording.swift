import ArgumentParser
import Foundation
import Martlet
import MartletRecipes

/// Whether and where a run is stored.
struct RunRecordingOptions: ParsableArguments {
  @Option(
    name: .customLong("run"),
    help: ArgumentHelp(
      "Store the run: options, values of every epoch, results, weights, and what 'martlet report' shows.",
      discussion: """
        A name lies in the folder of runs (MARTLET_RUNS, else 'runs' here), a path anywhere. With MARTLET_RUNS set, every run is \
        stored there, as RECIPE-1 and so on.
        """,
      valueName: "name"))
  var name: String?

  /// The folder for the run of a recipe; `nil` where it is not to be stored.
  ///
  /// - Throws: `ValidationError` where there is a run already, unless it goes on; `RunError` where the folder cannot be made.
  func folder(for recipe: Recipe, resuming: Bool) throws -> RunFolder? {
    guard let name else {
      return try RunsOptions.environmentFolder.map { try RunList.newFolder(in: $0, for: recipe.name) }
    }
    guard !name.isEmpty else { throw ValidationError("--run needs a name") }
    let parent = RunsOptions.environmentFolder ?? "runs"
    let folder = RunFolder(name.contains("/") ? name : parent + "/" + name)
    if folder.exists && !resuming {
      throw ValidationError("there is a run \(name) already, in \(folder.path); choose another name, or remove it")
    }
    return folder
  }
}

/// Keeps the record of a run from its beginning to its end.
struct RunRecording {
  let folder: RunFolder
  private(set) var record: RunRecord
  private let ownWeights: String?
  private let picture: String?

  /// Begins a run: what can be known beforehand is written, so that a folder that cannot be written to shows now.
  ///
  /// - Throws: `RunError`.
  init(_ folder: RunFolder, recipe: Recipe, settings: inout RunSettings, command: [String]) throws {
    self.folder = folder
    ownWeights = settings.save
    let makesPicture = recipe.task.options.contains(.picture)
    picture = makesPicture ? settings.picture ?? folder.file("results.png") : nil
    record = RunRecord(
      recipe: recipe.name, command: command, options: Self.options(settings), environment: Self.environment(settings))
    try folder.write(record)
    if recipe.task.options.contains(.save) && settings.save == nil {
      settings.save = folder.file("weights.safetensors")
    }
    settings.picture = picture
    settings.collectsEvidence = true
    let log = RunLog(folder, record)
    settings.callbacks.append { log }
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
    if let path = settings.save { record.weights = ownWeights == nil ? "weights.safetensors" : Self.absolute(path) }
    var evidence = outcome.evidence
    if let picture, let bytes = try? Data(contentsOf: URL(fileURLWithPath: picture)) {
      evidence = evidence ?? RunEvidence()
      evidence?.galleries.insert(RunEvidence.Gallery(title: "Results", caption: "", picture: bytes), at: 0)
    }
    if let evidence { try folder.write(evidence) }
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
