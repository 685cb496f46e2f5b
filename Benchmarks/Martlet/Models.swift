import Martlet

extension Catalogue {
  static let modelBenchmarks: [Benchmark] =
    [(Architecture.cnn, 128), (.cnn, 32), (.mlp, 32), (.lstm, 128)].flatMap { architecture, batch in
      [loop(architecture, batch: batch), trainer(architecture, batch: batch)]
    }
    + [(Architecture.gru, 128), (.characters, 32), (.conv1d, 32), (.separable, 32), (.attention, 32)].map {
      loop($0, batch: $1)
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
      let batches = architecture.samples.batches(of: batch, in: setting)
      return {
        let step = optimizer.state.step
        let (inputs, targets) = batches[step % batches.count]
        let logits = model(inputs, mode: .training(seed: 1, step: step))
        optimizer.update(model, along: loss(logits, targets).gradients())
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
