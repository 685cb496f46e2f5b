import Martlet

/// A network that learns answers from samples that have them: data, network, loss, optimizer and a `Trainer`.
package struct SupervisedTask: RecipeTask {
  /// Where the samples come from.
  package var data: DataSource
  /// What samples usually look like; the data's word counts when training.
  package var form: SampleForm
  package var network: Network
  package var loss: any Loss
  package var optimizer: OptimizerPlan
  package var metrics: [Metric]
  package var epochs: Int
  package var batchSize: Int
  /// Which part of the training data judges each epoch, where the data have none for it.
  package var heldOut: HeldOut
  /// What a sample is to a person who wants one judged.
  package var subject: Subject
  /// What is found out at the end, beside loss and metrics on the test samples.
  package var conclusions: [Conclusion]
  /// What `--picture` writes.
  package var picture: (@Sendable (TrainedNetwork) throws -> ColorPicture)?

  package init(
    data: DataSource, form: SampleForm, network: Network, loss: any Loss, optimizer: OptimizerPlan,
    metrics: [Metric] = [], epochs: Int, batchSize: Int, heldOut: HeldOut = .nothing, subject: Subject,
    conclusions: [Conclusion] = [], picture: (@Sendable (TrainedNetwork) throws -> ColorPicture)? = nil
  ) {
    self.data = data
    self.form = form
    self.network = network
    self.loss = loss
    self.optimizer = optimizer
    self.metrics = metrics
    self.epochs = epochs
    self.batchSize = batchSize
    self.heldOut = heldOut
    self.subject = subject
    self.conclusions = conclusions
    self.picture = picture
  }

  /// Which part of the training data is not trained on.
  package enum HeldOut: Sendable {
    case nothing
    /// A share at random, with the same share of every class.
    case share(Double)
    /// The last samples, as Keras' `validation_split` takes them.
    case last(Double)
  }

  /// What a sample is to a person.
  package enum Subject: Sendable {
    /// A grey picture of a digit (or another thing drawn like one).
    case digit
    /// A picture in colours.
    case picture
    /// Numbers with names.
    case numbers([String])
    /// A row of a table, to which columns computed from others are added.
    case row(@Sendable (Table) throws -> Table)
    /// A text, by the words it knows.
    case text(Vocabulary?)
  }

  /// Something found out about a trained network: for people, and as figures for the report.
  package typealias Conclusion = @Sendable (TrainedNetwork) throws -> (text: String, figures: [String: Double])
}

/// A network after its training, with what it was trained on.
package struct TrainedNetwork {
  package let trainer: Trainer
  package let data: RecipeData
  package let history: History
  package let seed: UInt64
}

extension SupervisedTask {
  package var options: Set<RecipeOption> {
    var options: Set<RecipeOption> = [
      .epochs, .batchSize, .learningRate, .limit, .save, .checkpoint, .tensorBoard,
    ]
    if data.readsFiles { options.insert(.data) }
    if picture != nil { options.insert(.picture) }
    return options
  }

  package func summary(of recipe: String) throws -> String {
    Network.summary(of: try network.model(for: form, seed: 0))
  }

  package func run(_ recipe: String, with settings: RunSettings) throws -> RunOutcome {
    let data = try data.load(DataRequest(path: settings.data, limit: settings.limit, seed: settings.seed))
    data.notes.forEach(settings.note)
    return try run(recipe, on: data, with: settings)
  }

  /// The same for samples that are there already.
  func run(_ recipe: String, on data: RecipeData, with settings: RunSettings) throws -> RunOutcome {
    let (epochs, batchSize) = (settings.epochs ?? epochs, settings.batchSize ?? batchSize)
    let (training, validation) = try parts(of: data, seed: settings.seed)
    let form = SampleForm(of: data.train)
    let model = try network.model(for: form, seed: settings.seed)
    let stepsPerEpoch = training.count / batchSize + (training.count.isMultiple(of: batchSize) ? 0 : 1)
    let optimizer = optimizer.optimizer(
      rate: settings.learningRate, steps: epochs.multipliedCapped(by: stepsPerEpoch))
    let device = settings.device
    let trainer = Trainer(model, loss: loss, optimizer: optimizer, metrics: metrics, on: device)
    settings.note("\(recipe) on \(device.name) (\(device.capabilities.deviceName)), data: \(data.source)\n")
    settings.note(Network.summary(of: model) + "\n")

    var outcome = RunOutcome()
    outcome.history = try trainer.fit(
      training, validation: validation.map { .dataset($0) }, epochs: epochs, batchSize: batchSize, seed: settings.seed,
      restoringBest: false, callbacks: settings.allCallbacks(for: data), checkpoint: settings.checkpoint,
      progress: settings.progress,
      stoppingWhen: settings.shouldStop)
    outcome.wasInterrupted = outcome.history.wasInterrupted
    outcome.batchSize = batchSize
    outcome.learningRate = settings.learningRate ?? self.optimizer.learningRate
    outcome.trainingSampleCount = training.count
    outcome.parameterCount = model.parameterCount
    outcome.source = data.source
    let saved = SavedNetwork(recipe: recipe, form: form, data: data, seed: settings.seed)
    func save() throws {
      try settings.saving { path in
        try saved.write(model, of: self, sample: data.measured.input(at: 0), metrics: outcome.figures, to: path)
      }
    }
    try save()
    if outcome.wasInterrupted { return outcome }
    let trained = TrainedNetwork(trainer: trainer, data: data, history: outcome.history, seed: settings.seed)
    try conclude(trained, into: &outcome)
    // An archive says what was measured, too.
    if let path = settings.save, SavedNetwork.isArchive(named: path) { try save() }
    if let path = settings.save { settings.note("saved the network to \(path)") }
    if settings.collectsEvidence { outcome.evidence = try RunEvidence(of: trainer, on: data.measured) }
    if let path = settings.picture, let picture {
      try picture(trained).writePNG(to: path)
      settings.note("wrote the picture to \(path)")
    }
    return outcome
  }

  func parts(of data: RecipeData, seed: UInt64) throws -> (training: Dataset, validation: Dataset?) {
    if let validation = data.validation { return (data.train, validation) }
    switch heldOut {
    case .nothing: return (data.train, nil)
    case .share(let share):
      let parts = try data.train.split(holdingOut: share, seed: seed)
      return (parts.training, parts.heldOut)
    case .last(let share):
      let parts = try data.train.split(holdingOutLast: share)
      return (parts.training, parts.heldOut)
    }
  }

  private func conclude(_ trained: TrainedNetwork, into outcome: inout RunOutcome) throws {
    var lines: [String] = []
    if let test = trained.data.test {
      let evaluation = try trained.trainer.evaluate(test)
      for (name, value) in evaluation.values { outcome.figures["test_" + name] = value }
      lines.append("test \(evaluation)")
    }
    for conclusion in conclusions {
      let (text, figures) = try conclusion(trained)
      if !text.isEmpty { lines.append(text) }
      outcome.figures.merge(figures) { $1 }
    }
    outcome.text = lines.joined(separator: "\n")
  }
}

extension Int {
  /// The product, or the largest number where it would be larger: `--epochs` may be anything.
  func multipliedCapped(by other: Int) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? .max : product
  }
}
