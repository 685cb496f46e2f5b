import Foundation
import Martlet

/// What `martlet train --json` writes.
struct TrainingReport: Encodable {
  let recipe: String
  let device: String
  let threads: Int
  let seed: UInt64
  let epochs: Int
  let batchSize: Int
  let trainSamples: Int
  let parameters: Int
  let history: [Epoch]
  let testLoss: Double?
  let testAccuracy: Double?
  let seconds: Double
  let peakMemoryBytes: Int
  let dataSource: String

  struct Epoch: Encodable {
    let loss: Double?
    let accuracy: Double?
    let valLoss: Double?
    let valAccuracy: Double?
    let seconds: Double
    let samplesPerSecond: Double
  }

  init(
    recipe: Recipe, device: Device, seed: UInt64, batchSize: Int, trainingSampleCount: Int, model: Sequential,
    history: History, test: Evaluation?, source: MNIST.Source
  ) {
    self.recipe = recipe.name
    self.device = device.name
    threads = device.capabilities.threadCount
    self.seed = seed
    epochs = history.epochs.count
    self.batchSize = batchSize
    trainSamples = trainingSampleCount
    parameters = model.parameterCount
    self.history = history.epochs.map { epoch in
      Epoch(
        loss: epoch["loss"], accuracy: epoch["accuracy"], valLoss: epoch["val_loss"],
        valAccuracy: epoch["val_accuracy"],
        seconds: epoch.seconds, samplesPerSecond: epoch.samplesPerSecond)
    }
    testLoss = test?.loss
    testAccuracy = test?["accuracy"]
    seconds = history.seconds
    peakMemoryBytes = Self.peakMemoryByteCount
    dataSource = "\(source)"
  }

  /// The most memory the process ever had resident.
  private static var peakMemoryByteCount: Int {
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
