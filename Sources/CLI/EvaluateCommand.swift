import ArgumentParser
import Martlet

/// Measures saved weights on the test set.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure a trained network on the test set.",
    discussion: """
      Prints loss and accuracy, the confusion matrix (rows are the true classes), and precision, recall and F1 per class.

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
    let testAccuracy: Double
    let testSamples: Int
    let confusionMatrix: [[Int]]
    let dataSource: String
  }

  func run() throws {
    let (recipe, model) = try Recipe.load(weights)
    let device = try devices.selected()
    let mnist = try data.load(quietly: quiet)
    let trainer = Trainer(model, loss: .softmaxCrossEntropy, metrics: [.accuracy], on: device)
    let evaluation = try trainer.evaluate(mnist.test)
    let predictions = try trainer.predict(mnist.test)
    let labels = (0..<mnist.test.count).map { Int32(mnist.test.label(at: $0) ?? 0) }
    let matrix = ConfusionMatrix(
      labels: labels, predictions: predictions.labels.map(Int32.init), classCount: mnist.test.classCount)
    if !quiet && reportPath != "-" {
      print("\(recipe.name) on \(device.name), \(mnist.test.count) test samples from \(mnist.source): \(evaluation)\n")
      print(matrix.table(classNames: mnist.test.classNames))
      print(matrix.report(classNames: mnist.test.classNames))
    }
    if let reportPath {
      let report = Report(
        recipe: recipe.name, device: device.name, testLoss: evaluation.loss, testAccuracy: evaluation["accuracy"] ?? 0,
        testSamples: mnist.test.count, confusionMatrix: matrix.rows, dataSource: "\(mnist.source)")
      try writeJSON(report, to: reportPath)
    }
  }
}
