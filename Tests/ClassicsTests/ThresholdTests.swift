import MartletBackend
import MartletClassics
import MartletTensor
import MartletTestSupport
import Testing

@Suite("Threshold units") struct ThresholdTests {
  @Test("give the truth table of every gate", arguments: LogicGate.allCases, Device.underTest)
  func gates(_ gate: LogicGate, on device: Device) {
    let x = Tensor(gate.inputs.flatMap(\.self), shape: [gate.inputs.count, gate.inputs[0].count], on: device)
    let y = gate.layers(on: device).reduce(x) { $1($0) }
    expectClose(y, gate.targets, shape: [gate.inputs.count, 1], within: 0)
  }

  @Test("fire where the sum just reaches the threshold, and not below", arguments: Device.underTest)
  func boundary(on device: Device) {
    let unit = ThresholdUnits(weights: [[0.5, 1]], thresholds: [0.75], on: device)
    expectClose(unit(Tensor([0.5, 0.5, 0.5, 0.25], shape: [2, 2], on: device)), [1, 0], within: 0)
  }

  @Test("refuse samples of another size")
  func misfit() {
    let unit = ThresholdUnits(weights: [[1, 1]], thresholds: [1])
    #expect(throws: ShapeError.self) { try unit.outputShape(for: [3]) }
  }
}

@Suite("The perceptron rule") struct PerceptronTests {
  @Test("learns every gate that a line can draw", arguments: [LogicGate.and, .or, .not, .nand], Device.underTest)
  func separable(_ gate: LogicGate, on device: Device) throws {
    var perceptron = Perceptron(inputCount: gate.inputs[0].count, on: device)
    guard case .converged = try perceptron.learn(gate.inputs, targets: gate.targets) else {
      Issue.record("\(gate) did not converge")
      return
    }
    let x = Tensor(gate.inputs.flatMap(\.self), shape: [gate.inputs.count, gate.inputs[0].count], on: device)
    expectClose(perceptron(x), gate.targets, within: 0)
  }

  // By hand, from w = 0, b = 0, where the sum 0 fires: (0,0) wrong, b = -1; (0,1) right (0); (1,0) right; (1,1) wrong, w = (1,1), b = 0.
  // Epoch 2: (0,0) wrong, b = -1; (0,1) fires wrongly, w = (1,0), b = -2; (1,0) right; (1,1): 1-2 < 0 wrong, w = (2,1), b = -1.
  @Test("moves as worked by hand on AND", arguments: Device.underTest)
  func twoEpochs(on device: Device) throws {
    var perceptron = Perceptron(inputCount: 2, on: device)
    let first = try perceptron.learn(LogicGate.and.inputs, targets: LogicGate.and.targets, maximumEpochs: 1)
    #expect(first == .undecided(epochs: 1))
    expectClose(perceptron.weight, [1, 1], within: 0)
    expectClose(perceptron.bias, [0], within: 0)
    _ = try perceptron.learn(LogicGate.and.inputs, targets: LogicGate.and.targets, maximumEpochs: 1)
    expectClose(perceptron.weight, [2, 1], within: 0)
    expectClose(perceptron.bias, [-1], within: 0)
  }

  @Test("proves that XOR has no line, instead of trying for ever", arguments: Device.underTest)
  func xor(on device: Device) throws {
    var perceptron = Perceptron(inputCount: 2, on: device)
    let outcome = try perceptron.learn(LogicGate.xor.inputs, targets: LogicGate.xor.targets, maximumEpochs: 1000)
    guard case .impossible(let epochs, let certificate) = outcome else {
      Issue.record("XOR: \(outcome)")
      return
    }
    #expect(epochs < 100)
    // (0,0) + (1,1) = (0,1) + (1,0), so many times.
    #expect(Set(certificate.counts).count == 1 && certificate.counts[0] > 0)
    #expect(outcome.description.contains("never converges"))
  }

  @Test("a wrong proof is no proof")
  func certificate() {
    let gate = LogicGate.and
    #expect(InseparabilityCertificate(inputs: gate.inputs, targets: gate.targets, counts: [1, 1, 1, 1]) == nil)
    #expect(InseparabilityCertificate(inputs: gate.inputs, targets: gate.targets, counts: [0, 0, 0, 0]) == nil)
    #expect(InseparabilityCertificate(inputs: gate.inputs, targets: gate.targets, counts: [1, -1, -1, 1]) == nil)
    #expect(
      InseparabilityCertificate(inputs: LogicGate.xor.inputs, targets: LogicGate.xor.targets, counts: [2, 2, 2, 2])
        != nil)
    // One point in both classes.
    #expect(InseparabilityCertificate(inputs: [[0.3], [0.3]], targets: [0, 1], counts: [1, 1]) != nil)
  }
}

@Suite("The Hebb rule") struct HebbTests {
  private static let x: [Float] = [-1, -1, -1, 1, 1, -1, 1, 1]

  /// The targets of a gate of two inputs, 0 as -1.
  private static func targets(_ gate: LogicGate) -> [Float] { gate.targets.map { 2 * $0 - 1 } }

  // AND: Σ t·x₁ = 1 + 1 - 1 + 1 = 2, likewise x₂; Σ t = -2. OR has the opposite bias.
  @Test(
    "ends at the correlations worked by hand and is right", arguments: [(LogicGate.and, Float(-2)), (.or, 2)],
    Device.underTest
  )
  func bipolar(_ expected: (LogicGate, Float), on device: Device) throws {
    let (x, t) = (Tensor(Self.x, shape: [4, 2], on: device), Tensor(Self.targets(expected.0), on: device))
    var rule = HebbRule(inputCount: 2, on: device)
    rule.learn(x, targets: t)
    expectClose(rule.weight, [2, 2], within: 0)
    expectClose(rule.bias, [expected.1], within: 0)
    #expect(try rule.mistakes(x, targets: t) == 0)
  }

  @Test("learns nothing of XOR, whose target correlates with no input", arguments: Device.underTest)
  func xor(on device: Device) throws {
    let (x, t) = (Tensor(Self.x, shape: [4, 2], on: device), Tensor(Self.targets(.xor), on: device))
    expectClose(HebbRule.correlations(x, t), [0, 0], within: 0)
    var rule = HebbRule(inputCount: 2, on: device)
    for _ in 0..<10 { rule.learn(x, targets: t) }
    expectClose(rule.weight, [0, 0], within: 0)
    #expect(try rule.mistakes(x, targets: t) == 2)
  }
}
