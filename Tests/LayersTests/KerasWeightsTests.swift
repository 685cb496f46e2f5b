import Foundation
import MartletAutograd
import MartletBackend
import MartletInterchange
import MartletLayers
import MartletTensor
import MartletTestSupport
import Testing

/// Weights and results that Keras itself saved; Tests/Peers/keras_weights.py has the same models in Python.
@Suite("Weights of Keras") struct KerasWeightsTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Keras")

  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let model: @Sendable () throws -> any Layer
  }

  static let cases: [Case] = [
    Case(testDescription: "images") {
      try Sequential(input: [7, 7, 2]) {
        Conv2D(4, kernel: 3, activation: .relu)
        BatchNorm()
        DepthwiseConv2D(kernel: 2)
        SeparableConv2D(4, kernel: 2)
        ConvTransposed2D(2, kernel: 2)
        PReLU(sharedAxes: [1, 2])
        GroupNorm(groups: 2)
        Flatten()
        Dropout(0.5)
        Dense(3, activation: .tanh, name: "hidden")
        Dense(2, name: "answer")
      }
    },
    Case(testDescription: "sequences") {
      try Sequential(input: [5]) {
        Embedding(7, 4)
        Bidirectional(LSTM(3, returnsSequences: true))
        TimeDistributed(Dense(4))
        LayerNorm()
        GRU(3, returnsSequences: true)
        GRU(3, resetsAfterProduct: false, returnsSequences: true)
        Conv1D(2, kernel: 2)
        SimpleRNN(3)
        Dense(2)
      }
    },
    Case(testDescription: "graph") {
      let x = Symbol.input([4, 6])
      let joined = Add()([x, MultiHeadAttention(heads: 2, keySize: 3)(x)])
      let inner = try Sequential(input: [4, 6], name: "inner") {
        Dense(3, activation: .relu)
        Dense(3)
      }
      return try Model(inputs: [x], outputs: [inner(joined)])
    },
    Case(testDescription: "positions") {
      try Sequential(input: [3, 2]) {
        LSTM(2, returnsSequences: true)
        BatchNorm()
        GRU(2)
        Dense(2)
      }
    },
  ]

  @Test("give the results that Keras has with them", arguments: cases)
  func results(_ test: Case) throws {
    let model = try test.model()
    try model.loadKeras(from: Self.folder.appending(path: "\(test.testDescription).npz"))
    let check = try NPZ.read(Self.folder.appending(path: "\(test.testDescription)-check.npz"))
    let (x, y) = (try #require(check["x"]), try #require(check["y"]))
    let input = x.floats.map { Tensor($0, shape: Shape(x.shape)) } ?? Tensor(x.int32s ?? [], shape: Shape(x.shape))
    expectClose(model(input), try #require(y.floats), within: 1e-5)
  }

  @Test("are found in safetensors too, whose order says nothing", arguments: ["images", "graph"])
  func safetensors(_ name: String) throws {
    let test = try #require(Self.cases.first { $0.testDescription == name })
    let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).safetensors")
    defer { try? FileManager.default.removeItem(at: file) }
    let npz = Self.folder.appending(path: "\(name).npz")
    try Safetensors.write(NPZ.read(npz), to: file)
    let (one, other) = (try test.model(), try test.model())
    try one.loadKeras(from: npz)
    try other.loadKeras(from: file)
    for (a, b) in zip(one.parameters, other.parameters) { #expect(try a.value.floats() == b.value.floats()) }
  }

  @Test("of other layers are refused, with a list of both sides")
  func misfit() throws {
    let model = try Sequential(input: [7, 7, 2]) {
      Conv2D(5, kernel: 3)
      BatchNorm()
      Flatten()
      Dense(2, name: "answer")
    }
    let before = model.weights
    let error = #expect(throws: ModelError.self) {
      try model.loadKeras(from: Self.folder.appending(path: "images.npz"))
    }
    let text = "\(error?.description ?? "")"
    for part in [
      "images.npz", "here '0' (conv2d): bias [5], kernel [3, 3, 2, 5]", "there 'sequential/conv2d': bias [4]",
    ] {
      #expect(text.contains(part), "\(text)")
    }
    #expect(try model.weights.tensors["0.kernel"]?.floats() == before.tensors["0.kernel"]?.floats())
    #expect(throws: ModelError.self) { try model.loadKeras(from: Self.folder.appending(path: "positions.npz")) }
  }
}
