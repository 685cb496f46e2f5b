import MartletOptimizers

/// Something that follows a training run and may steer it: stops it early, lowers the learning rate, writes a log.
///
/// A value: the run works on copies of the callbacks it is given, and what they did stands in the `History`. Every event has a
/// default that does nothing. For a few lines of your own there is no need for a type: `.onEpochEnd { record, run in … }`.
///
///     try trainer.fit(data, validation: .split(0.1), epochs: 50, callbacks: [EarlyStopping(patience: 3), CSVLog(url)])
public protocol Callback {
  /// Called once, before the first step; in a run that goes on from a checkpoint after that was read.
  ///
  /// - Throws: what makes training senseless; `fit` ends with it.
  mutating func trainingBegins(_ run: inout RunState) throws

  /// Called before each epoch.
  mutating func epochBegins(_ run: inout RunState) throws

  /// Called after each batch, when its update is under way. Reading a tensor here waits for the device.
  mutating func batchEnds(_ run: inout RunState) throws

  /// Called after each epoch, validation included.
  mutating func epochEnds(_ record: EpochRecord, _ run: inout RunState) throws

  /// Called once, when no further step is made, before the best weights are restored.
  mutating func trainingEnds(_ run: inout RunState) throws

  /// What has to be remembered for a run that is interrupted and goes on from a checkpoint: numbers by name.
  var memory: [String: Double] { get set }

  /// Whether it changes nothing about the run and remembers nothing, so that a run may go on without it, or with it for the first time.
  var onlyWatches: Bool { get }
}

extension Callback {
  /// Does nothing.
  public mutating func trainingBegins(_ run: inout RunState) throws {}
  /// Does nothing.
  public mutating func epochBegins(_ run: inout RunState) throws {}
  /// Does nothing.
  public mutating func batchEnds(_ run: inout RunState) throws {}
  /// Does nothing.
  public mutating func epochEnds(_ record: EpochRecord, _ run: inout RunState) throws {}
  /// Does nothing.
  public mutating func trainingEnds(_ run: inout RunState) throws {}
  /// Nothing.
  public var memory: [String: Double] {
    get { [:] }
    set {}
  }
  /// No.
  public var onlyWatches: Bool { false }
}

/// Where a run is, for callbacks, and how they steer it.
public struct RunState {
  /// Who trains; its model and optimizer may be changed between steps.
  public let trainer: Trainer
  /// The last epoch there will be, unless the run is stopped.
  public let epochCount: Int
  /// The epoch that is being made or has just been made, from 1.
  public internal(set) var epoch: Int
  /// How many batches of the epoch have been trained on.
  public internal(set) var batch = 0
  /// The completed epochs.
  public internal(set) var history = History()
  /// What was to be said to the user, in order.
  var notes: [String] = []

  /// Ends the run: at once after `batchEnds`, otherwise before the next epoch.
  ///
  /// - Parameter reason: One sentence for the user, kept as `History.stopReason`.
  public mutating func stop(because reason: String) {
    if history.stopReason == nil { history.stopReason = reason }
  }

  /// Says something to the user, below the line of the epoch.
  public mutating func note(_ text: String) { notes.append(text) }
}
