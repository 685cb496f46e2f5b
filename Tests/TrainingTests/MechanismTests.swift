import MartletAutograd
import MartletBackend
import MartletCPUBackend
import MartletLayers
import MartletLosses
import MartletOptimizers
import MartletReferenceBackend
import MartletTensor
import MartletTestSupport
import MartletTraining
import Testing

@Suite("A training step", .serialized) struct MechanismTests {
  /// Backends nobody else uses at the same time: their counters are this suite's alone.
  private static let backends: [@Sendable () throws -> any Backend] = [{ try CPUBackend() }, { ReferenceBackend() }]

  @Test(
    "takes its memory from the pool, leaves no tape behind, and updates parameters where they are", arguments: 0..<2)
  func steadyState(backend: Int) throws {
    let device = Device(backend: try Self.backends[backend]())
    try withDevice(device) {
      let model = try Sequential(input: [8, 8, 1]) {
        Conv2D(4, kernel: 3, activation: .relu)
        MaxPool2D(2)
        Flatten()
        Dense(3)
      }
      let x = sample([16, 8, 8, 1])
      let labels = Tensor((0..<16).map { Int32($0 % 3) }, shape: [16])
      var optimizer = Adam()
      weak var node: TapeNode?
      func step(_ number: Int) throws {
        let outputs = model(x, mode: .training(seed: 1, step: number))
        let loss = CategoricalCrossEntropy(fromLogits: true)(outputs, labels)
        optimizer.update(model, along: loss.gradients())
        _ = try loss.item()
        node = loss.node
      }
      for number in 0..<3 { try step(number) }
      let storages = model.parameters.map { ObjectIdentifier($0.value.storage) }
      let before = device.statistics
      for number in 3..<20 { try step(number) }
      let after = device.statistics
      #expect(after.systemAllocations == before.systemAllocations)
      // But for the 1 that going backwards begins with, which is kept for one device at a time.
      #expect(abs(after.bytesInUse - before.bytesInUse) < 256)
      #expect(model.parameters.map { ObjectIdentifier($0.value.storage) } == storages)
      // Forward: 2 contractions with bias and activation, pooling, log-softmax, loss. Backward: one or two for each, bias sums
      // beside. One launch for each of 4 parameters.
      #expect(
        after.launches - before.launches <= 17 * 24, "\((after.launches - before.launches) / 17) launches per step")
      #expect(node == nil)
    }
  }
}
