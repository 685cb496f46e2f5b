import Foundation
import MartletTraining

/// Stores a run while it goes on: its record is written when training begins and after every epoch, so that it can be looked at from
/// elsewhere, and is there whatever happens.
///
///     let log = RunLog(RunFolder("runs/first"), RunRecord(recipe: "mine", command: [], options: ["seed": "1"]))
///     try trainer.fit(data, validation: .split(0.1), epochs: 10, callbacks: [log])
public struct RunLog: Callback, Sendable {
  /// Where it is stored.
  public let folder: RunFolder
  /// What was known before the run.
  public let record: RunRecord

  /// Stores a run in a folder.
  public init(_ folder: RunFolder, _ record: RunRecord) { (self.folder, self.record) = (folder, record) }

  /// Yes.
  public var onlyWatches: Bool { true }

  /// Writes the record so far.
  ///
  /// - Throws: `RunError` where it cannot be written, before any work is done.
  public mutating func trainingBegins(_ run: inout RunState) throws { try folder.write(current(run.history)) }

  /// Writes the epochs so far. Where that fails the user is told, and training goes on.
  public mutating func epochEnds(_ record: EpochRecord, _ run: inout RunState) throws {
    do {
      try folder.write(current(run.history))
    } catch {
      run.note("the record of the run is not up to date: \(error)")
    }
  }

  private func current(_ history: History) -> RunRecord {
    var current = record
    current.history = history
    current.seconds = Date().timeIntervalSince(record.started)
    return current
  }
}
