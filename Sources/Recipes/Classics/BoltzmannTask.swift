import Martlet

/// One restricted Boltzmann machine that learns how probable pictures are.
package struct BoltzmannTask: RecipeTask {
  let data: DataSource
  let hidden: Int
  let epochs: Int
  let batchSize: Int
  let learningRate: Float

  package var options: Set<RecipeOption> {
    [.epochs, .batchSize, .learningRate, .data, .limit, .picture, .tensorBoard]
  }

  package func run(_ recipe: String, with settings: RunSettings) throws -> RunOutcome {
    let data = try data.load(DataRequest(path: settings.data, limit: settings.limit, seed: settings.seed))
    data.notes.forEach(settings.note)
    let shape = data.train.sampleShape
    let (device, count) = (settings.device, shape.reduce(1, *))
    let machine = RestrictedBoltzmannMachine(visible: count, hidden: hidden, seed: settings.seed)
    settings.note(
      "\(recipe) on \(device.name) (\(device.capabilities.deviceName)), data: \(data.source); \(count) visible and \(hidden) "
        + "hidden units\n")
    let x = data.measured.batch(of: 0..<min(2000, data.measured.count)).inputTensor(on: device).flattened()
    let seen = x.sliced(axis: 0, from: 0, count: min(10, x.shape[0]))
    func sheet(_ rows: [Tensor]) throws -> GrayPicture {
      let pictures = rows.map { $0.reshaped(to: [seen.shape[0], shape[0], shape[1], 1]) }
      return try GrayPicture.sheet(of: pictures, columns: seen.shape[0])
    }
    var follower = try LoopFollower(settings, source: data.source, models: ["": machine])
    var outcome = RunOutcome()
    outcome.history = try machine.fit(
      data.train, epochs: settings.epochs ?? epochs, batchSize: settings.batchSize ?? batchSize,
      optimizer: SGD(learningRate: Double(settings.learningRate ?? learningRate), momentum: 0.5), seed: settings.seed,
      on: device, progress: settings.progress, stoppingWhen: settings.shouldStop,
      onEpochEnd: { history in
        try follower.epochEnds(history, picture: "reconstructions") {
          try withoutGradient { try sheet([seen, machine.visible(given: machine(seen))]) }
        }
      })
    outcome.describe(data, batchSize: settings.batchSize ?? batchSize, parameterCount: machine.parameterCount)
    if outcome.wasInterrupted { return outcome }
    let error = Double(try machine.reconstructionError(x).item())
    // The same pixels upside down: as bright, but no digits.
    let gap = try withoutGradient {
      try machine.freeEnergy(x.flipped(alongAxes: [1])).mean().item() - machine.freeEnergy(x).mean().item()
    }
    outcome.figures = ["test_reconstruction_error": error, "free_energy_gap": Double(gap)]
    outcome.text =
      "test: reconstruction error \(error.rounded(toPlaces: 4)) per pixel; pictures turned round have "
      + "\(Double(gap).rounded(toPlaces: 1)) nats more free energy"
    if let path = settings.picture {
      let dreamt = machine.sampled(from: seen, steps: 200, key: RandomKey(seed: settings.seed))
      let rows = withoutGradient {
        [seen, machine.visible(given: machine(seen)), machine.visible(given: machine(dreamt))]
      }
      try sheet(rows).writePNG(to: path)
      settings.note("wrote pictures, what comes back of them, and what 200 steps of sampling make of them to \(path)")
    }
    return outcome
  }
}

/// Stacked Boltzmann machines that learn without labels first, then all together with them.
package struct BeliefTask: NetworkTask {
  let hidden: [Int]
  let pretrainingEpochs: Int
  /// The network's training with labels; its first layers are machines that know nothing yet.
  let tuning: SupervisedTask

  init(hidden: [Int], pretrainingEpochs: Int, tuning: SupervisedTask) {
    self.hidden = hidden
    self.pretrainingEpochs = pretrainingEpochs
    var tuning = tuning
    tuning.network = .layers { form in
      Self.layers(on: DeepBeliefNetwork(visible: form.shape.elementCount, hidden: hidden), form)
    }
    self.tuning = tuning
  }

  private static func layers(on network: DeepBeliefNetwork, _ form: SampleForm) -> [any Layer] {
    [Flatten()] + network.machines + [Dense(form.outputs)]
  }

  package var supervised: SupervisedTask { tuning }
  /// Machines are no layers that an archive can describe.
  package var canBeArchived: Bool { false }
  package var options: Set<RecipeOption> { tuning.options }
  package func summary(of recipe: String) throws -> String { try tuning.summary(of: recipe) }

  package func run(_ recipe: String, with settings: RunSettings) throws -> RunOutcome {
    let data = try tuning.data.load(DataRequest(path: settings.data, limit: settings.limit, seed: settings.seed))
    data.notes.forEach(settings.note)
    let network = DeepBeliefNetwork(
      visible: data.train.sampleShape.reduce(1, *), hidden: hidden, seed: settings.seed)
    settings.note("\(hidden.count) machines, one after another, without labels\n")
    let histories = try network.pretrain(
      data.train, epochs: pretrainingEpochs, seed: settings.seed, on: settings.device, progress: settings.progress,
      stoppingWhen: settings.shouldStop)
    if histories.contains(where: \.wasInterrupted) {
      var outcome = RunOutcome()
      outcome.wasInterrupted = true
      return outcome
    }
    settings.note("\nall together, with labels\n")
    var tuning = tuning
    tuning.network = .layers { form in Self.layers(on: network, form) }
    var outcome = try tuning.run(recipe, on: data, with: settings)
    for (index, history) in histories.enumerated() {
      outcome.figures["reconstruction_error_\(index + 1)"] = history["reconstruction_error"].last
    }
    return outcome
  }
}
