import MartletAutograd
import MartletBackend
import MartletCPUBackend
import MartletTensor
import MartletTestSupport
import Testing

private let tanh = RecurrentActivation(.tanh) { $0.tanh() }
private let sigmoid = RecurrentActivation(.sigmoid) { $0.sigmoid() }

/// A recurrent operation, its output and its final state side by side.
private struct Setting: Sendable {
  var cell: RecurrentCell
  var hasBias = true
  var hasState = true
  var mask: [Bool]?
  var activation = tanh
  var recurrentActivation = sigmoid
  var goesBackwards = false
  var returnsSequences = false
  let batch = 2, steps = 3, features = 2, units = 2

  /// Input, kernels, and what there is of bias and state.
  @Sendable func inputs(on device: Device) -> [Tensor] {
    let columns = cell.gateCount * units
    var shapes: [Shape] = [[batch, steps, features], [features, columns], [units, columns]]
    if hasBias { shapes.append(cell.biasShape(units: units)) }
    if hasState { shapes += Array(repeating: [batch, units], count: cell.stateCount) }
    return shapes.enumerated().map { sample($1, seed: UInt64($0), scale: 0.8, on: device) }
  }

  @Sendable func callAsFunction(_ inputs: [Tensor]) -> Tensor {
    let x = inputs[0]
    let result = x.recurrent(
      cell, kernel: inputs[1], recurrentKernel: inputs[2], bias: hasBias ? inputs[3] : nil,
      initialState: hasState ? Array(inputs.suffix(cell.stateCount)) : [],
      mask: mask.map { Tensor($0, shape: [batch, steps], on: x.device) }, activation: activation,
      recurrentActivation: recurrentActivation, goesBackwards: goesBackwards, returnsSequences: returnsSequences)
    return Tensor.concatenated(
      [result.output.reshaped(to: [batch, -1])] + result.state.map { $0 * 0.7 }, alongAxis: 1)
  }

  func operation(_ name: String) -> OperationCase { OperationCase(name, inputs(on:), callAsFunction) }

  /// The same without the fused form.
  var composed: Setting {
    var copy = self
    copy.activation = RecurrentActivation(nil, activation.function)
    return copy
  }
}

private let settings: [(name: String, setting: Setting)] = [
  ("simple RNN", Setting(cell: .simple)),
  ("simple RNN, masked sequences", Setting(cell: .simple, mask: mask, returnsSequences: true)),
  ("simple RNN without bias, linear", Setting(cell: .simple, hasBias: false, hasState: false, activation: linear)),
  ("LSTM", Setting(cell: .lstm)), ("LSTM without bias or state", Setting(cell: .lstm, hasBias: false, hasState: false)),
  ("LSTM sequences, backwards", Setting(cell: .lstm, goesBackwards: true, returnsSequences: true)),
  ("LSTM, masked", Setting(cell: .lstm, mask: mask, goesBackwards: true)),
  ("LSTM, masked sequences", Setting(cell: .lstm, hasState: false, mask: mask, returnsSequences: true)),
  (
    "LSTM with other activations",
    Setting(cell: .lstm, activation: softplus, recurrentActivation: tanh, returnsSequences: true)
  ),
  ("GRU", Setting(cell: .gru)), ("GRU without bias", Setting(cell: .gru, hasBias: false, returnsSequences: true)),
  ("GRU, masked sequences, backwards", Setting(cell: .gru, mask: mask, goesBackwards: true, returnsSequences: true)),
  ("GRU, masked", Setting(cell: .gru, hasState: false, mask: mask)),
  ("GRU resetting before", Setting(cell: .gruResettingBefore, returnsSequences: true)),
  ("GRU resetting before, masked", Setting(cell: .gruResettingBefore, hasBias: false, mask: mask)),
]
private let mask = [false, true, false, true, true, false]
private let linear = RecurrentActivation(FusedActivation.none) { $0 }
private let softplus = RecurrentActivation(.softplus) { $0.softplus() }

extension OperationCase {
  static let recurrent: [OperationCase] =
    settings.map { $0.setting.operation($0.name) } + [
      settings[3].setting.composed.operation("LSTM, composed"), settings[9].setting.composed.operation("GRU, composed"),
    ]
}

@Suite("Recurrent operations") struct RecurrentTests {
  @Test("give the same value and gradient fused and composed", arguments: settings.indices, Device.underTest)
  func fusion(_ index: Int, on device: Device) throws {
    let setting = settings[index].setting
    let inputs = setting.inputs(on: device)
    func valueAndGradients(_ setting: Setting) throws -> [[Float]] {
      let leaves = inputs.map { $0.requiringGradient() }
      let y = setting(leaves)
      let gradients = (y * sample(y.shape, seed: 9, on: device)).sum().gradients()
      return try [y.floats()] + leaves.map { try #require(gradients[$0]).floats() }
    }
    let (fused, composed) = (try valueAndGradients(setting), try valueAndGradients(setting.composed))
    for (a, b) in zip(fused, composed) { expectClose(Tensor(a, on: .reference), b, within: 2e-6) }
  }

  @Test("of LSTM and GRU are the programs that the CPU has routines for")
  func routines() {
    for cell in [RecurrentCell.lstm, .gru] {
      for returnsSequences in [false, true] {
        let programs = RecurrentPrograms(
          cell: cell, activation: .tanh, recurrentActivation: .sigmoid, isMasked: false,
          returnsSequences: returnsSequences)
        #expect(CellStep(programs.forward) != nil && CellStep(programs.backward) != nil, "\(cell)")
      }
    }
  }

  @Test("compute only what is asked for: a frozen kernel, an input that is data", arguments: Device.underTest)
  func partialGradients(on device: Device) throws {
    for cell in [RecurrentCell.simple, .lstm, .gru] {
      let setting = Setting(cell: cell, returnsSequences: true)
      let inputs = setting.inputs(on: device)
      let all = inputs.map { $0.requiringGradient() }
      let expected = setting(all).sum().gradients()
      for index in inputs.indices {
        var mixed = inputs
        mixed[index] = inputs[index].requiringGradient()
        let gradients = setting(mixed).sum().gradients()
        #expect(gradients.count == 1)
        expectClose(
          try #require(gradients[mixed[index]]), try #require(expected[all[index]]).floats(), within: 0)
      }
    }
  }

  @Test("can go backwards twice where the tape is kept", arguments: Device.underTest)
  func retention(on device: Device) throws {
    let setting = Setting(cell: .lstm, returnsSequences: true)
    let inputs = setting.inputs(on: device).map { $0.requiringGradient() }
    let y = setting(inputs).sum()
    let first = y.gradients(retainingGraph: true)
    let second = y.gradients()
    for leaf in inputs {
      expectClose(try #require(first[leaf]), try #require(second[leaf]).floats(), within: 0)
    }
  }

  @Test("keep one step's gates where nothing is differentiated", arguments: Device.unshared)
  func inferenceMemory(on device: Device) throws {
    func peak(_ steps: Int) -> Int {
      let other = device
      let x = sample([4, steps, 1], on: other)
      let (kernel, recurrentKernel) = (sample([1, 128], on: other), sample([32, 128], on: other))
      let before = other.backend.statistics.bytesInUse
      let y = x.recurrent(
        .lstm, kernel: kernel, recurrentKernel: recurrentKernel, bias: nil, activation: tanh,
        recurrentActivation: sigmoid)
      _ = y
      return other.backend.statistics.peakBytesInUse - before
    }
    // 4 sequences: 132 bytes of row per step and sequence, but 512 of gates once.
    #expect(peak(400) < 4 * 400 * (132 + 64) * 2)
  }

  @Test("handle empty batches", arguments: Device.underTest)
  func emptyBatches(on device: Device) {
    let y = Tensor.zeros([0, 3, 2], on: device).recurrent(
      .gru, kernel: sample([2, 6], on: device), recurrentKernel: sample([2, 6], on: device), bias: nil,
      activation: tanh, recurrentActivation: sigmoid, returnsSequences: true)
    #expect(y.output.shape == [0, 3, 2])
    #expect(y.state.map(\.shape) == [[0, 2]])
  }
}
