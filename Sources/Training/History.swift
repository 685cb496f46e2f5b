import Foundation

/// What a training run did, epoch by epoch.
public struct History: Hashable, Sendable, Codable {
  /// The completed epochs in order.
  public package(set) var epochs: [EpochRecord] = []
  /// Whether the run was stopped from outside before its last epoch was complete.
  public package(set) var wasInterrupted = false
  /// Why training ended before its last epoch, where a callback wanted it to.
  public package(set) var stopReason: String?
  /// The number, from 1, of the epoch whose weights the model has now, where there was validation and they were restored.
  public package(set) var bestEpoch: Int?
  /// The wall-clock time of the whole run.
  public package(set) var seconds = 0.0
  /// What the doctor noticed, in order.
  public package(set) var findings: [Finding] = []

  /// A history of nothing yet.
  public init() {}

  /// Reads a history, also one that was written before there were findings.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    epochs = try values.decode([EpochRecord].self, forKey: .epochs)
    wasInterrupted = try values.decode(Bool.self, forKey: .wasInterrupted)
    stopReason = try values.decodeIfPresent(String.self, forKey: .stopReason)
    bestEpoch = try values.decodeIfPresent(Int.self, forKey: .bestEpoch)
    seconds = try values.decode(Double.self, forKey: .seconds)
    findings = try values.decodeIfPresent([Finding].self, forKey: .findings) ?? []
  }

  /// The values of a quantity by epoch: `history["val_loss"]`. `acc` and `accuracy` both work. Empty for a quantity not measured.
  public subscript(name: String) -> [Double] { epochs.compactMap { $0[name] } }

  /// Names of everything measured.
  public var names: [String] { Set(epochs.flatMap(\.values.keys)).sorted() }
}

/// One pass over the data.
public struct EpochRecord: Hashable, Sendable, Codable {
  /// Its number in the run, from 1.
  public let epoch: Int
  /// Loss and metrics, and the same with `val_` in front for the validation data. Those of training are running means, taken
  /// while the weights still changed.
  public let values: [String: Double]
  /// Wall-clock time, validation included.
  public let seconds: Double
  /// Training samples per second, validation excluded.
  public let samplesPerSecond: Double
  /// The optimizer's learning rate when the epoch was over; `nil` in runs that have no such thing.
  public let learningRate: Double?

  package init(
    epoch: Int, values: [String: Double], seconds: Double, samplesPerSecond: Double, learningRate: Double? = nil
  ) {
    self.epoch = epoch
    self.values = values
    self.seconds = seconds
    self.samplesPerSecond = samplesPerSecond
    self.learningRate = learningRate
  }

  /// A value by name, or the `learning_rate`; `acc` and `accuracy` both work.
  public subscript(name: String) -> Double? {
    values[name] ?? values[Self.otherSpelling(of: name)] ?? (name == "learning_rate" ? learningRate : nil)
  }

  static func otherSpelling(of name: String) -> String {
    let prefix = name.hasPrefix("val_") ? "val_" : ""
    return prefix + (["acc": "accuracy", "accuracy": "acc"][name.dropFirst(prefix.count)] ?? "")
  }
}

/// How good a model is on some samples.
public struct Evaluation: Hashable, Sendable, Codable, CustomStringConvertible {
  /// The mean loss per sample.
  public let loss: Double
  /// The metrics by name.
  public let metrics: [String: Double]
  /// How many samples were looked at.
  public let sampleCount: Int
  /// Wall-clock time.
  public let seconds: Double

  /// Loss or a metric by name; `acc` and `accuracy` both work.
  public subscript(name: String) -> Double? { values[name] ?? values[EpochRecord.otherSpelling(of: name)] }

  /// Loss and metrics by name.
  public var values: [String: Double] { metrics.merging(["loss": loss]) { metric, _ in metric } }

  /// `accuracy: 0.9912 - loss: 0.0270`.
  public var description: String { ProgressText.values(values) }
}
