import Foundation
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

@Suite("Callbacks", .serialized) struct CallbackTests {
  /// A value per epoch that is the same for every batch of it, whatever the model says.
  private static func scripted(_ name: String, _ value: @escaping @Sendable () -> Float, larger: Bool) -> Metric {
    Metric(name, isBetterWhenLarger: larger) { batch in
      Tensor(filling: [], with: value() * Float(batch.outputs.shape[0]), on: batch.outputs.device)
    }
  }

  /// A run in which `metric` takes the given values epoch by epoch.
  private func run(
    _ values: [Float], larger: Bool = false, metric: String = "scripted", optimizer: any Optimizer = SGD(),
    callbacks: [any Callback], epochs: Int? = nil
  ) throws -> (history: History, trainer: Trainer) {
    let epoch = Counter()
    let metrics = [Self.scripted(metric, { values[min(epoch.value, values.count - 1)] }, larger: larger)]
    let trainer = Trainer(
      try TinyTask.network(), loss: .softmaxCrossEntropy, optimizer: optimizer, metrics: metrics, on: .cpu)
    let history = try trainer.fit(
      TinyTask.points(16), epochs: epochs ?? values.count, batchSize: 8, seed: 1,
      callbacks: callbacks + [.onEpochEnd { _, _ in epoch.value += 1 }], progress: .silent)
    return (history, trainer)
  }

  @Test("stops when patience is over, says why, and ends with the weights of the best epoch")
  func earlyStopping() throws {
    let best = Box<[UInt32]>([])
    let keep = EventCallback(epochEnds: { record, run in
      if record.epoch == 2 { best.value = try TinyTask.bits(run.trainer.model) }
    })
    let (history, trainer) = try run(
      [5, 3, 4, 3, 3.5, 1], callbacks: [EarlyStopping("scripted", patience: 3), keep])
    #expect(history.epochs.count == 5 && history.bestEpoch == 2)
    #expect(history.stopReason == "scripted has not become better than 3.0000 for 3 epochs")
    #expect(try TinyTask.bits(trainer.model) == best.value && !history.wasInterrupted)
  }

  @Test("knows from the metric that larger is better, and counts small improvements as none")
  func direction() throws {
    let rising = try run([1, 2, 3, 4], larger: true, callbacks: [EarlyStopping("scripted", patience: 1)])
    #expect(rising.history.epochs.count == 4 && rising.history.stopReason == nil && rising.history.bestEpoch == 4)
    let slow = EarlyStopping(Monitor("scripted", minimumChange: 0.5), patience: 2)
    #expect(try run([4, 3.9, 3.8, 3.7], callbacks: [slow]).history.epochs.count == 3)
    // NaN is never better; it must not become the best either.
    #expect(try run([.nan, .nan, 1], callbacks: [EarlyStopping("scripted", patience: 2)]).history.epochs.count == 2)
  }

  @Test("watching what is not measured is an error that lists what is")
  func unknownQuantity() throws {
    let error = #expect(throws: TrainingError.self) { try run([1], callbacks: [EarlyStopping()]) }
    #expect(error?.description.contains("'val_loss' is watched but not measured; there is loss, scripted") == true)
    #expect(error?.description.contains("validation:") == true)
  }

  @Test("a plateau lowers the learning rate by the factor, not below the minimum, and rests afterwards")
  func plateau() throws {
    let reduce = ReduceOnPlateau("scripted", factor: 0.5, patience: 2, cooldown: 1, minimumRate: 0.3)
    let rates = Box<[Double]>([])
    let watch = EventCallback(epochEnds: { _, run in rates.value.append(run.trainer.optimizer.currentLearningRate) })
    // The best at first; two epochs of waiting; one of rest; two more; then the minimum is reached.
    _ = try run(
      [Float](repeating: 1, count: 8), optimizer: SGD(learningRate: 1.0), callbacks: [reduce, watch])
    #expect(rates.value == [1, 1, 0.5, 0.5, 0.5, 0.3, 0.3, 0.3])
  }

  @Test("a log has a row per epoch, with the numbers of the history")
  func log() throws {
    let folder = try TemporaryFolder()
    let url = folder.url("log.csv")
    let (history, _) = try run([5, 4], metric: "a,b", callbacks: [CSVLog(url)])
    let rows = try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
    #expect(rows[0] == "epoch,\"a,b\",loss,seconds" && rows.count == 3)
    #expect(rows[2].hasPrefix("2,4.0,\(history["loss"][1]),"))
    // Where it cannot be written, training goes on.
    let nowhere = CSVLog(URL(fileURLWithPath: "/no/such/folder/log.csv"))
    #expect(try run([5, 4], callbacks: [nowhere]).history.epochs.count == 2)
  }

  @Test("closures see every event in order and may stop in the middle of an epoch")
  func events() throws {
    let seen = Box<[String]>([])
    let recorder = EventCallback(
      trainingBegins: { _ in seen.value.append("begin") },
      epochBegins: { seen.value.append("epoch \($0.epoch)") },
      batchEnds: { run in
        seen.value.append("batch \(run.batch)")
        if run.epoch == 2 { run.stop(because: "enough") }
      },
      epochEnds: { record, run in seen.value.append("end \(record.epoch) of \(run.epochCount)") },
      trainingEnds: { run in seen.value.append("over after \(run.history.epochs.count)") })
    let (history, _) = try run([1], callbacks: [recorder], epochs: 3)
    #expect(
      seen.value == ["begin", "epoch 1", "batch 1", "batch 2", "end 1 of 3", "epoch 2", "batch 1", "over after 1"])
    #expect(history.stopReason == "enough" && !history.wasInterrupted && history.epochs.count == 1)
  }

  @Test("gradients of several batches make the update of one large batch", arguments: Device.underTest)
  func accumulation(on device: Device) throws {
    func trained(batchSize: Int, batchesPerUpdate: Int) throws -> [Float] {
      // No statistics over batches and no dropout, which see the small ones.
      let model = try Sequential(input: [2], seed: 1) {
        Dense(8, activation: .relu)
        Dense(2)
      }
      let trainer = Trainer(model, loss: .softmaxCrossEntropy, optimizer: SGD(learningRate: 0.5), on: device)
      try trainer.fit(
        TinyTask.points(50), epochs: 3, batchSize: batchSize, seed: 1, batchesPerUpdate: batchesPerUpdate,
        progress: .silent)
      #expect(trainer.optimizer.state.step == 9)
      return try model.parameters.flatMap { try $0.value.floats() }
    }
    // 50 samples: updates of 20, 20 and 10, the last of two batches.
    let large = try trained(batchSize: 20, batchesPerUpdate: 1)
    let small = try trained(batchSize: 5, batchesPerUpdate: 4)
    #expect(zip(large, small).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  @Test("a run goes on counting where another ended")
  func firstEpoch() throws {
    let trainer = Trainer(try TinyTask.network(), loss: .softmaxCrossEntropy, on: .cpu)
    let history = try trainer.fit(TinyTask.points(16), epochs: 5, seed: 1, firstEpoch: 4, progress: .silent)
    #expect(history.epochs.map(\.epoch) == [4, 5])
    #expect(throws: TrainingError.self) {
      try trainer.fit(TinyTask.points(16), epochs: 5, firstEpoch: 6, progress: .silent)
    }
    #expect(throws: TrainingError.self) {
      try trainer.fit(TinyTask.points(16), epochs: 5, batchesPerUpdate: 0, progress: .silent)
    }
  }
}

/// A number that closures share. Only one thread at a time uses it.
final class Counter: @unchecked Sendable { var value = 0 }

/// A value that closures share. Only one thread at a time uses it.
final class Box<Value>: @unchecked Sendable {
  var value: Value
  init(_ value: Value) { self.value = value }
}
