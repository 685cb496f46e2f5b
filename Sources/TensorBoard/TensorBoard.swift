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
    let events = try EventFile(folder: folder.appendingPathComponent("train"))
    training = events
    for (tag, text) in texts.sorted(by: { $0.key < $1.key }) { try events.add(text, tag, step: 0) }
    if let model = run.trainer.model as? Sequential, model.inputShape != nil {
      // Indented by four: code, in Markdown.
      let lines = model.summary().split(separator: "\n", omittingEmptySubsequences: false).map { "    " + $0 }
      try events.add(lines.joined(separator: "\n"), "model", step: 0)
    }
    if histograms, run.history.epochs.isEmpty { try addParameters(of: run.trainer.model, to: events, step: 0) }
  }

  /// Writes the epoch. Where that fails the user is told once, and training goes on.
  public mutating func epochEnds(_ record: EpochRecord, _ run: inout RunState) throws {
    guard let training, !hasFailed else { return }
    do {
      try add(record, run.trainer, to: training)
    } catch {
      hasFailed = true
      run.note("no more events for TensorBoard: \(error)")
    }
  }

  private mutating func add(_ record: EpochRecord, _ trainer: Trainer, to training: EventFile) throws {
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
    if histograms { try addParameters(of: trainer.model, to: training, step: record.epoch) }
    guard let samples, !samples.isEmpty, (try? samples.colorPicture(at: 0)) != nil else { return }
    let predictions = try trainer.predict(samples)
    let figure: Figure?
    if predictions.labels.count == samples.count {
      figure = try predictions.figure(of: samples, title: "epoch \(record.epoch)")
    } else {
      figure = try? predictions.reconstructions(of: samples, title: "epoch \(record.epoch)")
    }
    if let figure { try training.add(figure.picture(scale: 1), "predictions", step: record.epoch) }
  }

  private func addParameters(of model: any Layer, to events: EventFile, step: Int) throws {
    for parameter in model.parameters {
      let values = try parameter.value.detached.floats()
      try events.add(Histogram(of: values), of: values, parameter.name, step: step)
    }
  }
}
