import ArgumentParser
import Martlet
import MartletRecipes

/// Measures saved weights on the test set.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure a trained network on the test set.",
    discussion: """
      Prints loss and metrics; for classes also the confusion matrix (rows are the true classes), and precision, recall and F1 of
      each. Where data are made up or divided at random, the seed of the training decides them again.

      Example:
        martlet evaluate cnn.safetensors --device cpu
      """)

  @Argument(help: "Weights written by 'martlet train … --save'.")
  var weights: String

  @OptionGroup var devices: DeviceOptions
  @OptionGroup var data: DataOptions

  @Option(name: .customLong("json"), help: ArgumentHelp("Write the results; - is standard output.", valueName: "file"))
  var reportPath: String?

  @Flag(help: "Show nothing but errors.")
  var quiet = false

  struct Report: Encodable {
    let recipe: String
    let device: String
    let testLoss: Double
    let testAccuracy: Double?
    let metrics: [String: Double]
    let testSamples: Int
    let confusionMatrix: [[Int]]?
    let dataSource: String
  }

  func run() throws {
    if let generator = try SavedGenerator.read(weights) { return try measure(generator) }
    let (saved, task, model) = try SavedNetwork.read(weights)
    let device = try devices.selected()
    let data = try task.data.load(data.request(seed: saved.seed))
    if !quiet { data.notes.forEach(note) }
    let trainer = Trainer(model, loss: task.loss, metrics: task.metrics, on: device)
    let evaluation = try trainer.evaluate(data.measured)
    let matrix = try matrix(of: trainer, on: data.measured)
    if !quiet && reportPath != "-" {
      let samples = "\(data.measured.count) \(data.test == nil ? "training" : "test") samples"
      print("\(saved.recipe) on \(device.name), \(samples) from \(data.source): \(evaluation)")
      if let matrix {
        print("\n\(matrix.table(classNames: data.measured.classNames))")
        print(matrix.report(classNames: data.measured.classNames))
      }
    }
    if let reportPath {
      let report = Report(
        recipe: saved.recipe, device: device.name, testLoss: evaluation.loss, testAccuracy: evaluation["accuracy"],
        metrics: evaluation.metrics, testSamples: data.measured.count, confusionMatrix: matrix?.rows,
        dataSource: data.source)
      try writeJSON(report, to: reportPath)
    }
  }

  private struct GeneratorReport: Encodable {
    let recipe, device, dataSource: String
    let metrics: [String: Double]
  }

  /// A model that makes up samples, as it was measured after its training.
  private func measure(_ saved: SavedGenerator) throws {
    var settings = RunSettings(device: try devices.selected())
    (settings.data, settings.limit) = (data.folder, data.limit)
    if !quiet { settings.note = { note($0) } }
    let outcome = try saved.task.measured(saved, with: settings)
    if !quiet && reportPath != "-" {
      print("\(saved.recipe) on \(settings.device.name), data: \(outcome.source): \(outcome.text)")
    }
    if let reportPath {
      let report = GeneratorReport(
        recipe: saved.recipe, device: settings.device.name, dataSource: outcome.source, metrics: outcome.figures)
      try writeJSON(report, to: reportPath)
    }
  }

  /// Where the network tells classes apart.
  private func matrix(of trainer: Trainer, on samples: Dataset) throws -> ConfusionMatrix? {
    let predicted = try trainer.predict(samples).labels
    let labels = (0..<samples.count).compactMap { samples.label(at: $0).map(Int32.init) }
    guard labels.count == samples.count, predicted.count == samples.count else { return nil }
    return ConfusionMatrix(labels: labels, predictions: predicted.map(Int32.init), classCount: samples.classCount)
  }
}
