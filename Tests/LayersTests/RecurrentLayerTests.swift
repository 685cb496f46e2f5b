import Foundation
import MartletAutograd
import MartletBackend
import MartletLayers
import MartletTensor
import MartletTestSupport
import Testing

@Suite("Recurrent layers") struct RecurrentLayerTests {
  @Test("simple RNN adds input and state before the activation", arguments: Device.underTest)
  func simpleByHand(on device: Device) {
    withDevice(device) {
      let layer = SimpleRNN(
        1, activation: .linear, returnsSequences: true, kernelInitializer: .constant(2),
        recurrentInitializer: .constant(-1), biasInitializer: .constant(0.5))
      // h₁ = 2 + 0.5, h₂ = 4 - 2.5 + 0.5, h₃ = 6 - 2 + 0.5.
      let x = Tensor([1, 2, 3], shape: [1, 3, 1])
      expectClose(layer(x), [2.5, 2, 4.5], shape: [1, 3, 1])
      expectClose(layer(x, state: [Tensor([10], shape: [1, 1])]).output, [-7.5, 12, -5.5])
    }
  }

  @Test("LSTM follows its formulas", arguments: Device.underTest)
  func lstmByHand(on device: Device) throws {
    try withDevice(device) {
      let layer = LSTM(1, recurrentActivation: .linear, biasInitializer: .zeros)
      try layer.build(for: [2, 1])
      layer.kernel.assign(Tensor([1, 2, 0.5, 1], shape: [1, 4]))
      layer.recurrentKernel.assign(Tensor([0, 1, 0, -1], shape: [1, 4]))
      // Gates i, f, g, o. Step 1, x = 1, h = c = 0: c = 1·tanh(0.5) = 0.462117, h = 1·tanh(c) = 0.431805.
      // Step 2, x = 2: f = 4 + h = 4.431805, o = 2 - h = 1.568195: c = f·0.462117 + 2·tanh(1) = 3.571201, h = o·tanh(c).
      let result = layer(Tensor([1, 2], shape: [1, 2, 1]), state: nil)
      expectClose(result.state[1], [3.571201], shape: [1, 1], within: 2e-6)
      expectClose(result.output, [1.565714], shape: [1, 1], within: 2e-6)
    }
  }

  @Test("begin as Keras does: forget gates open, recurrent kernels orthogonal")
  func initialization() throws {
    let lstm = LSTM(3)
    try lstm.build(for: [5, 2])
    expectClose(try #require(lstm.bias).value, [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0])
    let r = lstm.recurrentKernel.value.detached
    expectClose(r.matmul(r, transposingRight: true), [1, 0, 0, 0, 1, 0, 0, 0, 1], within: 1e-5)
  }

  @Test("count their parameters as Keras does")
  func counts() throws {
    func count(_ layer: any Layer) throws -> Int {
      try layer.build(for: [12, 5])
      return layer.parameterCount
    }
    #expect(try count(SimpleRNN(6)) == 6 * (5 + 6 + 1))
    #expect(try count(LSTM(32)) == 4 * 32 * (5 + 32 + 1))
    #expect(try count(GRU(8)) == 3 * 8 * (5 + 8 + 2))
    #expect(try count(GRU(8, resetsAfterProduct: false)) == 3 * 8 * (5 + 8 + 1))
    #expect(try count(Bidirectional(LSTM(7))) == 2 * 4 * 7 * (5 + 7 + 1))
  }

  static let layers: [@Sendable () -> any RecurrentLayer] = [
    { SimpleRNN(3, returnsSequences: true) }, { LSTM(3, returnsSequences: true) }, { GRU(3, returnsSequences: true) },
    { GRU(3, resetsAfterProduct: false, returnsSequences: true) },
  ]

  @Test("go on from a state as if the sequence had not been cut", arguments: layers.indices, Device.underTest)
  func statefulness(_ index: Int, on device: Device) throws {
    try withDevice(device) {
      let layer = Self.layers[index]()
      let x = sample([2, 7, 4])
      let whole = layer(x, state: nil)
      let first = layer(x.sliced(axis: 1, from: 0, count: 3), state: nil)
      let second = layer(x.sliced(axis: 1, from: 3, count: 4), state: first.state)
      expectClose(
        Tensor.concatenated([first.output, second.output], alongAxis: 1), try whole.output.floats(), within: 0)
      for (a, b) in zip(second.state, whole.state) { expectClose(a, try b.floats(), within: 0) }
    }
  }

  @Test(
    "skip missing steps: the result is that of the sequence without them", arguments: layers.indices, Device.underTest)
  func masks(_ index: Int, on device: Device) throws {
    try withDevice(device) {
      let layer = Self.layers[index]()
      let x = sample([1, 5, 4])
      let mask = Tensor([false, true, false, true, true], shape: [1, 5])
      let present = Tensor.stacked(
        [
          x.sliced(axis: 1, from: 1, count: 1), x.sliced(axis: 1, from: 3, count: 1),
          x.sliced(axis: 1, from: 4, count: 1),
        ], alongAxis: 1
      )
      .reshaped(to: [1, 3, 4])
      let (masked, plain) = (layer(x, state: nil, mask: mask), layer(present, state: nil))
      let rows = try plain.output.floats()
      let expected = [0, 0, 0] + rows[0..<3] + rows[0..<3] + rows[3...]
      expectClose(masked.output, Array(expected), within: 0)
      for (a, b) in zip(masked.state, plain.state) { expectClose(a, try b.floats(), within: 0) }
    }
  }

  @Test("give zeros before the first step that is there, whatever the initial state", arguments: Device.underTest)
  func maskedBeginning(on device: Device) throws {
    try withDevice(device) {
      let layer = GRU(1, returnsSequences: true)
      let state = [Tensor([0.5, 0.25], shape: [2, 1])]
      let mask = Tensor([0, 0, 0, 1], shape: [2, 2])
      let result = layer(sample([2, 2, 3]), state: state, mask: mask)
      let outputs = try result.output.floats()
      #expect(outputs[0] == 0 && outputs[1] == 0 && outputs[2] == 0 && outputs[3] != 0)
      #expect(try result.state[0].floats()[0] == 0.5)
    }
  }

  @Test("read backwards what is given backwards", arguments: Device.underTest)
  func directions(on device: Device) throws {
    try withDevice(device) {
      let forward = LSTM(3, returnsSequences: true)
      let backward = forward.reversed()
      let x = sample([2, 4, 3])
      try forward.build(for: [4, 3], seed: 1)
      try backward.build(for: [4, 3])
      for (a, b) in zip(forward.parameters, backward.parameters) { b.assign(a.value) }
      expectClose(backward(x.flipped(alongAxes: [1])), try forward(x).floats(), within: 0)
    }
  }

  @Test("bidirectional puts both readings in the order of time", arguments: Device.underTest)
  func bidirectional(on device: Device) throws {
    try withDevice(device) {
      let x = sample([2, 3, 2])
      let layer = Bidirectional(GRU(2, returnsSequences: true))
      try layer.build(for: [3, 2])
      let (a, b) = (layer.forward(x), layer.backward(x).flipped(alongAxes: [1]))
      expectClose(layer(x), try Tensor.concatenated([a, b], alongAxis: 2).floats(), within: 0)
      let state = layer(x, state: nil).state
      expectClose(state.backward[0], try b.sliced(axis: 1, from: 0, count: 1).floats(), within: 0)
      let mask = Tensor([true, true, false, true, true, true], shape: [2, 3])
      let masked = try layer.masked(x, mask: mask, mode: .inference).output.floats()
      #expect(masked[8..<12].allSatisfy { $0 == 0 } && masked[4..<8].allSatisfy { $0 != 0 })
    }
  }

  @Test("say what does not fit", arguments: layers.indices)
  func errors(_ index: Int) {
    #expect(throws: ShapeError.self) { try Self.layers[index]().outputShape(for: [5]) }
    let model = { try Sequential(input: [4, 3], layers: [LSTM(2), Self.layers[index]()]) }
    do {
      _ = try model()
      Issue.record("a sequence of no steps was accepted")
    } catch {
      #expect("\(error)".contains("returnsSequences"))
    }
  }
}

@Suite("Masks") struct MaskTests {
  @Test("go from Embedding and Masking through layers that treat steps alike", arguments: Device.underTest)
  func propagation(on device: Device) throws {
    try withDevice(device) {
      let embedding = Embedding(5, 3, masksZero: true)
      let lstm = LSTM(2)
      let model = try Sequential(
        input: [4], layers: [embedding, Dropout(0.1), Dense(3, activation: .tanh), lstm, Dense(1)])
      // The same text with and without padding.
      let short = model(Tensor([3, 1] as [Int32], shape: [1, 2]).padded(to: 4))
      let dense = try #require(model.layers[2] as? Dense)
      let last = try #require(model.layers[4] as? Dense)
      let direct = last(lstm(dense(embedding(Tensor([3, 1] as [Int32], shape: [1, 2])))))
      expectClose(short, try direct.floats(), within: 0)
    }
  }

  @Test("Masking finds steps that are all padding", arguments: Device.underTest)
  func masking(on device: Device) throws {
    try withDevice(device) {
      let x = Tensor([1, 9, 9, 9, 2, 3], shape: [1, 3, 2])
      let result = Masking(value: 9).masked(x, mask: nil, mode: .inference)
      let mask = try #require(result.mask)
      #expect(try mask.bools() == [true, false, true])
      expectClose(result.output, [1, 9, 0, 0, 2, 3], shape: [1, 3, 2])
    }
  }
}

extension Tensor {
  /// With zeros behind it.
  fileprivate func padded(to length: Int) -> Tensor {
    let zeros = Tensor([Int32](repeating: 0, count: length - shape[1]), shape: [1, length - shape[1]])
    return Tensor.concatenated([self, zeros], alongAxis: 1)
  }
}

@Suite("Embedding") struct EmbeddingTests {
  @Test("gives rows of its table and adds up gradients of repeated rows", arguments: Device.underTest)
  func rows(on device: Device) throws {
    try withDevice(device) {
      let layer = Embedding(3, 2)
      layer.embeddings.assign(Tensor([1, 2, 3, 4, 5, 6], shape: [3, 2]))
      let indices = Tensor([2, 0, 2] as [Int32], shape: [1, 3])
      let y = layer(indices)
      expectClose(y, [5, 6, 1, 2, 5, 6], shape: [1, 3, 2])
      expectClose(layer(indices.cast(to: .float32)), [5, 6, 1, 2, 5, 6])
      let gradient = try #require(y.sum().gradients()[layer.embeddings])
      expectClose(gradient, [1, 1, 0, 0, 2, 2], shape: [3, 2])
    }
  }

  @Test("gives zeros for an index outside, and trains in a model")
  func outside() throws {
    let model = try Sequential(input: [3], layers: [Embedding(4, 2), Flatten(), Dense(1)])
    #expect(model.outputShapes == [[3, 2], [6], [1]])
    #expect(model.parameterCount == 8 + 7)
    let embedding = try #require(model.layers[0] as? Embedding)
    expectClose(embedding(Tensor([7] as [Int32], shape: [1, 1])), [0, 0])
  }
}
