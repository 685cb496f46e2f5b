import MartletBackend
import MartletData
import MartletLayers
import MartletLosses
import MartletMetrics
import MartletOptimizers
import MartletTensor
import MartletTestSupport
import MartletTraining
import Testing

@Suite("Batches that come as they come", .serialized) struct StreamTests {
  private func trainer(_ model: Sequential, on device: Device = .cpu) -> Trainer {
    Trainer(model, loss: .softmaxCrossEntropy, optimizer: Adam(learningRate: 0.01), metrics: [.accuracy], on: device)
  }

  /// The batches that `fit` makes of a dataset, as a stream.
  private func stream(_ data: Dataset, size: Int, seed: UInt64) -> BatchStream {
    BatchStream { epoch in data.batches(size: size, shuffledBy: seed, epoch: epoch - 1) }
  }

  private struct Broken: Error {}

  @Test("train to the bits of the dataset they are made of", arguments: Device.underTest)
  func sameBits(on device: Device) throws {
    let (data, held) = (try TinyTask.points(90), try TinyTask.points(30))
    let (whole, streamed) = (try TinyTask.network(), try TinyTask.network())
    let expected = try trainer(whole, on: device).fit(
      data, validation: .dataset(held), epochs: 3, batchSize: 16, seed: 4, batchesPerUpdate: 2, progress: .silent)
    let history = try trainer(streamed, on: device).fit(
      stream(data, size: 16, seed: 4).prefetched(), validation: .stream(BatchStream { _ in held.batches(size: 16) }),
      epochs: 3, seed: 4, batchesPerUpdate: 2, progress: .silent)
    #expect(history["loss"] == expected["loss"] && history["val_accuracy"] == expected["val_accuracy"])
    #expect(try TinyTask.bits(streamed) == TinyTask.bits(whole))
    let evaluation = try trainer(streamed, on: device).evaluate(BatchStream { _ in held.batches(size: 7) })
    #expect(evaluation.sampleCount == 30 && evaluation["accuracy"] == expected["val_accuracy"].last)
  }

  @Test("go on from a checkpoint")
  func resuming() throws {
    let data = try TinyTask.points(90)
    func run(_ model: Sequential, in folder: TemporaryFolder?, stoppingAt step: Int? = nil) throws {
      var asked = 0
      try trainer(model).fit(
        stream(data, size: 8, seed: 4), epochs: 2, seed: 4,
        checkpoint: folder.map { Checkpoint($0.url("run"), resuming: true) }, progress: .silent
      ) {
        asked += 1
        return step.map { asked > $0 } ?? false
      }
    }
    let whole = try TinyTask.network()
    try run(whole, in: nil)
    for stop in [0, 5, 12, 17] {
      let folder = try TemporaryFolder()
      try run(try TinyTask.network(), in: folder, stoppingAt: stop)
      let resumed = try TinyTask.network()
      try run(resumed, in: folder)
      #expect(try TinyTask.bits(resumed) == TinyTask.bits(whole), "stopped at \(stop)")
    }
  }

  @Test("that do not fit, are empty or cannot be made end the run with a reason")
  func misfits() throws {
    func failure(_ batches: [Batch]) throws -> TrainingError? {
      #expect(throws: TrainingError.self) {
        try trainer(TinyTask.network()).fit(BatchStream { _ in batches }, progress: .silent)
      }
    }
    func batch(_ width: Int, labels: [Int32]) -> Batch {
      Batch(
        count: labels.count, inputs: [Float](repeating: 1, count: width * labels.count),
        inputShape: [labels.count, width], targets: .labels(labels))
    }
    let shape = try TinyTask.points(1).sampleShape[0]
    #expect(try failure([]) == .noSamples(purpose: "train on"))
    let good = batch(shape, labels: [0, 1])
    #expect(
      try failure([good, batch(shape + 1, labels: [0])])
        == .batchDoesNotFit(
          batch: 2, reason: "its samples have shape [\(shape + 1)], those of the first batch [\(shape)]"))
    #expect(try failure([good, good, batch(shape, labels: [-1])])?.description.contains("batch 3") == true)
    #expect(try failure([good, batch(shape, labels: [9])])?.description.contains("batch 2") == true)
    #expect(throws: Broken.self) {
      try trainer(TinyTask.network()).fit(
        BatchStream(making: { _ in
          var left = 3
          return {
            left -= 1
            if left < 0 { throw Broken() }
            return good
          }
        }), progress: .silent)
    }
    #expect(throws: TrainingError.self) {
      try trainer(TinyTask.network()).fit(BatchStream { _ in [good] }, validation: .split(0.1), progress: .silent)
    }
    #expect(throws: TrainingError.noSamples(purpose: "measure with")) {
      try trainer(TinyTask.network()).fit(
        BatchStream { _ in [good] }, validation: .stream(BatchStream { _ in [] }), progress: .silent)
    }
  }
}

@Suite("Sample weights", .serialized) struct SampleWeightTests {
  private func trainer(_ model: Sequential, on device: Device) -> Trainer {
    Trainer(model, loss: .softmaxCrossEntropy, optimizer: Adam(learningRate: 0.01), metrics: [.accuracy], on: device)
  }

  @Test("of one change nothing, and a weight counts like a class weight of the same size", arguments: Device.underTest)
  func equivalence(on device: Device) throws {
    let data = try TinyTask.points(60)
    func bits(_ data: Dataset, classWeights: [Float]? = nil) throws -> [UInt32] {
      let model = try TinyTask.network()
      try trainer(model, on: device).fit(
        data, epochs: 2, batchSize: 16, seed: 1, classWeights: classWeights, progress: .silent)
      return try TinyTask.bits(model)
    }
    let ones = [Float](repeating: 1, count: data.classCount)
    #expect(
      try bits(data.weighted(by: [Float](repeating: 1, count: 60))) == bits(data, classWeights: ones))
    let weights = (0..<data.classCount).map { Float($0) + 0.5 }
    let bySample = try data.weighted(by: (0..<60).map { weights[data.label(at: $0) ?? 0] })
    #expect(try bits(bySample) == bits(data, classWeights: weights))
  }

  @Test("stay with their samples in subsets, splits and batches")
  func travel() throws {
    let data = try Dataset(inputs: (0..<40).map(Float.init), shape: [1], labels: (0..<40).map { $0 % 2 })
      .weighted(by: (0..<40).map { Float($0) * 2 })
    let (training, held) = try data.split(holdingOut: 0.25, seed: 3)
    for part in [training, held, data.subset([5, 5, 2]), data.prefix(7)] {
      for batch in part.batches(size: 4, shuffledBy: 1, epoch: 0) {
        #expect(batch.sampleWeights == batch.inputs.map { $0 * 2 })
      }
    }
    #expect(data.reconstructing.batch(of: [3]).sampleWeights == [6])
    #expect(throws: DatasetError.weightCountMismatch(samples: 40, weights: 1)) { try data.weighted(by: [1]) }
    #expect(throws: DatasetError.impossibleWeight(index: 1, weight: -1)) { try data.prefix(2).weighted(by: [1, -1]) }
  }

  @Test("weigh the loss of an evaluation by hand-computed numbers, and leave metrics alone")
  func evaluation() throws {
    // One output that is always 0: squared errors 1, 4, 9.
    let model = try Sequential(input: [1]) { Dense(1, kernelInitializer: .zeros) }
    let data = try Dataset(inputs: [0, 0, 0], shape: [1], targets: [1, 2, 3]).weighted(by: [0, 1, 2])
    let trainer = Trainer(model, loss: .meanSquaredError, metrics: [.meanSquaredError], on: .cpu)
    let evaluation = try trainer.evaluate(data)
    #expect(abs(evaluation.loss - 22.0 / 3) < 1e-6)
    #expect(abs((evaluation["mean_squared_error"] ?? 0) - 14.0 / 3) < 1e-6)
  }
}
