import Foundation
import MartletCharts
import MartletData
import MartletLayers
import MartletTensor
import MartletTraining

/// Writes what TensorBoard shows: loss, metrics and learning rate after every epoch, the distribution of every parameter, and pictures of
/// what the model makes of some samples.
///
///     try trainer.fit(
///       data, validation: .split(0.1), epochs: 10,
///       callbacks: [TensorBoard(folder: URL(filePath: "logs/first"), samples: mnist.test.prefix(32))])
///
/// then `tensorboard --logdir logs`. What was measured on validation data is a run of its own, so that both curves of a quantity are in one
/// chart. Nothing of TensorFlow is needed to write.
///
/// A loop of one's own calls `begin` and, after each epoch, `write`:
///
///     var events = TensorBoard(folder: URL(filePath: "logs/gan"))
///     try events.begin(["generator": pair.generator, "discriminator": pair.discriminator])
///     try pair.fit(digits, onEpochEnd: { history, pair in
///       if let last = history.epochs.last { try events.write(last, ["generator": pair.generator]) }
///     })
public struct TensorBoard: Callback {
  /// Where the files are, in `train` and `validation`.
  public let folder: URL
  /// Whether the distributions of parameters are written.
  public let histograms: Bool
  /// Samples whose answers are drawn after every epoch, where they are pictures.
  public let samples: Dataset?
  /// Texts by tag, written once.
  public let texts: [String: String]
  private var training: EventFile?
  private var validation: EventFile?
  private var hasFailed = false

  /// Writes into a folder.
  public init(folder: URL, histograms: Bool = true, samples: Dataset? = nil, texts: [String: String] = [:]) {
    (self.folder, self.histograms, self.samples, self.texts) = (folder, histograms, samples, texts)
  }

  /// Yes.
  public var onlyWatches: Bool { true }

  /// Begins a file.
  ///
  /// - Throws: `FileError`, before any work is done.
  public mutating func trainingBegins(_ run: inout RunState) throws {
    // A run that goes on has its first histograms.
    try begin(["": run.trainer.model], isFirst: run.history.epochs.isEmpty)
  }

  /// Begins a file for a loop of one's own.
  ///
  /// - Parameter models: What is trained, by names that their parameters' tags begin with.
  /// - Throws: `FileError`, before any work is done.
  public mutating func begin(_ models: [String: any Layer] = [:]) throws { try begin(models, isFirst: true) }

  private mutating func begin(_ models: [String: any Layer], isFirst: Bool) throws {
    let events = try EventFile(folder: folder.appendingPathComponent("train"))
    training = events
    for (tag, text) in texts.sorted(by: { $0.key < $1.key }) { try events.add(text, tag, step: 0) }
    for (name, model) in models.sorted(by: { $0.key < $1.key }) {
      if let model = model as? Sequential, model.inputShape != nil {
        // Indented by four: code, in Markdown.
        let lines = model.summary().split(separator: "\n", omittingEmptySubsequences: false).map { "    " + $0 }
        try events.add(lines.joined(separator: "\n"), name.isEmpty ? "model" : name, step: 0)
      }
      if histograms && isFirst { try addParameters(of: model, named: name, to: events, step: 0) }
    }
  }

  /// Writes an epoch of a loop of one's own.
  ///
  /// - Parameters:
  ///   - models: What is trained, by names that their parameters' tags begin with.
  ///   - pictures: What there is to see, by tags.
  ///   - texts: What there is to read, by tags.
  /// - Throws: `FileError`; `BackendError` where parameters cannot be read.
  public mutating func write(
    _ record: EpochRecord, _ models: [String: any Layer] = [:], pictures: [String: ColorPicture] = [:],
    texts: [String: String] = [:]
  ) throws {
    guard let training else { return }
    try add(record, to: training)
    for (name, model) in models.sorted(by: { $0.key < $1.key }) where histograms {
      try addParameters(of: model, named: name, to: training, step: record.epoch)
    }
    for (tag, picture) in pictures.sorted(by: { $0.key < $1.key }) {
      try training.add(picture, tag, step: record.epoch)
    }
    for (tag, text) in texts.sorted(by: { $0.key < $1.key }) { try training.add(text, tag, step: record.epoch) }
  }

  /// Writes the epoch. Where that fails the user is told once, and training goes on.
  public mutating func epochEnds(_ record: EpochRecord, _ run: inout RunState) throws {
    guard !hasFailed else { return }
    do {
      try write(record, ["": run.trainer.model])
      try addPredictions(of: run.trainer, step: record.epoch)
    } catch {
      hasFailed = true
      run.note("no more events for TensorBoard: \(error)")
    }
  }

  private mutating func add(_ record: EpochRecord, to training: EventFile) throws {
    for (name, value) in record.values.sorted(by: { $0.key < $1.key }) {
      if name.hasPrefix("val_") {
        let events = try validation ?? EventFile(folder: folder.appendingPathComponent("validation"))
        validation = events
        try events.add(value, String(name.dropFirst(4)), step: record.epoch)
      } else {
        try training.add(value, name, step: record.epoch)
      }
    }
    if let rate = record.learningRate { try training.add(rate, "learning_rate", step: record.epoch) }
    try training.add(record.samplesPerSecond, "samples_per_second", step: record.epoch)
  }

  private func addPredictions(of trainer: Trainer, step: Int) throws {
    guard let training, let samples, !samples.isEmpty, (try? samples.colorPicture(at: 0)) != nil else { return }
    let predictions = try trainer.predict(samples)
    let figure: Figure?
    if predictions.labels.count == samples.count {
      figure = try predictions.figure(of: samples, title: "epoch \(step)")
    } else {
      figure = try? predictions.reconstructions(of: samples, title: "epoch \(step)")
    }
    if let figure { try training.add(figure.picture(scale: 1), "predictions", step: step) }
  }

  private func addParameters(of model: any Layer, named name: String, to events: EventFile, step: Int) throws {
    for parameter in model.parameters {
      let values = try parameter.value.detached.floats()
      let isNamed = name.isEmpty || parameter.name.hasPrefix(name + ".")
      let tag = isNamed ? parameter.name : "\(name)/\(parameter.name)"
      try events.add(Histogram(of: values), of: values, tag, step: step)
    }
  }
}
