import Foundation
import MartletAutograd
import MartletBackend
import MartletLayerCases
import MartletLayers
import MartletONNX
import MartletTensor
import MartletTestSupport
import Testing

@Suite("ONNX export") struct ExportTests {
  @Test(
    "gives models that onnx accepts and onnxruntime runs to the same numbers, for every layer",
    .enabled(if: Peer.isThere, Comment(rawValue: Peer.reason)))
  func everyLayer() throws {
    let exchange = try Exchange()
    defer { exchange.remove() }
    for (index, test) in LayerCase.all.enumerated() {
      let layer = test.make()
      if layer is Lambda { continue }
      try withDevice(.reference) {
        try layer.build(for: test.input, seed: 3)
        let x = test.inputs(3)
        // So that statistics are none of their first values.
        _ = layer(x, mode: .training(seed: 1, step: 0))
        try exchange.add(
          "\(index) \(test.testDescription)", layer, inputShape: test.input, inputs: [x], outputs: [layer(x)])
      }
    }
    #expect(try exchange.problems() == [])
  }

  @Test("covers every activation, on vectors and behind a convolution, where channels stand elsewhere")
  func activations() throws {
    let all: [Activation] =
      Activation.allByName.map(\.activation) + [
        .leakyRelu(negativeSlope: 0.3), .elu(alpha: 0.5), .celu(alpha: 2), .gelu(approximate: true),
        .softShrink(threshold: 0.2), .hardShrink(threshold: 0.2), .squareplus(b: 1), .sparsemax(axis: 1),
        .threshold(0.1, value: -2), .step(threshold: 0.2), .softmax(axis: 1), .logSoftmax(axis: 1), .maxout(units: 2),
      ]
    let exchange = try Exchange()
    defer { exchange.remove() }
    try withDevice(.reference) {
      for (index, activation) in all.enumerated() {
        let vectors = try Sequential(input: [6]) { activation }
        let pictures = try Sequential(input: [3, 4, 2]) { Conv2D(4, kernel: 2, activation: activation) }
        for (name, model) in [("vectors", vectors), ("pictures", pictures)] {
          let x = sample(Shape([3] + Array(model.inputShape ?? [])), scale: 3)
          try exchange.add("\(index) \(activation) \(name)", model, inputs: [x], outputs: [model(x)])
          let back = try ONNX.load(ONNX.bytes(of: model))
          expectClose(try back.run([x])[0], try model(x).floats(), within: 1e-5)
        }
      }
    }
    if Peer.isThere { #expect(try exchange.problems() == []) }
  }

  @Test("covers graphs with several inputs and outputs, shared layers and every way to merge")
  func graphs() throws {
    let exchange = try Exchange()
    defer { exchange.remove() }
    try withDevice(.reference) {
      let (image, words) = (Symbol.input([5, 5, 2], name: "image"), Symbol.input([3]))
      let shared = Conv2D(2, kernel: 3, padding: .same, activation: .relu)
      let (a, b) = (shared(image), shared(shared(image)))
      let merged = [
        Add()([a, b, image]), Subtract()([a, b]), Multiply()([a, b]), Average()([a, image]), Maximum()([a, b]),
        Minimum()([a, b]),
      ]
      let wide = Concatenate()(merged)
      let tall = Concatenate(axis: 1)([a, image])
      let read = LSTM(4, returnsSequences: true)(Embedding(7, 4)(words))
      let looked = MultiHeadAttention(heads: 2, keySize: 2)([read, Dense(3)(read)])
      let joined = Concatenate()([GlobalAveragePool2D()(wide), Flatten()(tall), Flatten()(looked)])
      let model = try Model(inputs: [image, words], outputs: [Dense(2)(joined), tall, image, tall])
      let inputs = [
        sample([3, 5, 5, 2]), Tensor((0..<9).map { Int32($0 % 7) } as [Int32], shape: [3, 3]),
      ]
      let outputs = model(inputs)
      try exchange.add("graph", model, inputs: inputs, outputs: outputs)
      let back = try ONNX.load(ONNX.bytes(of: model))
      #expect(back.inputs.map(\.description) == ["image: float32 [?, 5, 5, 2]", "input2: int32 [?, 3]"])
      for (result, expected) in zip(try back.run(inputs), outputs) { expectClose(result, try expected.floats()) }
    }
    if Peer.isThere { #expect(try exchange.problems() == []) }
  }

  @Test("turns pictures once on the way in and once on the way out")
  func transposes() throws {
    let model = try Sequential(input: [12, 12, 3]) {
      Conv2D(4, kernel: 3, activation: .relu)
      BatchNorm()
      MaxPool2D()
      Residual {
        Conv2D(4, kernel: 3, padding: .same, activation: .silu)
        Dropout(0.5)
        Conv2D(4, kernel: 3, padding: .same)
      }
      ZeroPadding2D()
      AveragePool2D()
      Flatten()
      Dense(2)
    }
    // Names of nodes and of what they give are one.
    let names = String(decoding: try ONNX.bytes(of: model), as: UTF8.self)
    #expect(names.contains("0.Transpose") && names.contains("6.Transpose"))
    #expect(
      !["1", "2", "3", "4", "5"].contains { names.contains("\($0).Transpose") || names.contains("body.0.Transpose") })
  }

  @Test("keeps what is said about a model, and can end in probabilities")
  func details() throws {
    let model = try Sequential(input: [4]) { Dense(2) }
    let details = ONNX.Details(
      name: "coin", documentation: "Heads or tails.", classNames: ["heads", "tails"], properties: ["made in": "a test"],
      inputNames: ["x"], outputNames: ["probabilities"], outputActivation: .softmax())
    let back = try ONNX.load(ONNX.bytes(of: model, details))
    #expect(back.classNames == ["heads", "tails"] && back.properties["made in"] == "a test")
    #expect(back.documentation == "Heads or tails." && back.producer == "Martlet 0.1.0" && back.operatorSet == 17)
    #expect(back.parameters.map(\.name) == ["0.kernel", "0.bias"])
    let x = sample([5, 4])
    expectClose(try #require(try back.run(["x": x])["probabilities"]), try model(x).softmax().floats())
  }

  @Test("names the layer that has no counterpart, and takes layers of one's own that say theirs")
  func ownLayers() throws {
    struct Doubling: Layer, ONNXLayer {
      func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor { x + x }
      func onnx(_ x: ONNX.Value, in graph: ONNX.GraphBuilder) throws -> ONNX.Value { graph.elementwise("Add", [x, x]) }
    }
    let own = try Sequential(input: [3]) { Doubling() }
    expectClose(try ONNX.load(ONNX.bytes(of: own)).run([sample([2, 3])])[0], try (sample([2, 3]) * 2).floats())
    let model = try Sequential(input: [3]) {
      Dense(2)
      Lambda(name: "trick") { $0 }
    }
    let error = #expect(throws: ONNXError.self) { try ONNX.bytes(of: model) }
    #expect(error?.description.hasPrefix("layer 'trick' (Lambda) cannot be exported to ONNX") == true)
    #expect(throws: ONNXError.inputShapeNeeded) { try ONNX.bytes(of: Dense(2)) }
    let two = ONNX.Details(outputNames: ["a", "b"])
    #expect(throws: ONNXError.namesDoNotFit("2 output names for 1 outputs")) { try ONNX.bytes(of: own, two) }
  }
}
