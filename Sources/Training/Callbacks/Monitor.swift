/// A quantity that is watched from epoch to epoch, and when it counts as better.
public struct Monitor: Hashable, Sendable, ExpressibleByStringLiteral {
  /// Which way is better.
  public enum Direction: Hashable, Sendable {
    /// As the metric itself says; a loss is better when smaller.
    case automatic
    /// Smaller is better.
    case smaller
    /// Larger is better.
    case larger
  }

  /// Its name in the history: `val_loss`, `val_accuracy`.
  public let name: String
  /// Which way is better.
  public let direction: Direction
  /// By how much it has to be better to count.
  public let minimumChange: Double

  /// Watches a quantity.
  ///
  /// - Precondition: `minimumChange` is not negative.
  public init(_ name: String, better direction: Direction = .automatic, minimumChange: Double = 0) {
    precondition(minimumChange >= 0, "Monitor: need a minimum change of at least 0; got \(minimumChange)")
    self.name = name
    self.direction = direction
    self.minimumChange = minimumChange
  }

  /// Watches the quantity of this name, in the direction its metric says.
  public init(stringLiteral name: String) { self.init(name) }

  /// The value of an epoch.
  ///
  /// - Throws: `TrainingError.notMeasured` where the run does not measure it.
  func value(in record: EpochRecord) throws -> Double {
    guard let value = record[name] else {
      throw TrainingError.notMeasured(name: name, measured: record.values.keys.sorted())
    }
    return value
  }

  /// Whether a value is better than the best so far; NaN never is.
  func isBetter(_ value: Double, than best: Double?, for trainer: Trainer) -> Bool {
    guard let best else { return !value.isNaN }
    return prefersLarger(trainer) ? value > best + minimumChange : value < best - minimumChange
  }

  private func prefersLarger(_ trainer: Trainer) -> Bool {
    switch direction {
    case .smaller: return false
    case .larger: return true
    case .automatic:
      let plain = name.hasPrefix("val_") ? String(name.dropFirst(4)) : name
      let names = [plain, EpochRecord.otherSpelling(of: plain)]
      return trainer.metrics.first { names.contains($0.name) }?.isBetterWhenLarger ?? false
    }
  }
}
