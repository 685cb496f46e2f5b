import ArgumentParser
import Foundation
import Martlet

/// Where learning reaches in a network.
struct ExplainGradients: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gradients",
    abstract: "Show the gradient of every layer, and dead and saturated units.",
    discussion: """
      The gradients are those of the loss for one batch of training samples. For a recipe's name instead of saved weights they are
      those of the untrained network.

      Examples:
        martlet explain gradients mnist-mlp
        martlet explain gradients cnn.safetensors --samples 500
      """)

  @Argument(
    help: ArgumentHelp("A recipe, a stored run or a saved network.", valueName: "network"),
    completion: .networksOrRecipes)
  var subject: String

  @Option(parsing: .unconditional, help: "How many training samples to look at.")
  var samples = 256

  @Flag(help: "Print one JSON object instead of tables.")
  var json = false

  @OptionGroup var devices: DeviceOptions
  @OptionGroup var data: DataOptions

  func validate() throws {
    if !(1...4096).contains(samples) { throw ValidationError("--samples has to be 1 to 4096; got \(samples)") }
  }

  private struct Report: Encodable {
    struct Weight: Encodable {
      let layer: String
      let parameter: String
      let elements: Int
      let weightSize: Double
      let gradientSize: Double
    }
    struct Units: Encodable {
      let layer: String
      let activation: String
      let units: Int
      let dead: Int?
      let activeShare: Double
      let saturatedShare: Double?
    }

    let network: String
    let samples: Int
    let loss: Double
    let gradients: [Weight]
    let units: [Units]

    init(network: String, gradients: GradientReport, units: UnitReport) {
      self.network = network
      samples = units.sampleCount
      loss = gradients.loss
      self.gradients = gradients.entries.map {
        Weight(
          layer: $0.layer, parameter: $0.parameter, elements: $0.elementCount, weightSize: $0.weightSize,
          gradientSize: $0.gradientSize)
      }
      self.units = units.entries.map {
        Units(
          layer: $0.layer, activation: $0.activation, units: $0.unitCount, dead: $0.deadCount,
          activeShare: $0.activeShare, saturatedShare: $0.saturatedShare)
      }
    }
  }

  func run() throws {
    try withDevice(try devices.selected()) {
      let subject = try ExplainSubject(subject)
      let training = try subject.samples(data).train.prefix(samples)
      let batch = training.batch(of: 0..<training.count)
      guard let targets = batch.targetTensor() else {
        throw ValidationError("\(subject.name) has samples without targets: there is no loss to look at")
      }
      let inputs = batch.inputTensor()
      let gradients = try GradientReport(
        of: subject.model, loss: subject.task.loss, inputs: inputs, targets: targets)
      let units = try UnitReport(of: subject.model, inputs: inputs)
      if json { return try writeJSON(Report(network: subject.name, gradients: gradients, units: units), to: "-") }
      print("\(subject.name), \(training.count) training samples, loss \(String(format: "%.4f", gradients.loss))\n")
      print(gradients)
      print(units, terminator: "")
    }
  }
}
