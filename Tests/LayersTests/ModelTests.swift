import Foundation
import MartletAutograd
import MartletBackend
import MartletLayers
import MartletTensor
import MartletTestSupport
import Testing

@Suite("Model") struct ModelTests {
  @Test("computes what its layers compute, with several inputs and outputs", arguments: Device.underTest)
  func severalInputsAndOutputs(on device: Device) throws {
    try withDevice(device) {
      let (a, b) = (Symbol.input([2]), Symbol.input([2], name: "b"))
      let sum = Add()([a, b])
      let model = try Model(
        inputs: [a, b],
        outputs: [Concatenate()([Multiply()([a, sum]), b]), Subtract()([a, b]), Average()([a, b, sum])])
      #expect(model.outputShapes == [[4], [2], [2]])
      let outputs = model([Tensor([1, 2, 3, 4], shape: [2, 2]), Tensor([10, 20, 30, 40], shape: [2, 2])])
      expectClose(outputs[0], [11, 44, 10, 20, 99, 176, 30, 40], shape: [2, 4])
      expectClose(outputs[1], [-9, -18, -27, -36])
      expectClose(outputs[2], [22.0 / 3, 44.0 / 3, 22, 88.0 / 3])
      let extremes = try Model(inputs: [a, b], outputs: [Maximum()([a, b]), Minimum()([a, b])])
      let both = extremes([Tensor([1, 5], shape: [1, 2]), Tensor([3, -2], shape: [1, 2])])
      expectClose(both[0], [3, 5])
      expectClose(both[1], [1, -2])
    }
  }

  @Test("a layer applied twice shares its parameters, which are counted, saved and learn once")
  func sharing() throws {
    try withDevice(.reference) {
      let (a, b) = (Symbol.input([3]), Symbol.input([3]))
      let shared = Dense(2, name: "shared")
      let model = try Model(inputs: [a, b], outputs: [Add()([shared(a), shared(b)])], seed: 4)
      #expect(model.parameterCount == 8)
      #expect(model.parameters.map(\.name) == ["shared.kernel", "shared.bias"])
      let (x, y) = (sample([2, 3], seed: 1), sample([2, 3], seed: 2))
      let gradients = model([x, y], mode: .training(seed: 0, step: 0))[0].sum().gradients()
      // ∂/∂kernel of Σ (x + y) · kernel: the column sums of x and y, for each unit.
      let columns = try (x + y).sum(alongAxes: [0]).floats()
      expectClose(try #require(gradients[shared.kernel]), columns.flatMap { [$0, $0] })
      let bias = try #require(shared.bias)
      expectClose(try #require(gradients[bias]), [4, 4])
    }
  }

  @Test("with one input and one output is a layer: saved, loaded, and part of other models")
  func asLayer() throws {
    func makeModel(seed: UInt64) throws -> Model {
      let x = Symbol.input([4])
      let hidden = Dense(5, activation: .tanh)(x)
      return try Model(inputs: [x], outputs: [Dense(3, name: "logits")(Concatenate()([x, hidden]))], seed: seed)
    }
    let file = FileManager.default.temporaryDirectory.appending(path: "model-\(UUID()).safetensors")
    defer { try? FileManager.default.removeItem(at: file) }
    try withDevice(.reference) {
      let (first, second) = (try makeModel(seed: 1), try makeModel(seed: 2))
      #expect(first.parameters.map(\.name) == ["0.kernel", "0.bias", "logits.kernel", "logits.bias"])
      let x = sample([2, 4])
      let expected = try first(x).floats()
      #expect(try second(x).floats() != expected)
      try first.save(to: file)
      try second.load(from: file)
      #expect(try second(x).floats() == expected)
      let outer = try Sequential(input: [2, 2]) {
        Flatten()
        first
        Activation.softmax()
      }
      #expect(outer.outputShapes == [[4], [3], [3]])
      #expect(outer.parameters.map(\.name).first == "1.0.kernel")
      expectClose(outer(x.reshaped(to: [2, 2, 2])), try first(x).softmax().floats())
    }
  }

  @Test("inner values are outputs too, with the same parameters")
  func features() throws {
    try withDevice(.reference) {
      let x = Symbol.input([3])
      let hidden = Dense(2)(x)
      let model = try Model(inputs: [x], outputs: [Dense(1)(hidden)])
      let encoder = try Model(inputs: [x], outputs: [hidden])
      #expect(encoder.parameters.allSatisfy { inner in model.parameters.contains { $0 === inner } })
      #expect(encoder(sample([4, 3])).shape == [4, 2])
    }
  }

  @Test("attention takes query and value from different places")
  func attention() throws {
    try withDevice(.reference) {
      let (question, text) = (Symbol.input([2, 6]), Symbol.input([5, 4]))
      let found = MultiHeadAttention(heads: 2, keySize: 3)([question, text])
      let model = try Model(inputs: [question, text], outputs: [found])
      #expect(model.outputShapes == [[2, 6]])
      #expect(model([sample([3, 2, 6]), sample([3, 5, 4])])[0].shape == [3, 2, 6])
      // Query 6·6 + 6, key and value 4·6 + 6 each, output 6·6 + 6.
      #expect(model.parameterCount == 42 + 30 + 30 + 42)
    }
  }

  @Test("what does not fit is said when the model is made")
  func errors() throws {
    let (a, b) = (Symbol.input([3]), Symbol.input([4], name: "age"))
    func message(_ inputs: [Symbol], _ outputs: [Symbol]) -> String {
      do {
        _ = try Model(inputs: inputs, outputs: outputs)
        return "fits"
      } catch { return "\(error)" }
    }
    #expect(
      message([a, b], [Add(name: "sum")([a, b])]).contains("layer 'sum' (Add) cannot take samples of shape [3], [4]"))
    #expect(message([a], [Concatenate()([a, b])]).contains("the input 'age' of shape [4]"))
    #expect(message([a, b], [Dense(1)(a)]).contains("input 1 of the model, of shape [4], has no influence"))
    #expect(message([a, a], [Dense(1)(a)]).contains("named twice"))
    #expect(message([Dense(1)(a)], [a]).contains("input 0 of the model is the result of a layer"))
    #expect(message([], [a]).contains("at least one input"))
    #expect(message([a], [Dense(1, name: "x")(Dense(2, name: "x")(a))]).contains("two layers are called 'x'"))
    #expect(message([a], [Dense(1, name: "a.b")(a)]).contains("cannot be the name"))
    #expect(message([a], [Concatenate(axis: 0)([a, a])]).contains("axis 0 counts samples"))
    #expect(message([a], [Add()([])]).contains("has no influence"))
    #expect(message([a], [Add()([a])]) == "fits")
    let model = try Model(inputs: [a, b], outputs: [Concatenate()([a, b])])
    #expect(throws: ShapeError.self) { try model.outputShape(for: [3]) }
  }

  @Test("the summary is the table that Keras prints for a functional model")
  func summary() throws {
    let image = Symbol.input([8, 8, 1])
    let first = Conv2D(4, kernel: 3, padding: .same, activation: .relu)(image)
    let second = Conv2D(4, kernel: 3, padding: .same)(first)
    let shared = Dense(4)
    let row = Flatten(name: "row")(shared(shared(Add()([first, second]))))
    let model = try Model(inputs: [image], outputs: [Dense(2)(row)])
    // Printed by Keras 3.15 with a line of 76.
    #expect(
      model.summary() == """
        Model: "functional"
        ┏━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━┓
        ┃ Layer (type)        ┃ Output Shape      ┃    Param # ┃ Connected to      ┃
        ┡━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━┩
        │ input_layer         │ (None, 8, 8, 1)   │          0 │ -                 │
        │ (InputLayer)        │                   │            │                   │
        ├─────────────────────┼───────────────────┼────────────┼───────────────────┤
        │ conv2d (Conv2D)     │ (None, 8, 8, 4)   │         40 │ input_layer[0][0] │
        ├─────────────────────┼───────────────────┼────────────┼───────────────────┤
        │ conv2d_1 (Conv2D)   │ (None, 8, 8, 4)   │        148 │ conv2d[0][0]      │
        ├─────────────────────┼───────────────────┼────────────┼───────────────────┤
        │ add (Add)           │ (None, 8, 8, 4)   │          0 │ conv2d[0][0],     │
        │                     │                   │            │ conv2d_1[0][0]    │
        ├─────────────────────┼───────────────────┼────────────┼───────────────────┤
        │ dense (Dense)       │ (None, 8, 8, 4)   │         20 │ add[0][0],        │
        │                     │                   │            │ dense[0][0]       │
        ├─────────────────────┼───────────────────┼────────────┼───────────────────┤
        │ row (Flatten)       │ (None, 256)       │          0 │ dense[1][0]       │
        ├─────────────────────┼───────────────────┼────────────┼───────────────────┤
        │ dense_1 (Dense)     │ (None, 2)         │        514 │ row[0][0]         │
        └─────────────────────┴───────────────────┴────────────┴───────────────────┘
         Total params: 722 (2.82 KB)
         Trainable params: 722 (2.82 KB)
         Non-trainable params: 0 (0.00 B)
        """)
  }
}
