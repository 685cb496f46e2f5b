/// A callback made of closures.
///
///     callbacks: [.onEpochEnd { record, run in
///       if record["val_accuracy"] ?? 0 > 0.99 { run.stop(because: "good enough") }
///     }]
public struct EventCallback: Callback {
  /// What is done when something happens that brings no value along.
  public typealias Action = (inout RunState) throws -> Void

  private var beginning: Action?
  private var epochBeginning: Action?
  private var batchEnd: Action?
  private var epochEnd: ((EpochRecord, inout RunState) throws -> Void)?
  private var end: Action?

  /// Reacts to the events that have a closure.
  public init(
    trainingBegins: Action? = nil, epochBegins: Action? = nil, batchEnds: Action? = nil,
    epochEnds: ((EpochRecord, inout RunState) throws -> Void)? = nil, trainingEnds: Action? = nil
  ) {
    beginning = trainingBegins
    epochBeginning = epochBegins
    batchEnd = batchEnds
    epochEnd = epochEnds
    end = trainingEnds
  }

  /// Calls the closure for it.
  public mutating func trainingBegins(_ run: inout RunState) throws { try beginning?(&run) }
  /// Calls the closure for it.
  public mutating func epochBegins(_ run: inout RunState) throws { try epochBeginning?(&run) }
  /// Calls the closure for it.
  public mutating func batchEnds(_ run: inout RunState) throws { try batchEnd?(&run) }
  /// Calls the closure for it.
  public mutating func epochEnds(_ record: EpochRecord, _ run: inout RunState) throws { try epochEnd?(record, &run) }
  /// Calls the closure for it.
  public mutating func trainingEnds(_ run: inout RunState) throws { try end?(&run) }
}

extension Callback where Self == EventCallback {
  /// A closure after each epoch.
  public static func onEpochEnd(_ action: @escaping (EpochRecord, inout RunState) throws -> Void) -> EventCallback {
    EventCallback(epochEnds: action)
  }

  /// A closure after each batch.
  public static func onBatchEnd(_ action: @escaping EventCallback.Action) -> EventCallback {
    EventCallback(batchEnds: action)
  }
}
