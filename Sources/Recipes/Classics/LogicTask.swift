import Martlet

/// What single units can say about two truth values: set by hand, by the perceptron rule, or by the Hebb rule.
package struct LogicTask: RecipeTask {
  /// How the weights come about.
  enum Method: Sendable {
    case byHand, perceptron, hebb
  }

  let method: Method

  package var options: Set<RecipeOption> { [] }

  package func run(_ recipe: String, with settings: RunSettings) throws -> RunOutcome {
    var outcome = RunOutcome()
    let gates = method == .hebb ? [LogicGate.and, .or, .nand, .xor] : LogicGate.allCases
    var lines: [String] = []
    for gate in gates {
      let (mistakes, text) = try report(on: gate, device: settings.device)
      outcome.figures["\(gate.rawValue)_mistakes"] = Double(mistakes)
      let name = gate.rawValue.uppercased()
      lines.append(name + String(repeating: " ", count: 6 - name.count) + text)
    }
    outcome.text = lines.joined(separator: "\n")
    return outcome
  }

  private func report(on gate: LogicGate, device: Device) throws -> (mistakes: Int, text: String) {
    let x = Tensor(gate.inputs.flatMap(\.self), shape: [gate.inputs.count, gate.inputs[0].count], on: device)
    switch method {
    case .byHand:
      let layers = gate.layers(on: device)
      let answers = try layers.reduce(x) { $1($0) }.floats()
      let weights = try layers.map { layer in
        "weights \(Self.list(try layer.weight.value.transposed().floats())), thresholds \(Self.list(try layer.threshold.value.floats()))"
      }
      return (Self.mistakes(answers, gate.targets), "\(Self.list(answers))   " + weights.joined(separator: "; then "))
    case .perceptron:
      var perceptron = Perceptron(inputCount: x.shape[1], on: device)
      let outcome = try perceptron.learn(gate.inputs, targets: gate.targets)
      let answers = try perceptron(x).floats()
      let weights = "w \(Self.list(try perceptron.weight.floats())), b \(Self.list(try perceptron.bias.floats()))"
      return (Self.mistakes(answers, gate.targets), "\(outcome); \(weights)")
    case .hebb:
      let bipolar = x * 2 - 1
      let targets = Tensor(gate.targets, on: device) * 2 - 1
      var rule = HebbRule(inputCount: x.shape[1], on: device)
      rule.learn(bipolar, targets: targets)
      let mistakes = try rule.mistakes(bipolar, targets: targets)
      let correlations = try HebbRule.correlations(bipolar, targets).floats()
      let verdict =
        correlations.allSatisfy { $0 == 0 }
        ? "cannot be learned: the target correlates with no input"
        : mistakes == 0 ? "learned in one pass" : "\(mistakes) mistakes"
      return (mistakes, "\(verdict); w \(Self.list(try rule.weight.floats())), b \(Self.list(try rule.bias.floats()))")
    }
  }

  private static func mistakes(_ answers: [Float], _ targets: [Float]) -> Int {
    zip(answers, targets).count { $0 != $1 }
  }

  private static func list(_ values: [Float]) -> String {
    "[" + values.map { $0 == $0.rounded() ? String(Int($0)) : String($0) }.joined(separator: ", ") + "]"
  }
}
