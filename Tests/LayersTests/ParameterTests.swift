import Foundation
import MartletAutograd
import MartletBackend
import MartletInterchange
import MartletLayers
import MartletTensor
import MartletTestSupport
import Testing

@Suite("Parameters") struct ParameterTests {
  private struct Block: Layer {
    let first = Dense(3, activation: .tanh)
    let gain = Parameter(Tensor([2], on: .reference))
    func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor { first(x, mode: mode) * gain.value }
  }

  private final class Model: Layer {
    let blocks = [Block(), Block()]
    let head: Dense? = Dense(1, useBias: false)
    let none: Dense? = nil
    let pair = (left: Dense(1), count: 3)
    let byName = ["b": Dense(1), "a": Dense(1)]
    func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor {
      let x = blocks.reduce(x) { $1($0, mode: mode) }
      let y = [pair.left, byName["a"], byName["b"]].compactMap { $0 }.map { $0(x, mode: mode) }
      return y.reduce(head?(x, mode: mode) ?? x, +)
    }
  }

  @Test("are found in types of your own, by property names and positions")
  func paths() throws {
    let model = Model()
    let output = try withDevice(.reference) { try model.build(for: [5]) }
    #expect(output == [1])
    #expect(
      model.parameters.map(\.name) == [
        "blocks.0.first.kernel", "blocks.0.first.bias", "blocks.0.gain", "blocks.1.first.kernel", "blocks.1.first.bias",
        "blocks.1.gain", "head.kernel", "pair.left.kernel", "pair.left.bias", "byName.a.kernel", "byName.a.bias",
        "byName.b.kernel", "byName.b.bias",
      ])
    #expect(model.parameters.map { $0.shape ?? [] }.prefix(4) == [[5, 3], [3], [1], [3, 3]])
  }

  private struct Scaled: Layer {
    let inner = Dense(3)
    let gain = Parameter(.randomUniform())
    func initializeParameters(for input: Shape) throws {
      try inner.initializeParameters(for: input)
      try gain.initialize(shape: [3])
    }
    func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor { gain.value * inner(x, mode: mode) }
  }

  @Test("of your own layers inside a Sequential begin with values drawn for their own paths and the seed")
  func ownLayersInside() throws {
    func gains(_ seed: UInt64) throws -> [[Float]] {
      let model = try Sequential(input: [3], seed: seed) {
        Scaled()
        Scaled()
      }
      #expect(model.outputShapes == [[3], [3]])
      return try model.parameters.filter { $0.name.hasSuffix("gain") }.map { try $0.value.floats() }
    }
    #expect(try gains(1) == gains(1))
    #expect(Set(try gains(1) + gains(2)).count == 4)
  }

  @Test("have gradients by their identity, unless frozen")
  func gradients() throws {
    let layer = Dense(1)
    try withDevice(.reference) { _ = try layer.build(for: [2]) }
    let x = Tensor([1, 2, 3, 4], shape: [2, 2], on: .reference)
    let gradients = layer(x, mode: .inference).sum().gradients()
    expectClose(try #require(gradients[layer.kernel]), [4, 6])
    expectClose(try #require(layer.bias.flatMap { gradients[$0] }), [2])
    layer.freeze()
    #expect(layer.trainableParameters.isEmpty)
    #expect(layer(x, mode: .inference).sum().gradients().count == 0)
    layer.unfreeze()
    #expect(layer.trainableParameters.count == 2)
  }

  @Test("keep statistics out of training, whatever is unfrozen")
  func statistics() throws {
    let layer = BatchNorm()
    try layer.build(for: [2])
    layer.unfreeze()
    #expect(layer.trainableParameters.map(\.name) == ["gamma", "beta"])
  }

  @Test("weights are a value: training on does not change them")
  func snapshot() throws {
    let model = try Sequential(input: [2]) { Dense(1) }
    let before = model.weights
    let kernel = try model.parameters[0].value.floats()
    model.parameters[0].update { $0 = Tensor([9, 9], shape: [2, 1]) }
    #expect(try model.parameters[0].value.floats() == [9, 9])
    try model.restore(before)
    #expect(try model.parameters[0].value.floats() == kernel)
  }

  @Test("come back from a file bit for bit, and identical weights make identical files")
  func saving() throws {
    func make(_ seed: UInt64) throws -> Sequential {
      try Sequential(input: [6, 6, 1], seed: seed) {
        Conv2D(2, kernel: 3)
        BatchNorm()
        Flatten()
        Dense(3, name: "head")
      }
    }
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("weights-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (first, second) = (folder.appendingPathComponent("a"), folder.appendingPathComponent("b"))
    try make(1).save(to: first)
    let other = try make(2)
    try other.load(from: first)
    try other.save(to: second)
    #expect(try Data(contentsOf: first) == Data(contentsOf: second))
    #expect(
      try Safetensors.read(first).keys.sorted() == [
        "0.bias", "0.kernel", "1.beta", "1.gamma", "1.movingMean", "1.movingVariance", "head.bias", "head.kernel",
      ])

    let smaller = try Sequential(input: [2]) { Dense(3, name: "head") }
    let message = #expect(throws: ModelError.self) { try smaller.load(from: first) }
    #expect(message?.description.contains("the model has no 0.bias") == true)
    let wider = try Sequential(input: [9]) { Dense(4, name: "head") }
    try wider.save(to: second)
    let misfit = #expect(throws: ModelError.self) { try smaller.load(from: second) }
    #expect(misfit?.description.contains("'head.bias' has shape [4], the model needs [3]") == true)
    #expect(throws: FileError.self) { try smaller.load(from: folder.appendingPathComponent("missing")) }
  }
}
