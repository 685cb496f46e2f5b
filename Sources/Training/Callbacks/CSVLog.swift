import Foundation
import MartletInterchange

/// Writes what was measured to a file, a row per epoch: `epoch,accuracy,loss,val_accuracy,val_loss,seconds`.
///
/// The file is written anew after each epoch, all or nothing, from the whole history. So a run that goes on from a checkpoint neither
/// loses rows nor writes one twice.
public struct CSVLog: Callback, Sendable {
  /// The file.
  public let url: URL

  /// Writes to a file.
  public init(_ url: URL) { self.url = url }

  /// Yes.
  public var onlyWatches: Bool { true }

  /// Writes the rows so far. Where that fails the user is told, and training goes on.
  public mutating func epochEnds(_ record: EpochRecord, _ run: inout RunState) throws {
    do {
      try AtomicFile.write(Array(Self.text(of: run.history).utf8), to: url)
    } catch {
      run.note("the log is not up to date: \(error)")
    }
  }

  static func text(of history: History) -> String {
    let names = history.names
    let rows = history.epochs.map { record in
      ["\(record.epoch)"] + names.map { record.values[$0].map { "\($0)" } ?? "" } + ["\(record.seconds)"]
    }
    return ([["epoch"] + names + ["seconds"]] + rows).map { $0.map(quoted).joined(separator: ",") + "\n" }.joined()
  }

  /// A metric of one's own may be called anything.
  private static func quoted(_ cell: String) -> String {
    let needsQuotes = cell.contains { $0 == "," || $0 == "\"" || $0.isNewline }
    return needsQuotes ? "\"" + cell.replacingOccurrences(of: "\"", with: "\"\"") + "\"" : cell
  }
}
