import Foundation
import Martlet

/// A variational autoencoder of grey pictures: how well it describes pictures it has not seen, and new ones it makes up.
package struct VariationalTask: GenerativeTask {
  let data: DataSource
  let hidden: Int
  let latentSize: Int
  let epochs: Int
  let batchSize: Int
  let learningRate: Float

  package var options: Set<RecipeOption> {
    [.epochs, .batchSize, .learningRate, .data, .limit, .save, .picture, .tensorBoard]
  }

  package func summary(of recipe: String) throws -> String {
    let model = try VariationalAutoencoder(input: [28, 28, 1], hidden: hidden, latentSize: latentSize)
    return Network.summary(of: model.encoder) + "\n\n" + Network.summary(of: model.decoder)
  }

  package func run(_ recipe: String, with settings: RunSettings) throws -> RunOutcome {
    let data = try data.load(DataRequest(path: settings.data, limit: settings.limit, seed: settings.seed))
    data.notes.forEach(settings.note)
    let device = settings.device
    let (epochs, batchSize) = (settings.epochs ?? epochs, settings.batchSize ?? batchSize)
    let model = try VariationalAutoencoder(
      input: Shape(data.train.sampleShape), hidden: hidden, latentSize: latentSize, seed: settings.seed)
    settings.note("\(recipe) on \(device.name) (\(device.capabilities.deviceName)), data: \(data.source)\n")
    settings.note(Network.summary(of: model.encoder) + "\n" + Network.summary(of: model.decoder) + "\n")
    let steps = epochs.multipliedCapped(by: data.train.batches(size: batchSize).count)
    var follower = try LoopFollower(
      settings, source: data.source, models: ["encoder": model.encoder, "decoder": model.decoder])
    var outcome = RunOutcome()
    outcome.history = try model.fit(
      data.train, validation: data.measured, epochs: epochs, batchSize: batchSize,
      optimizer: Adam(learningRate: CosineDecay(Double(settings.learningRate ?? learningRate), decaySteps: steps)),
      seed: settings.seed, on: device, progress: settings.progress, stoppingWhen: settings.shouldStop,
      onEpochEnd: { history in
        try follower.epochEnds(history, picture: "samples") { try Self.sheet(of: model, data, settings) }
      })
    outcome.describe(data, batchSize: batchSize, parameterCount: model.parameterCount)
    try settings.saving { path in
      try SavedGenerator.write(
        model, recipe: recipe, shape: Shape(data.train.sampleShape), seed: settings.seed, to: path)
      settings.note("saved the weights to \(path)")
    }
    if outcome.wasInterrupted { return outcome }
    try measure(model, on: data, with: settings, into: &outcome)
    if let path = settings.picture {
      try Self.sheet(of: model, data, settings).writePNG(to: path)
      settings.note("wrote pictures, their reconstructions and new ones to \(path)")
    }
    return outcome
  }

  /// Pictures, what comes back of them below, and new ones.
  private static func sheet(
    of model: VariationalAutoencoder, _ data: RecipeData, _ settings: RunSettings
  ) throws -> GrayPicture {
    let x = data.measured.batch(of: 0..<min(10, data.measured.count)).inputTensor(on: settings.device)
    let rows = [x, model.reconstructions(x), model.samples(50, seed: settings.seed, on: settings.device)]
    return try GrayPicture.sheet(of: rows, columns: x.shape[0])
  }

  private func measure(
    _ model: VariationalAutoencoder, on data: RecipeData, with settings: RunSettings, into outcome: inout RunOutcome
  ) throws {
    let bound = try model.negativeELBO(of: data.measured, seed: settings.seed, on: settings.device)
    outcome.figures["test_loss"] = bound
    outcome.text = "test: -ELBO \(bound.rounded(toPlaces: 2)) nats per picture"
  }
}

// What a saved one does.
extension VariationalTask {
  private func model(in saved: SavedGenerator, on device: Device) throws -> VariationalAutoencoder {
    let shape = try saved.pictureShape()
    try saved.requireWeights(atLeast: shape.elementCount * hidden, reason: "samples of shape \(shape)")
    let model = try VariationalAutoencoder(input: shape, hidden: hidden, latentSize: latentSize)
    try saved.load(into: model, on: device)
    return model
  }

  package func generated(by saved: SavedGenerator, _ request: GenerationRequest) throws -> Generated {
    try request.requirePictures(of: saved.recipe)
    let model = try model(in: saved, on: request.device)
    let samples = model.samples(request.count ?? 20, seed: request.seed, on: request.device)
    return .pictures(try GrayPicture.pictures(in: samples))
  }

  package func measured(_ saved: SavedGenerator, with settings: RunSettings) throws -> RunOutcome {
    let model = try model(in: saved, on: settings.device)
    let data = try data.load(DataRequest(path: settings.data, limit: settings.limit, seed: saved.seed))
    data.notes.forEach(settings.note)
    var outcome = RunOutcome()
    outcome.describe(data, batchSize: batchSize, parameterCount: model.parameterCount)
    try measure(model, on: data, with: settings, into: &outcome)
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
    contactSheet(of: try batches.flatMap { try pictures(in: $0) }, columns: columns)
  }

  /// Those of a batch `[count, height, width, 1]`.
  static func pictures(in batch: Tensor) throws -> [GrayPicture] {
    let (height, width) = (batch.shape[1], batch.shape[2])
    let values = try batch.floats()
    return (0..<batch.shape[0]).map { index in
      let start = index * height * width
      return GrayPicture(width: width, height: height, values: Array(values[start..<start + height * width]))
    }
  }
}

extension Double {
  /// For people.
  func rounded(toPlaces places: Int) -> String { String(format: "%.\(places)f", self) }
}
