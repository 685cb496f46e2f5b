import Foundation
import MartletBackend
import MartletInterchange
import MartletLosses
import MartletMetrics
import MartletOptimizers
import MartletTensor
import MartletTestSupport
import MartletTraining
import Testing

@Suite("Checkpoints", .serialized) struct CheckpointTests {
  private static let epochs = 4

  private func trainer(on device: Device) throws -> Trainer {
    Trainer(
      try TinyTask.network(), loss: .softmaxCrossEntropy,
      optimizer: Adam(learningRate: CosineDecay(0.05, decaySteps: 40)), metrics: [.accuracy], on: device)
  }

  /// Trains, stopping before the step of a number.
  @discardableResult
  private func fit(
    _ trainer: Trainer, in folder: URL?, resuming: Bool = false, stoppingBefore step: Int? = nil, seed: UInt64 = 3,
    batchSize: Int = 16, validates: Bool = true
  ) throws -> History {
    var asked = 0
    return try trainer.fit(
      TinyTask.points(100), validation: validates ? .split(0.2) : nil, epochs: Self.epochs, batchSize: batchSize,
      seed: seed,
      callbacks: [ReduceOnPlateau(factor: 0.5, patience: 1), EarlyStopping(patience: 3)],
      checkpoint: folder.map { Checkpoint($0, resuming: resuming) }, progress: .silent,
      stoppingWhen: {
        asked += 1
        return step.map { asked > $0 } ?? false
      })
  }

  @Test("a run that is stopped before any step, or while it validates, ends with the bits of one that never was")
  func everyStop() throws {
    for device in Device.underTest {
      let whole = try trainer(on: device)
      let history = try fit(whole, in: nil)
      let expected = try TinyTask.bits(whole.model)
      // 5 steps an epoch and 2 batches of validation: each is asked about.
      for stop in stride(from: 0, to: 7 * Self.epochs + 1, by: device == .cpu ? 1 : 5) {
        let folder = try TemporaryFolder()
        let first = try fit(try trainer(on: device), in: folder.url("run"), resuming: true, stoppingBefore: stop)
        #expect(first.wasInterrupted == (stop < 7 * history.epochs.count))
        let second = try trainer(on: device)
        let rest = try fit(second, in: folder.url("run"), resuming: true)
        #expect(try TinyTask.bits(second.model) == expected, "stopped at \(stop) on \(device)")
        #expect(
          rest["val_loss"] == history["val_loss"], "stopped at \(stop): \(rest["val_loss"]) \(history["val_loss"])")
        #expect(rest["loss"] == history["loss"], "stopped at \(stop)")
        #expect(rest["accuracy"] == history["accuracy"] && rest.bestEpoch == history.bestEpoch)
        #expect(rest.stopReason == history.stopReason && !rest.wasInterrupted)
      }
    }
  }

  @Test("a run that was over is over when it is resumed, with the weights it ended with")
  func finished() throws {
    let folder = try TemporaryFolder()
    let first = try trainer(on: .cpu)
    let history = try fit(first, in: folder.url("run"))
    let second = try trainer(on: .cpu)
    #expect(try fit(second, in: folder.url("run"), resuming: true).epochs == history.epochs)
    #expect(try TinyTask.bits(second.model) == TinyTask.bits(first.model))
  }

  @Test("an earlier run's checkpoint is neither overwritten nor taken for one of another run")
  func refusals() throws {
    let folder = try TemporaryFolder()
    try fit(try trainer(on: .cpu), in: folder.url("run"))
    let before = try Data(contentsOf: folder.url("run/checkpoint.safetensors"))
    func refusal(_ body: () throws -> Void) -> String {
      let error = #expect(throws: TrainingError.self, performing: body)
      return error?.description ?? ""
    }
    #expect(refusal { try fit(try trainer(on: .cpu), in: folder.url("run")) }.contains("holds the checkpoint"))
    #expect(
      refusal { try fit(try trainer(on: .cpu), in: folder.url("run"), resuming: true, seed: 4) }
        .contains("the seed was 3 and is now 4"))
    #expect(
      refusal { try fit(try trainer(on: .cpu), in: folder.url("run"), resuming: true, batchSize: 8) }
        .contains("the batch size was 16 and is now 8"))
    #expect(
      refusal { try fit(try trainer(on: .cpu), in: folder.url("run"), resuming: true, validates: false) }
        .contains("the number of training samples was 80 and is now 100"))
    #expect(try Data(contentsOf: folder.url("run/checkpoint.safetensors")) == before)
  }

  @Test("a file that is damaged, cut off or something else is refused with the reason")
  func damage() throws {
    let folder = try TemporaryFolder()
    try fit(try trainer(on: .cpu), in: folder.url("run"))
    let file = folder.url("run/checkpoint.safetensors")
    let sound = try Data(contentsOf: file)
    for length in stride(from: 0, to: sound.count, by: 97) {
      try sound.prefix(length).write(to: file)
      #expect(throws: (any Error).self) { try fit(try trainer(on: .cpu), in: folder.url("run"), resuming: true) }
    }
    let contents = try Safetensors.contents(
      of: {
        try sound.write(to: file); return file
      }())
    let notes = try #require(contents.metadata["martlet.run"])
    for (old, new) in [
      ("\"batch\":0", "\"batch\":\(Int.max)"), ("\"epoch\":5", "\"epoch\":-1"),
      ("\"stepsTaken\":20", "\"stepsTaken\":-20"),
      ("\"epochsBegun\":4", "\"epochsBegun\":\(Int.min)"), ("{", "["),
    ] where notes.contains(old) {
      var metadata = contents.metadata
      metadata["martlet.run"] = notes.replacingOccurrences(of: old, with: new)
      try Safetensors.write(contents.entries, metadata: metadata, to: file)
      #expect(throws: TrainingError.self, "\(new)") {
        try fit(try trainer(on: .cpu), in: folder.url("run"), resuming: true)
      }
    }
    try Safetensors.write(contents.entries, to: file)
    #expect(throws: TrainingError.self) { try fit(try trainer(on: .cpu), in: folder.url("run"), resuming: true) }
  }

  @Test("where the folder cannot be written, training goes on")
  func unwritable() throws {
    let history = try fit(try trainer(on: .cpu), in: URL(fileURLWithPath: "/dev/null/run"))
    #expect(history.epochs.count >= 2)
  }
}
