import Foundation
import MartletTraining

/// Stores a run while it goes on: its record is written when training begins and after epochs, twice a second at most, so that it can be
/// looked at from elsewhere, and is there whatever happens.
///
///     let log = RunLog(RunFolder("runs/first"), RunRecord(recipe: "mine", command: [], options: ["seed": "1"]))
///     try trainer.fit(data, validation: .split(0.1), epochs: 10, callbacks: [log])
public struct RunLog: Callback, Sendable {
  /// Where it is stored.
  public let folder: RunFolder
  /// What was known before the run.
  public let record: RunRecord
  private var lastWrite: ContinuousClock.Instant?

  /// Stores a run in a folder.
  public init(_ folder: RunFolder, _ record: RunRecord) { (self.folder, self.record) = (folder, record) }

  /// Yes.
  public var onlyWatches: Bool { true }

  /// Writes the record so far.
  ///
  /// - Throws: `RunError` where it cannot be written, before any work is done.
  public mutating func trainingBegins(_ run: inout RunState) throws { try folder.write(current(run.history)) }

  /// Writes the last epochs. Where that fails the user is told.
  public mutating func trainingEnds(_ run: inout RunState) throws {
    lastWrite = nil
    if let problem = problem(writing: run.history) { run.note(problem) }
  }

  /// Writes the epochs so far. Where that fails the user is told, and training goes on.
  public mutating func epochEnds(_ record: EpochRecord, _ run: inout RunState) throws {
    if let problem = problem(writing: run.history) { run.note(problem) }
  }

  /// Writes the epochs so far, of a loop of one's own.
  ///
  /// - Returns: what the user is to be told, where that fails; it is no reason to end the training.
  public mutating func problem(writing history: History) -> String? {
    // Epochs of a millisecond would take ten times as long, with a file that is stored on the medium after each.
    if let lastWrite, .now - lastWrite < .milliseconds(500) { return nil }
    defer { lastWrite = .now }
    do {
      try folder.write(current(history))
      return nil
    } catch {
      return "the record of the run is not up to date: \(error)"
    }
  }

  private func current(_ history: History) -> RunRecord {
    var current = record
    current.history = history
    current.seconds = Date().timeIntervalSince(record.started)
    return current
  }
}
