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

      Samples of your own can be files as 'martlet predict' takes them, with --labels.

      Examples:
        martlet evaluate first                     the network of a stored run
        martlet evaluate cnn.martlet --device cpu
        martlet evaluate cnn.martlet x.npy --labels y.npy
        martlet evaluate cnn.martlet t10k-images.gz --labels t10k-labels.gz
        martlet evaluate titanic.martlet people.csv --labels survived
      """)

  @Argument(
    help: ArgumentHelp(
      "A stored run, an archive or weights written by 'martlet train … --save', or an ONNX file.", valueName: "network"),
    completion: .networks)
  var network: String

  @Argument(
    help: ArgumentHelp("Files of samples; by default the test samples of the recipe.", valueName: "file"),
    completion: .file())
  var samples: [String] = []

  @Option(
    help: ArgumentHelp(
      "The right answers for files of samples: an .npy or IDX file, or a column of the CSV file.",
      valueName: "file|column"), completion: .file())
  var labels: String?

  @OptionGroup var devices: DeviceOptions
  @OptionGroup var data: DataOptions

  @Option(
    name: .customLong("json"), help: ArgumentHelp("Write the results; - is standard output.", valueName: "file"),
    completion: .file(extensions: ["json"]))
  var reportPath: String?

  @Flag(help: "Show nothing but errors.")
  var quiet = false

  func validate() throws {
    if samples.isEmpty != (labels == nil) {
      throw ValidationError("files of samples need their right answers, --labels, and --labels needs files of samples")
    }
    if let reportPath { try requireWritable(reportPath) }
  }

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
    let weights = try NetworkFile.place(of: network)
    if let generator = try SavedGenerator.read(weights) { return try measure(generator) }
    let (saved, task, model) = try SavedNetwork.read(weights)
    let device = try devices.selected()
    let reader = SampleReader(saved: saved, task: task, request: data.request(seed: saved.seed)) { note($0) }
    let data = try labels.map { try reader.labelled(samples, by: $0) } ?? task.data.load(data.request(seed: saved.seed))
    if !quiet { data.notes.forEach(note) }
    let trainer = Trainer(model, loss: task.loss, metrics: task.metrics, on: device)
    let evaluation = try trainer.evaluate(data.measured)
    let matrix = try matrix(of: trainer, on: data.measured)
    if !quiet && reportPath != "-" {
      let samples = "\(data.measured.count) \(data.test == nil ? "training" : "test") samples"
      print(
        "\(saved.recipe.isEmpty ? weights : saved.recipe) on \(device.name), \(samples) from \(data.source): \(evaluation)"
      )
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
