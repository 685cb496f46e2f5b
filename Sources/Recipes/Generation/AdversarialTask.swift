import Martlet

/// A generator and a discriminator of pictures that train each other, judged by a classifier that learned the real ones.
package struct AdversarialTask: GenerativeTask {
  let data: DataSource
  let latentSize: Int
  let generator: @Sendable () -> [any Layer]
  let discriminator: @Sendable () -> [any Layer]
  let epochs: Int
  let batchSize: Int
  let learningRate: Float

  package var options: Set<RecipeOption> {
    [.epochs, .batchSize, .learningRate, .data, .limit, .save, .picture, .tensorBoard]
  }

  package func summary(of recipe: String) throws -> String {
    let generator = try generator(seed: 0)
    let judged = generator.outputShapes.last ?? []
    let discriminator = try Sequential(input: judged, layers: discriminator(), name: "discriminator")
    return Network.summary(of: generator) + "\n\n" + Network.summary(of: discriminator)
  }

  private func generator(seed: UInt64) throws -> Sequential {
    try Sequential(input: [latentSize], layers: generator(), seed: seed, name: "generator")
  }

  package func run(_ recipe: String, with settings: RunSettings) throws -> RunOutcome {
    let data = try data.load(DataRequest(path: settings.data, limit: settings.limit, seed: settings.seed))
    data.notes.forEach(settings.note)
    let (device, seed) = (settings.device, settings.seed)
    let (epochs, batchSize) = (settings.epochs ?? epochs, settings.batchSize ?? batchSize)
    let rate = Double(settings.learningRate ?? learningRate)
    // The generator has the harder task and is given the larger steps (Heusel et al. 2017 argue for two rates).
    var pair = try AdversarialPair(
      generator: generator(seed: seed),
      discriminator: Sequential(
        input: Shape(data.train.sampleShape), layers: discriminator(), seed: seed &+ 1, name: "discriminator"),
      generatorOptimizer: Adam(learningRate: 2.5 * rate, beta1: 0.5),
      discriminatorOptimizer: Adam(learningRate: rate, beta1: 0.5))
    settings.note("\(recipe) on \(device.name) (\(device.capabilities.deviceName)), data: \(data.source)\n")
    settings.note(Network.summary(of: pair.generator) + "\n" + Network.summary(of: pair.discriminator) + "\n")
    let judge = try judge(of: data, with: settings)
    var follower = try LoopFollower(
      settings, source: data.source, models: ["generator": pair.generator, "discriminator": pair.discriminator])
    // Always the same noise, so that one can watch.
    func sheet(_ pair: AdversarialPair) throws -> GrayPicture {
      try GrayPicture.sheet(of: [pair.samples(100, seed: seed, on: device)], columns: 10)
    }
    var outcome = RunOutcome()
    outcome.history = try pair.fit(
      data.train, epochs: epochs, batchSize: batchSize, seed: seed, on: device, progress: settings.progress,
      stoppingWhen: settings.shouldStop,
      afterEpoch: { epoch, pair in
        // A sheet after each epoch, over the last one.
        if let path = settings.picture { try sheet(pair).writePNG(to: path) }
        return ["score": try score(of: pair.generator, count: 500, judge: judge, settings).score]
      },
      onEpochEnd: { history, pair in try follower.epochEnds(history, picture: "samples") { try sheet(pair) } })
    outcome.describe(
      data, batchSize: batchSize,
      parameterCount: pair.generator.parameterCount + pair.discriminator.parameterCount)
    try settings.saving { path in
      // What made it good, the discriminator, is not needed to make more.
      try SavedGenerator.write(
        pair.generator, recipe: recipe, shape: Shape(data.train.sampleShape), seed: seed, to: path)
      settings.note("saved the weights of the generator to \(path)")
    }
    if outcome.wasInterrupted { return outcome }
    try measure(pair.generator, judge: judge, with: settings, into: &outcome)
    if let path = settings.picture { settings.note("wrote samples to \(path)") }
    return outcome
  }

  private func measure(
    _ generator: Sequential, judge: Trainer, with settings: RunSettings, into outcome: inout RunOutcome
  ) throws {
    let judged = try score(of: generator, count: 2000, judge: judge, settings)
    let rarest = judged.classShares.min() ?? 0
    outcome.figures = ["score": judged.score, "confidence": judged.confidence, "rarest_class_share": rarest]
    outcome.text =
      "2000 samples: score \(judged.score.rounded(toPlaces: 2)) of \(judged.classShares.count), confidence "
      + "\(judged.confidence.rounded(toPlaces: 3)), rarest class \((100 * rarest).rounded(toPlaces: 1)) %"
  }

  /// A classifier of the real pictures.
  private func judge(of data: RecipeData, with settings: RunSettings) throws -> Trainer {
    let model = try Sequential(input: Shape(data.train.sampleShape), seed: settings.seed) {
      Flatten()
      Dense(128, activation: .relu)
      Dense(max(data.train.classCount, 2))
    }
    let trainer = Trainer(model, loss: .softmaxCrossEntropy, metrics: [.accuracy], on: settings.device)
    try trainer.fit(
      data.train, epochs: 3, batchSize: 128, seed: settings.seed, progress: .silent, stoppingWhen: settings.shouldStop)
    return trainer
  }

  private func score(
    of generator: Sequential, count: Int, judge: Trainer, _ settings: RunSettings
  ) throws -> SampleScore {
    let samples = AdversarialPair.samples(count, of: generator, seed: settings.seed &+ 1, on: settings.device)
    let made = try Dataset(inputs: samples.floats(), shape: Array(samples.shape.dropFirst()))
    let probabilities = try judge.predict(made).probabilities
    return SampleScore(probabilities: probabilities, classCount: probabilities.count / count)
  }
}

// What a saved one does.
extension AdversarialTask {
  private func generator(in saved: SavedGenerator, on device: Device) throws -> Sequential {
    let generator = try generator(seed: 0)
    try saved.load(into: generator, on: device)
    return generator
  }

  package func generated(by saved: SavedGenerator, _ request: GenerationRequest) throws -> Generated {
    try request.requirePictures(of: saved.recipe)
    let generator = try generator(in: saved, on: request.device)
    let samples = AdversarialPair.samples(
      request.count ?? 20, of: generator, seed: request.seed, on: request.device)
    return .pictures(try GrayPicture.pictures(in: samples))
  }

  package func measured(_ saved: SavedGenerator, with settings: RunSettings) throws -> RunOutcome {
    let generator = try generator(in: saved, on: settings.device)
    var settings = settings
    settings.seed = saved.seed
    let data = try data.load(DataRequest(path: settings.data, limit: settings.limit, seed: saved.seed))
    data.notes.forEach(settings.note)
    var outcome = RunOutcome()
    outcome.describe(data, batchSize: batchSize, parameterCount: generator.parameterCount)
    try measure(generator, judge: judge(of: data, with: settings), with: settings, into: &outcome)
    return outcome
  }
}
