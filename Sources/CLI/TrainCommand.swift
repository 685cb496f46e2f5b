import ArgumentParser
import Foundation
import Martlet

/// Trains a recipe's model, shows how good it became, and saves it.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a network.",
    discussion: """
      Recipes:
      \(Recipe.list)

      Examples:
        martlet train mnist-cnn --device opencl:0 --epochs 12 --save cnn.safetensors
        martlet train mnist-mlp --data ~/data --limit 5000 --json report.json
      """)

  @Argument(help: "What to train, one of the recipes below.")
  var recipe: Recipe

  @OptionGroup var devices: DeviceOptions
  @OptionGroup var data: DataOptions

  @Option(help: "Passes over the training data; by default the recipe's.")
  var epochs: Int?

  @Option(help: "Samples per update; by default the recipe's.")
  var batchSize: Int?

  @Option(help: "Adam's highest learning rate, from which it falls to 0; by default the recipe's.")
  var learningRate: Float?

  @Option(help: "Decides everything random: first weights, order of samples, validation split.")
  var seed: UInt64 = 1

  @Option(
    name: .customLong("json"), help: ArgumentHelp("Write a report of the run; - is standard output.", valueName: "file")
  )
  var reportPath: String?

  @Option(name: .customLong("save"), help: ArgumentHelp("Write the trained weights (safetensors).", valueName: "file"))
  var savePath: String?

  @OptionGroup var profiling: ProfileOptions

  @Flag(help: "Show nothing but errors.")
  var quiet = false

  func validate() throws {
    if let epochs, epochs < 1 { throw ValidationError("--epochs has to be 1 or more; got \(epochs)") }
    if let batchSize, batchSize < 1 { throw ValidationError("--batch-size has to be 1 or more; got \(batchSize)") }
    if let learningRate, !(learningRate > 0 && learningRate.isFinite) {
      throw ValidationError("--learning-rate has to be a number above 0; got \(learningRate)")
    }
    for path in [savePath, reportPath, profiling.path].compactMap(\.self) { try requireWritable(path) }
  }

  func run() throws {
    let profile = profiling.started()
    let device = try devices.selected(recordingInto: profile)
    let mnist = try data.load(quietly: quiet)
    let model = try recipe.model(seed: seed)
    let trainingCount = mnist.train.count - Recipe.validationCount(of: mnist.train.count)
    let optimizer = recipe.optimizer(
      highestRate: learningRate, epochs: epochs ?? recipe.epochs, batchSize: batchSize ?? recipe.batchSize,
      sampleCount: trainingCount)
    let trainer = Trainer(model, loss: .softmaxCrossEntropy, optimizer: optimizer, metrics: [.accuracy], on: device)
    if !quiet {
      note("\(recipe.name) on \(device.name) (\(device.capabilities.deviceName)), data: \(mnist.source)\n")
      note(model.summary() + "\n")
    }

    Interrupt.listen()
    let history = try trainer.fit(
      mnist.train, validation: .split(Recipe.validationShare), epochs: epochs ?? recipe.epochs,
      batchSize: batchSize ?? recipe.batchSize, seed: seed, restoringBest: false,
      progress: quiet ? .silent : .automatic, stoppingWhen: { Interrupt.isRequested })
    if let savePath {
      try recipe.save(model, to: savePath)
      if !quiet { note("saved the weights to \(savePath)") }
    }
    let test = history.wasInterrupted ? nil : try trainer.evaluate(mnist.test)
    if let test, !quiet { print("test \(test)") }
    if let reportPath {
      let report = TrainingReport(
        recipe: recipe, device: device, seed: seed, batchSize: batchSize ?? recipe.batchSize,
        trainingSampleCount: trainingCount, model: model,
        history: history, test: test, source: mnist.source)
      try writeJSON(report, to: reportPath)
    }
    if let profile {
      try device.synchronize()
      try profiling.report(profile)
    }
    if history.wasInterrupted {
      note("stopped by Ctrl-C after \(history.epochs.count) complete epochs")
      throw ExitCode(130)
    }
  }
}
