import Foundation
import MartletTraining

/// What is known of one training run: what was asked for, where it ran, what came out. `run.json` in the folder of the run; written when
/// it begins, after every epoch, and when it is over.
public struct RunRecord: Codable, Hashable, Sendable {
  /// How far a run came.
  public enum Status: String, Codable, Hashable, Sendable {
    /// It has begun.
    case running
    /// Everything was done.
    case done
    /// Somebody stopped it.
    case interrupted
    /// It ended with an error.
    case failed
    /// It had begun, and no process works on it any more. Never written: whoever reads the record finds out.
    case killed
  }

  /// The form of the file. Later versions add fields; what an earlier version wrote stays readable.
  public static let currentVersion = 1

  /// The form of the file it was read from.
  public var version = Self.currentVersion
  /// What was trained: a recipe's name.
  public var recipe: String
  /// The command line, word by word, to do it again.
  public var command: [String]
  /// The folder that the command was typed in.
  public var workingFolder: String?
  /// What was decided about the run, by name: epochs, batch size, learning rate, seed, data.
  public var options: [String: String]
  /// When it began.
  public var started: Date
  /// How far it came.
  public var status = Status.running
  /// Why it failed or was stopped early.
  public var reason: String?
  /// How long it took.
  public var seconds = 0.0
  /// Where and with what it ran: device, threads, processor, system, versions.
  public var environment: [String: String]
  /// Where the samples came from.
  public var dataSource: String?
  /// How many samples were trained on.
  public var trainingSampleCount: Int?
  /// How many numbers were learned.
  public var parameterCount: Int?
  /// The most memory that was used.
  public var peakMemoryByteCount: Int?
  /// What was measured at the end, by names such as `test_accuracy`.
  public var figures: [String: Double] = [:]
  /// What the recipe had to say at the end, for people.
  public var findings: String?
  /// Where the network is; relative to the folder of the run.
  public var weights: String?
  /// Where the checkpoint is that the run can go on from; relative to the folder of the run.
  public var checkpoint: String?
  /// The epochs, and what the doctor noticed.
  public var history = History()

  /// The record of a run that begins.
  public init(
    recipe: String, command: [String], options: [String: String], started: Date = Date(),
    environment: [String: String] = [:]
  ) {
    (self.recipe, self.command, self.options) = (recipe, command, options)
    (self.started, self.environment) = (started, environment)
  }

  private enum CodingKeys: String, CodingKey {
    case version = "martlet_run", recipe, command, options, started, status, reason, seconds, environment, figures
    case findings, weights, checkpoint, history, doctor
    case workingFolder = "working_folder", dataSource = "data_source", trainingSampleCount = "train_samples",
      parameterCount = "parameters"
    case peakMemoryByteCount = "peak_memory_bytes", bestEpoch = "best_epoch", stopReason = "stop_reason"
  }

  /// Reads any version up to the current one; what an older one lacks is empty.
  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    version = try fields.decode(Int.self, forKey: .version)
    guard (1...Self.currentVersion).contains(version) else {
      throw DecodingError.dataCorruptedError(
        forKey: .version, in: fields,
        debugDescription: "it has version \(version), this program knows versions up to \(Self.currentVersion)")
    }
    recipe = try fields.decode(String.self, forKey: .recipe)
    command = try fields.decodeIfPresent([String].self, forKey: .command) ?? []
    workingFolder = try fields.decodeIfPresent(String.self, forKey: .workingFolder)
    options = try fields.decodeIfPresent([String: String].self, forKey: .options) ?? [:]
    started = try fields.decode(Date.self, forKey: .started)
    status = try fields.decode(Status.self, forKey: .status)
    reason = try fields.decodeIfPresent(String.self, forKey: .reason)
    seconds = try fields.decodeIfPresent(Double.self, forKey: .seconds) ?? 0
    environment = try fields.decodeIfPresent([String: String].self, forKey: .environment) ?? [:]
    dataSource = try fields.decodeIfPresent(String.self, forKey: .dataSource)
    trainingSampleCount = try fields.decodeIfPresent(Int.self, forKey: .trainingSampleCount)
    parameterCount = try fields.decodeIfPresent(Int.self, forKey: .parameterCount)
    peakMemoryByteCount = try fields.decodeIfPresent(Int.self, forKey: .peakMemoryByteCount)
    figures = try fields.decodeIfPresent([String: Double].self, forKey: .figures) ?? [:]
    findings = try fields.decodeIfPresent(String.self, forKey: .findings)
    weights = try fields.decodeIfPresent(String.self, forKey: .weights)
    checkpoint = try fields.decodeIfPresent(String.self, forKey: .checkpoint)
    history = History(flat: try fields.decodeIfPresent([FlatEpoch].self, forKey: .history) ?? [])
    history.bestEpoch = try fields.decodeIfPresent(Int.self, forKey: .bestEpoch)
    history.stopReason = try fields.decodeIfPresent(String.self, forKey: .stopReason)
    history.findings = try fields.decodeIfPresent([Finding].self, forKey: .doctor) ?? []
    history.wasInterrupted = status == .interrupted
  }

  /// Writes the current version.
  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(Self.currentVersion, forKey: .version)
    try fields.encode(recipe, forKey: .recipe)
    try fields.encode(command, forKey: .command)
    try fields.encodeIfPresent(workingFolder, forKey: .workingFolder)
    try fields.encode(options, forKey: .options)
    try fields.encode(started, forKey: .started)
    try fields.encode(status, forKey: .status)
    try fields.encodeIfPresent(reason, forKey: .reason)
    try fields.encode(seconds, forKey: .seconds)
    try fields.encode(environment, forKey: .environment)
    try fields.encodeIfPresent(dataSource, forKey: .dataSource)
    try fields.encodeIfPresent(trainingSampleCount, forKey: .trainingSampleCount)
    try fields.encodeIfPresent(parameterCount, forKey: .parameterCount)
    try fields.encodeIfPresent(peakMemoryByteCount, forKey: .peakMemoryByteCount)
    try fields.encode(figures, forKey: .figures)
    try fields.encodeIfPresent(findings, forKey: .findings)
    try fields.encodeIfPresent(weights, forKey: .weights)
    try fields.encodeIfPresent(checkpoint, forKey: .checkpoint)
    try fields.encode(history.epochs.map(FlatEpoch.init), forKey: .history)
    try fields.encodeIfPresent(history.bestEpoch, forKey: .bestEpoch)
    try fields.encodeIfPresent(history.stopReason, forKey: .stopReason)
    try fields.encode(history.findings, forKey: .doctor)
  }
}

extension RunRecord {
  /// The record as it stands in its file.
  ///
  /// - Throws: An error of Foundation, which nothing a record holds explains.
  public func json() throws -> Data { try JSONEncoder.ofRuns.encode(self) + Data("\n".utf8) }
}
