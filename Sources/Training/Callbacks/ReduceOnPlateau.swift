import MartletOptimizers

/// Lowers the learning rate when a quantity has not become better for some epochs.
///
/// What a schedule of the optimizer says is multiplied by `factor` each time.
public struct ReduceOnPlateau: Callback, Sendable {
  /// What is watched.
  public let monitor: Monitor
  /// What the rate is multiplied by.
  public let factor: Double
  /// How many epochs without improvement are borne.
  public let patience: Int
  /// How many epochs after a reduction are not counted.
  public let cooldown: Int
  /// The rate is never lowered below it.
  public let minimumRate: Double
  private var best: Double?
  private var waited = 0
  private var resting = 0

  /// Lowers the rate after `patience` epochs in a row without improvement. Defaults are Keras'.
  ///
  /// - Precondition: `factor` lies between 0 and 1, both excluded; `patience` is at least 1; the others are not negative.
  public init(
    _ monitor: Monitor = Monitor("val_loss", minimumChange: 1e-4), factor: Double = 0.1, patience: Int = 10,
    cooldown: Int = 0, minimumRate: Double = 0
  ) {
    precondition(
      factor > 0 && factor < 1 && patience >= 1 && cooldown >= 0 && minimumRate >= 0,
      "ReduceOnPlateau: need 0 < factor < 1, a patience of at least 1 and no negative number; got factor \(factor), "
        + "patience \(patience), cooldown \(cooldown), minimumRate \(minimumRate)")
    self.monitor = monitor
    self.factor = factor
    self.patience = patience
    self.cooldown = cooldown
    self.minimumRate = minimumRate
  }

  /// Compares, and lowers the rate where it has been long enough.
  ///
  /// - Throws: `TrainingError.notMeasured`.
  public mutating func epochEnds(_ record: EpochRecord, _ run: inout RunState) throws {
    let value = try monitor.value(in: record)
    let isResting = resting > 0
    if isResting { (resting, waited) = (resting - 1, 0) }
    if monitor.isBetter(value, than: best, for: run.trainer) {
      (best, waited) = (value, 0)
    } else if !isResting {
      waited += 1
      if waited >= patience { lowerRate(&run) }
    }
  }

  private mutating func lowerRate(_ run: inout RunState) {
    let optimizer = run.trainer.optimizer
    let rate = optimizer.currentLearningRate
    let lower = max(rate * factor, minimumRate)
    guard lower < rate else { return }
    run.trainer.optimizer.options.rateFactor *= lower / rate
    run.note(
      "\(monitor.name) stands still: the learning rate goes from \(ProgressText.number(rate)) to \(ProgressText.number(lower))"
    )
    (waited, resting) = (0, cooldown)
  }

  /// The best value, the epochs since, and the epochs of rest.
  public var memory: [String: Double] {
    get {
      ["waited": Double(waited), "resting": Double(resting)].merging(best.map { ["best": $0] } ?? [:]) { $1 }
    }
    set {
      (best, waited, resting) = (
        newValue["best"], Int(clamping: newValue["waited"]), Int(clamping: newValue["resting"])
      )
    }
  }
}
