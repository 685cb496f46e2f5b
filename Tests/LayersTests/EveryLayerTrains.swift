import Foundation
import MartletAutograd
import MartletBackend
import MartletInterchange
import MartletLayerCases
import MartletLayers
import MartletTensor
import MartletTestSupport
import Testing

/// The same list as `LayerSuite`, on every backend: what a layer needs to be part of a model that is trained and kept.
@Suite("Every layer, on every device") struct EveryLayerTrains {
  @Test(
    "has the reference's loss and gradients, learns from them, is saved and comes back", arguments: LayerSuite.cases)
  func training(_ test: LayerSuite.Case) throws {
    let expected = try Step(test, on: .reference)
    for device in Device.underTest {
      let step = try Step(test, on: device)
      expectClose(step.loss, try expected.loss.floats(), within: 1e-4)
      for (name, gradient) in step.gradients {
        expectClose(gradient, try #require(expected.gradients[name]).floats(), within: 1e-4)
      }
      if !step.gradients.isEmpty {
        let lossAfter = try step.lossAfterLearning()
        #expect(lossAfter < (try step.loss.item()), "\(device.name)")
      }
      try step.expectToComeBackFromFile()
    }
  }

  @Test(
    "is made again from its description and its weights, with the same results bit for bit", arguments: LayerSuite.cases
  )
  func description(_ test: LayerSuite.Case) throws {
    try withDevice(.reference) {
      let layer = test.make()
      try layer.build(for: test.input, seed: 3)
      if layer is Lambda {
        #expect(throws: DescriptionError.self) { try Architecture(of: layer) }
        return
      }
      let architecture = try Architecture(of: layer)
      let twin = try Architecture(json: JSON(parsing: architecture.json.encoded)).model(
        input: test.input, weights: layer.weights)
      #expect(try Architecture(of: twin) == architecture)
      #expect(twin.parameters.map(\.name) == layer.parameters.map(\.name))
      #expect(twin.parameters.map(\.initializer) == layer.parameters.map(\.initializer))
      let x = test.inputs(2)
      #expect(try twin(x).floats() == layer(x).floats())
      let mode = Mode.training(seed: 1, step: 0)
      #expect(try twin(x, mode: mode).floats() == layer(x, mode: mode).floats())
    }
  }

  @Test("stands in the list, whatever its type")
  func completeness() {
    var seen: Set<String> = []
    for test in LayerSuite.cases {
      let layer = test.make()
      seen.insert(String(describing: type(of: layer)))
      if let block = layer as? Sequential { seen.formUnion(block.layers.map { String(describing: type(of: $0)) }) }
    }
    #expect(Self.layerTypes.subtracting(seen).sorted() == [])
  }

  /// The layers with one input that the sources declare, so that a new one cannot be forgotten.
  static let layerTypes: Set<String> = {
    let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources/Layers")
    let files = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)?.allObjects ?? []
    let declaration = /public struct (\w+): (?:Layer|MaskingLayer|RecurrentLayer) \{/
    let names = files.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }.flatMap { file in
      ((try? String(contentsOf: file, encoding: .utf8)) ?? "").matches(of: declaration).map { String($0.1) }
    }
    return Set(names).subtracting(["Model"])  // A graph; ModelTests does with it what is done here.
  }()
}

/// One step of training a layer: its loss, a number for the result, and the gradients of its parameters.
private struct Step {
  let layer: any Layer
  let x: Tensor
  let cotangent: Tensor
  let loss: Tensor
  let gradients: [String: Tensor]
  private let make: @Sendable () -> any Layer
  private let input: Shape
  private static let mode = Mode.training(seed: 1, step: 0)

  init(_ test: LayerSuite.Case, on device: Device) throws {
    (make, input) = (test.make, test.input)
    layer = test.make()
    x = test.inputs(3, on: device)
    cotangent = sample(Shape([3] + Array(test.output)), seed: 7, on: device)
    (loss, gradients) = try withDevice(device) { [layer, x, cotangent] in
      try layer.build(for: test.input, seed: 3)
      let loss = (layer(x, mode: Self.mode) * cotangent).sum()
      let parameters = layer.trainableParameters
      if parameters.isEmpty { return (loss.detached, [:]) }
      let gradients = loss.gradients()
      return (
        loss.detached,
        Dictionary(parameters.compactMap { p in gradients[p].map { (p.name, $0) } }) { first, _ in first }
      )
    }
    #expect(gradients.count == layer.trainableParameters.count)
  }

  /// The loss after a short step against the gradient, which has to be smaller.
  func lossAfterLearning() throws -> Float {
    for parameter in layer.trainableParameters {
      guard let gradient = gradients[parameter.name] else { continue }
      parameter.assign(parameter.value.detached - gradient * Tensor(0x1p-7, on: x.device))
    }
    return try withDevice(x.device) { try (layer(x, mode: Self.mode) * cotangent).sum().item() }
  }

  func expectToComeBackFromFile() throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).safetensors")
    defer { try? FileManager.default.removeItem(at: file) }
    try withDevice(x.device) {
      try layer.save(to: file)
      let twin = make()
      try twin.build(for: input, seed: 4)
      try twin.load(from: file)
      #expect(try twin(x).floats() == layer(x).floats(), "\(x.device.name)")
    }
  }
}
