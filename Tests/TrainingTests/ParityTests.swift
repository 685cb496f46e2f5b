import MartletBackend
import MartletCPUBackend
import MartletData
import MartletLayers
import MartletLosses
import MartletOptimizers
import MartletReferenceBackend
import MartletTensor
import MartletTestSupport
import MartletTraining
import Testing

/// Everything at once: what single functions agree on, two hundred steps of training have to agree on as well.
@Suite("Two hundred steps of a small CNN") struct ParityTests {
  private struct Outcome: Equatable {
    var weights: [UInt32]
    var losses: [Double]
    var accuracies: [Double]
  }

  /// 640 drawn digits, five times in batches of 16.
  private static let digits = StrokeDigits(seed: 3).dataset(of: 0..<640)

  private static func train(on device: Device) throws -> Outcome {
    let model = try Sequential(input: [28, 28, 1], seed: 4) {
      Conv2D(4, kernel: 3, activation: .relu)
      BatchNorm()
      MaxPool2D(2)
      Conv2D(8, kernel: 3, activation: .tanh)
      AveragePool2D(2)
      Flatten()
      Dropout(0.2)
      Dense(10)
    }
    let trainer = Trainer(
      model, loss: .softmaxCrossEntropy, optimizer: Adam(learningRate: 0.005), metrics: [.accuracy], on: device)
    let history = try trainer.fit(digits, epochs: 5, batchSize: 16, seed: 6, progress: .silent)
    return Outcome(
      weights: try model.parameters.flatMap { try $0.value.floats().map(\.bitPattern) }, losses: history["loss"],
      accuracies: history["accuracy"])
  }

  private static let canonical = Result {
    try train(on: Device(backend: ReferenceBackend(arithmetic: .canonical)))
  }

  @Test(
    "end in the same weights on the reference and on the CPU, whatever the instruction set and the number of threads")
  func cpu() throws {
    let expected = try Self.canonical.get()
    #expect(expected.losses.count == 5 && expected.losses[4] < expected.losses[0] / 2)
    for instructionSet in InstructionSet.available {
      for threads in 1...3 {
        let backend = try CPUBackend(threads: threads, instructionSet: instructionSet, checksMemory: true)
        #expect(try Self.train(on: Device(backend: backend)) == expected, "\(instructionSet), \(threads) threads")
      }
    }
  }

  @Test(
    "end in the same place on every device, up to rounding where its arithmetic is its own", arguments: Device.unshared)
  func devices(device: Device) throws {
    let expected = try Self.canonical.get()
    let actual = try Self.train(on: device)
    if device.capabilities.isCanonical {
      #expect(actual == expected)
    } else {
      // Differences in the last place grow from step to step; the course of training stays.
      #expect(abs(actual.losses[0] - expected.losses[0]) < 0.01 * expected.losses[0])
      #expect(abs(actual.losses[4] - expected.losses[4]) < 0.1 * expected.losses[4] + 0.01)
      #expect(abs(actual.accuracies[4] - expected.accuracies[4]) < 0.05)
    }
  }
}
