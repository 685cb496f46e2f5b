import Foundation
import Martlet
import MartletRecipes

/// What `martlet train --json` writes: what was done, the values of every epoch, and the figures of the end under their own names.
struct TrainingReport: Encodable {
  private let recipe: Recipe
  private let settings: RunSettings
  private let outcome: RunOutcome
  let seconds: Double

  /// - Parameter seconds: How long everything took; the report has the time of training where there were epochs.
  init(recipe: Recipe, settings: RunSettings, outcome: RunOutcome, seconds: Double) {
    self.recipe = recipe
    self.settings = settings
    self.outcome = outcome
    self.seconds = outcome.history.epochs.isEmpty ? seconds : outcome.history.seconds
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Name.self)
    func put(_ value: some Encodable, _ name: String) throws { try container.encode(value, forKey: Name(name)) }
    try put(recipe.name, "recipe")
    try put(settings.device.name, "device")
    try put(settings.device.capabilities.threadCount, "threads")
    try put(settings.seed, "seed")
    try put(outcome.history.epochs.count, "epochs")
    try put(outcome.batchSize, "batch_size")
    try put(outcome.trainingSampleCount, "train_samples")
    try put(outcome.parameterCount, "parameters")
    try put(outcome.history.epochs.map(Epoch.init), "history")
    try put(seconds, "seconds")
    try put(Self.peakMemoryByteCount, "peak_memory_bytes")
    try put(outcome.source, "data_source")
    for (name, figure) in outcome.figures { try put(figure, name) }
  }

  /// The values of an epoch under their names.
  private struct Epoch: Encodable {
    let record: EpochRecord

    init(_ record: EpochRecord) { self.record = record }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Name.self)
      for (name, value) in record.values { try container.encode(value, forKey: Name(name)) }
      try container.encode(record.seconds, forKey: Name("seconds"))
      try container.encode(record.samplesPerSecond, forKey: Name("samples_per_second"))
      try container.encodeIfPresent(record.learningRate, forKey: Name("learning_rate"))
    }
  }

  /// A key that is found out while the report is written.
  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// The most memory the process ever had resident.
  static var peakMemoryByteCount: Int {
    var usage = rusage()
    #if canImport(Darwin)
      getrusage(RUSAGE_SELF, &usage)
      return Int(usage.ru_maxrss)  // bytes there
    #else
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
      return Int(usage.ru_maxrss) * 1024  // kilobytes here
    #endif
  }
}
