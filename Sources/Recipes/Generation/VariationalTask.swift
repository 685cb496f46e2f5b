import Foundation
import Martlet

/// A variational autoencoder of grey pictures: how well it describes pictures it has not seen, and new ones it makes up.
package struct VariationalTask: RecipeTask {
  let data: DataSource
  let hidden: Int
  let latentSize: Int
  let epochs: Int
  let batchSize: Int
  let learningRate: Float

  package var options: Set<RecipeOption> { [.epochs, .batchSize, .learningRate, .data, .limit, .picture] }

  package func run(_ recipe: String, with settings: RunSettings) throws -> RunOutcome {
    let data = try data.load(DataRequest(path: settings.data, limit: settings.limit, seed: settings.seed))
    data.notes.forEach(settings.note)
    let device = settings.device
    let (epochs, batchSize) = (settings.epochs ?? epochs, settings.batchSize ?? batchSize)
    let model = try VariationalAutoencoder(
      input: Shape(data.train.sampleShape), hidden: hidden, latentSize: latentSize, seed: settings.seed)
    settings.note("\(recipe) on \(device.name) (\(device.capabilities.deviceName)), data: \(data.source)\n")
    settings.note(model.encoder.summary() + "\n" + model.decoder.summary() + "\n")
    let steps = epochs.multipliedCapped(by: data.train.batches(size: batchSize).count)
    var outcome = RunOutcome()
    outcome.history = try model.fit(
      data.train, validation: data.measured, epochs: epochs, batchSize: batchSize,
      optimizer: Adam(learningRate: CosineDecay(Double(settings.learningRate ?? learningRate), decaySteps: steps)),
      seed: settings.seed, on: device, progress: settings.progress, stoppingWhen: settings.shouldStop)
    outcome.describe(data, batchSize: batchSize, parameterCount: model.parameterCount)
    if outcome.wasInterrupted { return outcome }
    let bound = try model.negativeELBO(of: data.measured, seed: settings.seed, on: device)
    outcome.figures["test_loss"] = bound
    outcome.text = "test: -ELBO \(bound.rounded(toPlaces: 2)) nats per picture"
    if let path = settings.picture {
      // Pictures, what comes back of them below, and new ones.
      let x = data.measured.batch(of: 0..<min(10, data.measured.count)).inputTensor(on: device)
      let rows = [x, model.reconstructions(x), model.samples(50, seed: settings.seed, on: device)]
      try GrayPicture.sheet(of: rows, columns: x.shape[0]).writePNG(to: path)
      settings.note("wrote pictures, their reconstructions and new ones to \(path)")
    }
    return outcome
  }
}

extension RunOutcome {
  /// Fills in what every run over a dataset has.
  mutating func describe(_ data: RecipeData, batchSize: Int, parameterCount: Int) {
    wasInterrupted = history.wasInterrupted
    self.batchSize = batchSize
    trainingSampleCount = data.train.count
    self.parameterCount = parameterCount
    source = data.source
  }
}

extension GrayPicture {
  /// Batches `[count, height, width, 1]` of pictures, one after another on a sheet.
  static func sheet(of batches: [Tensor], columns: Int) throws -> GrayPicture {
    let pictures = try batches.flatMap { batch -> [GrayPicture] in
      let (height, width) = (batch.shape[1], batch.shape[2])
      let values = try batch.floats()
      return (0..<batch.shape[0]).map { index in
        let start = index * height * width
        return GrayPicture(width: width, height: height, values: Array(values[start..<start + height * width]))
      }
    }
    return contactSheet(of: pictures, columns: columns)
  }
}

extension Double {
  /// For people.
  func rounded(toPlaces places: Int) -> String { String(format: "%.\(places)f", self) }
}
