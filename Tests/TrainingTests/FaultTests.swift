import MartletAutograd
import MartletBackend
import MartletData
import MartletLayers
import MartletLosses
import MartletOptimizers
import MartletTensor
import MartletTestSupport
import MartletTraining
import Testing

@Suite("A loss that is not finite", .serialized) struct FaultTests {
  /// Doubles its inputs so often that they leave the range of Float, but only where they are large.
  private struct Explosion: Layer {
    func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor { (x * x).exp() }
    func outputShape(for input: Shape) throws -> Shape { input }
    func initializeParameters(for input: Shape) throws {}
  }

  private func failure(
    of model: any Layer, _ data: Dataset, rate: Double = 0.01, batchSize: Int = 1, batchesPerUpdate: Int = 1,
    loss: some Loss = .softmaxCrossEntropy, on device: Device = .cpu
  ) throws -> String {
    let trainer = Trainer(model, loss: loss, optimizer: SGD(learningRate: rate), on: device)
    let error = try #require(throws: TrainingError.self) {
      try trainer.fit(
        data, batchSize: batchSize, shuffle: false, batchesPerUpdate: batchesPerUpdate, progress: .silent)
    }
    return error.description
  }

  @Test("comes from an input that is no number: the batch and the sample are named", arguments: Device.underTest)
  func input(on device: Device) throws {
    let data = try Dataset(inputs: [1, 2, 3, 4, 5, .nan, 7, 8], shape: [1], labels: [0, 1, 0, 1, 0, 1, 0, 1])
    let text = try failure(of: Sequential(input: [1]) { Dense(2) }, data, batchSize: 4, on: device)
    #expect(text.contains("not a number in epoch 1, batch 2: sample 1 of the batch has an input"))
  }

  @Test(
    "comes from a layer: the first whose result is not finite is named, also deep in a model",
    arguments: Device.underTest)
  func layer(on device: Device) throws {
    let data = try Dataset(inputs: [1, 2, 1, 2, 1, 20, 1], shape: [1], labels: [0, 1, 0, 1, 0, 1, 0])
    let flat = try Sequential(input: [1]) {
      Activation.relu
      Explosion()
      Dense(2)
    }
    #expect(
      try failure(of: flat, data, on: device)
        .contains(
          "batch 6: layer '1' (Explosion) is the first whose result is not finite; what it was given reaches 20.0000"))
    let nested = try Sequential(input: [1]) {
      Sequential(name: "middle") {
        Activation.relu
        Explosion()
      }
      Dense(2)
    }
    #expect(
      try failure(of: nested, data, batchesPerUpdate: 4, on: device).contains("batch 6: layer 'middle.1' (Explosion)"))
    let input = Symbol.input([1])
    let graph = try Model(inputs: [input], outputs: [Dense(2)(Explosion()(Dense(1, kernelInitializer: .ones)(input)))])
    #expect(try failure(of: graph, data, on: device).contains("layer '1' (Explosion)"))
  }

  @Test("comes from a step that was too large: the parameter is named")
  func step() throws {
    let data = try Dataset(
      inputs: (0..<40).map { Float($0 % 7) }, shape: [1], targets: (0..<40).map { Float($0 % 5) * 1e3 })
    let text = try failure(
      of: Sequential(input: [1]) { Dense(1) }, data, rate: 1e12, loss: .meanSquaredError)
    #expect(text.contains("0.kernel") || text.contains("the loss itself overflowed"), "\(text)")
  }

  @Test("is found again among steps that have long gone on")
  func lateSteps() throws {
    var inputs = (0..<400).map { Float($0 % 3) }
    inputs[333] = 30
    let data = try Dataset(inputs: inputs, shape: [1], labels: (0..<400).map { $0 % 2 })
    let model = try Sequential(input: [1]) {
      Explosion()
      Dense(2)
    }
    #expect(try failure(of: model, data).contains("epoch 1, batch 334: layer '0' (Explosion)"))
  }
}
