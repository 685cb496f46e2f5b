import Foundation
import Martlet

/// What follows a run with a loop of its own: the record of the run, and TensorBoard's events. Where there is a `Trainer`, callbacks do that.
struct LoopFollower {
  private var log: RunLog?
  private var events: TensorBoard?
  private let models: [String: any Layer]
  private let note: @Sendable (String) -> Void

  /// - Parameter models: What is trained, by names for people.
  /// - Throws: `FileError` where there is no place for events.
  init(_ settings: RunSettings, source: String, models: [String: any Layer] = [:]) throws {
    (log, note, self.models) = (settings.log, settings.note, models)
    guard let folder = settings.tensorBoard else { return }
    var events = TensorBoard(folder: URL(fileURLWithPath: folder), texts: ["data": source])
    try events.begin(models)
    self.events = events
  }

  /// Writes what the last epoch measured. Where that fails the user is told, and training goes on.
  ///
  /// - Parameter shown: What there is to see besides, asked for only where somebody will look at it.
  mutating func epochEnds(
    _ history: History, showing shown: () throws -> (pictures: [String: ColorPicture], texts: [String: String])
  ) rethrows {
    if let problem = log?.problem(writing: history) { note(problem) }
    guard let last = history.epochs.last, var events else { return }
    let (pictures, texts) = try shown()
    do {
      try events.write(last, models, pictures: pictures, texts: texts)
      self.events = events
    } catch {
      self.events = nil
      note("no more events for TensorBoard: \(error)")
    }
  }

  /// The same for what has one picture to show.
  mutating func epochEnds(_ history: History, picture name: String, _ picture: () throws -> GrayPicture) rethrows {
    try epochEnds(history) { ([name: ColorPicture(try picture())], [:]) }
  }
}
