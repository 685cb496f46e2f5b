import MartletBackend
import MartletData
import MartletTensor
import MartletTraining
import Testing

@Suite("A training loop with a step of one's own") struct TrainingLoopTests {
  private static func numbers() throws -> Dataset { try Dataset(inputs: [1, 2, 3, 4, 5], shape: [1]) }

  @Test("sees every sample once an epoch, and averages over samples, not over batches")
  func means() throws {
    var seen: [[Float]] = [[], []]
    var keys: Set<UInt32> = []
    let loop = TrainingLoop(epochs: 2, batchSize: 2, seed: 1, progress: .silent)
    var steps = 0
    let history = try loop.run(over: Self.numbers(), afterEpoch: { ["epoch_squared": Double($0 * $0)] }) { x, key in
      seen[steps / 3] += try x.floats()
      steps += 1
      keys.insert(key.draw)
      return ["mean": Tensor(try x.floats().reduce(0, +) / Float(x.shape[0]))]
    }
    #expect(seen.map { $0.sorted() } == [[1, 2, 3, 4, 5], [1, 2, 3, 4, 5]])
    #expect(seen[0] != seen[1] && keys.count == 6)
    #expect(history["mean"] == [3, 3] && history["epoch_squared"] == [1, 4])
  }

  @Test("stops before the step it is asked to, and says so")
  func stopping() throws {
    var steps = 0
    let loop = TrainingLoop(epochs: 3, batchSize: 1, progress: .silent)
    let history = try loop.run(over: Self.numbers(), stoppingWhen: { steps == 7 }) { _, _ in
      steps += 1
      return [:]
    }
    #expect(steps == 7 && history.wasInterrupted && history.epochs.count == 1)
  }

  @Test("ends where a number is not finite, naming it")
  func notFinite() throws {
    let loop = TrainingLoop(epochs: 1, batchSize: 1, progress: .silent)
    #expect {
      _ = try loop.run(over: Self.numbers()) { _, _ in ["charm": Tensor(Float.nan)] }
    } throws: {
      "\($0)".contains("not a number") && "\($0)".contains("charm")
    }
  }

  @Test("throws for settings that cannot be")
  func settings() throws {
    for (epochs, batchSize) in [(0, 1), (1, 0), (-1, 1)] {
      let loop = TrainingLoop(epochs: epochs, batchSize: batchSize, progress: .silent)
      #expect(throws: TrainingError.self) { try loop.run(over: try Self.numbers()) { _, _ in [:] } }
    }
    let loop = TrainingLoop(epochs: 1, batchSize: 1, progress: .silent)
    #expect(throws: TrainingError.self) { try loop.run(over: try Self.numbers().prefix(0)) { _, _ in [:] } }
  }
}
