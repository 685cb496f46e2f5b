import Martlet

/// A model that is trained and used, and what a sample of it costs.
struct Architecture: Sendable {
  let name: String
  /// Multiply-adds of a sample whose gradient for the input nobody needs: those that read the picture.
  let firstProducts: Int
  /// All others, which the backward pass does twice.
  let otherProducts: Int
  /// Batches of an epoch of `Trainer`: enough to make its beginning and end small beside the rest.
  let batchesPerEpoch: Int
  let layers: @Sendable () -> [any Layer]

  static let cnn = Architecture(
    name: "cnn", firstProducts: 26 * 26 * 9 * 32, otherProducts: 11 * 11 * 9 * 32 * 64 + 5 * 5 * 64 * 10,
    batchesPerEpoch: 16
  ) {
    [
      Conv2D(32, kernel: 3, activation: .relu), MaxPool2D(2), Conv2D(64, kernel: 3, activation: .relu), MaxPool2D(2),
      Flatten(), Dense(10),
    ]
  }

  static let mlp = Architecture(name: "mlp", firstProducts: 784 * 128, otherProducts: 128 * 10, batchesPerEpoch: 256) {
    [Flatten(), Dense(128, activation: .relu), Dense(10)]
  }

  /// The rows of the picture as steps. The input's gradient is not needed, that of the state is.
  static let lstm = Architecture(
    name: "lstm", firstProducts: 28 * 28 * 512, otherProducts: 28 * 128 * 512 + 128 * 10, batchesPerEpoch: 16
  ) {
    [Reshape([28, 28]), LSTM(128), Dense(10)]
  }

  func model() throws -> Sequential { try Sequential(input: [28, 28, 1], layers: layers(), seed: 1) }

  func inferenceCost(batch: Int) -> Cost {
    Cost(samples: batch, operations: Double(2 * batch * (firstProducts + otherProducts)))
  }

  func trainingCost(samples: Int) -> Cost {
    Cost(samples: samples, operations: Double(2 * samples * (2 * firstProducts + 3 * otherProducts)))
  }
}

extension Catalogue {
  static let modelBenchmarks: [Benchmark] =
    [(Architecture.cnn, 128), (.cnn, 32), (.mlp, 32), (.lstm, 128)].flatMap { architecture, batch in
      [loop(architecture, batch: batch), trainer(architecture, batch: batch)]
    } + [1, 1024].map { inference(.cnn, batch: $0) }

  /// Training as a loop written by hand, over batches that are on the device already.
  private static func loop(_ architecture: Architecture, batch: Int) -> Benchmark {
    Benchmark(
      "\(architecture.name)-train-\(batch)", in: .models, workload: .training(model: architecture.name, batch: batch),
      cost: architecture.trainingCost(samples: batch), unit: .samplesPerSecond
    ) { setting in
      let model = try architecture.model()
      try model.move(to: setting.device)
      let loss = CategoricalCrossEntropy(fromLogits: true)
      var optimizer = Adam()
      let batches = setting.digits.prefix(16 * batch).batches(size: batch).filter { $0.count == batch }.compactMap {
        batch in batch.targetTensor(on: setting.device).map { (batch.inputTensor(on: setting.device), $0) }
      }
      return {
        let step = optimizer.state.step
        let (pictures, labels) = batches[step % batches.count]
        let logits = model(pictures, mode: .training(seed: 1, step: step))
        optimizer.update(model, along: loss(logits, labels).gradients())
      }
    }
  }

  /// The same by `Trainer`, which draws and shuffles the batches and measures loss and accuracy on the way. A call is an epoch.
  private static func trainer(_ architecture: Architecture, batch: Int) -> Benchmark {
    let samples = architecture.batchesPerEpoch * batch
    return Benchmark(
      "\(architecture.name)-train-\(batch)-trainer", in: .models,
      workload: .training(model: architecture.name, batch: batch),
      cost: architecture.trainingCost(samples: samples), unit: .samplesPerSecond
    ) { setting in
      let trainer = Trainer(
        try architecture.model(), loss: .softmaxCrossEntropy, optimizer: Adam(), metrics: [.accuracy],
        on: setting.device)
      let digits = setting.digits.subset((0..<samples).map { $0 % setting.digits.count })
      return { try trainer.fit(digits, batchSize: batch, seed: 1, progress: .silent) }
    }
  }

  private static func inference(_ architecture: Architecture, batch: Int) -> Benchmark {
    Benchmark(
      "\(architecture.name)-infer-\(batch)", in: .models, workload: .inference(model: architecture.name, batch: batch),
      cost: architecture.inferenceCost(batch: batch), unit: batch == 1 ? .microseconds : .samplesPerSecond
    ) { setting in
      let model = try architecture.model()
      try model.move(to: setting.device)
      let pictures = setting.digits.batch(of: (0..<batch).map { $0 % setting.digits.count }).inputTensor()
      return {
        let logits = withoutGradient { model(pictures) }
        // Who asks about one picture waits for the answer; a thousand are part of a stream.
        if batch == 1 { _ = try logits.floats() }
      }
    }
  }
}
