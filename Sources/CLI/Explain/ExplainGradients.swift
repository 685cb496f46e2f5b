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

  @Argument(help: ArgumentHelp("Weights written by 'train --save', or a recipe.", valueName: "network"))
  var subject: String

  @Option(parsing: .unconditional, help: "How many training samples to look at.")
  var samples = 256

  @OptionGroup var devices: DeviceOptions
  @OptionGroup var data: DataOptions

  func validate() throws {
    if !(1...4096).contains(samples) { throw ValidationError("--samples has to be 1 to 4096; got \(samples)") }
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
      print("\(subject.name), \(training.count) training samples, loss \(String(format: "%.4f", gradients.loss))\n")
      print(gradients)
      print(try UnitReport(of: subject.model, inputs: inputs), terminator: "")
    }
  }
}
