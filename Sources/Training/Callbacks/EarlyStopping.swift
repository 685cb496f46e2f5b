/// Ends training when a quantity has not become better for some epochs. The model always ends with the weights of the epoch in which
/// the quantity was best.
///
/// Keras restores these weights only when asked to and, in some versions, only when training was cut short; here there is nothing to
/// forget.
public struct EarlyStopping: Callback, Sendable {
  /// What is watched.
  public let monitor: Monitor
  /// How many epochs without improvement are borne.
  public let patience: Int
  private var best: Double?
  private var waited = 0

  /// Ends training after `patience` epochs in a row without improvement.
  ///
  /// - Precondition: `patience` is at least 1.
  public init(_ monitor: Monitor = "val_loss", patience: Int = 3) {
    precondition(patience >= 1, "EarlyStopping: need a patience of at least 1; got \(patience)")
    self.monitor = monitor
    self.patience = patience
  }

  /// Compares, and stops where it has been long enough.
  ///
  /// - Throws: `TrainingError.notMeasured`.
  public mutating func epochEnds(_ record: EpochRecord, _ run: inout RunState) throws {
    let value = try monitor.value(in: record)
    if monitor.isBetter(value, than: best, for: run.trainer) {
      (best, waited) = (value, 0)
      return
    }
    waited += 1
    if waited >= patience {
      run.stop(
        because: "\(monitor.name) has not become better than \(ProgressText.number(best ?? .nan)) for \(waited) "
          + (waited == 1 ? "epoch" : "epochs"))
    }
  }

  /// The best value and the epochs since.
  public var memory: [String: Double] {
    get { ["waited": Double(waited)].merging(best.map { ["best": $0] } ?? [:]) { $1 } }
    set { (best, waited) = (newValue["best"], Int(clamping: newValue["waited"])) }
  }
}

extension Int {
  /// A remembered count; 0 where there is none or the number makes no sense.
  init(clamping value: Double?) {
    self = value.flatMap { Int(exactly: $0.rounded()) } ?? 0
  }
}
