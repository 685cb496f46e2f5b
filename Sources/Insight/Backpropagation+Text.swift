import MartletTensor

extension Backpropagation {
  /// The derivation as text for a terminal of 80 columns: forward, cost, backward, every gradient beside its difference quotient and
  /// the tape's, and what one step of gradient descent is worth.
  ///
  /// - Parameter rate: The learning rate of that step.
  /// - Throws: `BackendError` when the device fails.
  public func derivation(rate: Double = 0.5, on device: Device = .reference) throws -> String {
    var lines = heading + ["", "Forward: zⱼ = Σₖ wⱼₖ aₖ + bⱼ and aⱼ = \(unit.symbol)(zⱼ), layer by layer.", ""]
    for index in layers.indices { lines += forwardLines(ofLayer: index) }
    lines += costLines
    lines += ["", "Backward: δⱼ = ∂C/∂zⱼ = ∂C/∂aⱼ · \(unit.symbol)′(zⱼ), from the last layer to the first.", ""]
    for index in layers.indices.reversed() { lines += backwardLines(ofLayer: index) }
    lines += ["Gradient: ∂C/∂wⱼₖ = δⱼ aₖ, because ∂zⱼ/∂wⱼₖ = aₖ; and ∂C/∂bⱼ = δⱼ.", ""]
    lines += try gradientLines(on: device)
    lines += stepLines(rate: rate)
    return lines.joined(separator: "\n") + "\n"
  }

  private var heading: [String] {
    let sizes = ([input.count] + layers.map(\.biases.count)).map(String.init).joined(separator: "-")
    let count = layers.reduce(0) { $0 + $1.biases.count * ($1.weights[0].count + 1) }
    return ["A network of \(sizes) units (\(unit.rawValue)) with \(count) parameters, and one sample:"]
      + listed("x = ", input) + listed("y = ", target)
  }

  private func forwardLines(ofLayer index: Int) -> [String] {
    let (layer, before) = (layers[index], inputs(ofLayer: index))
    var lines = ["layer \(index + 1)"]
    for j in layer.z.indices {
      let terms = before.indices.map { "\(number(layer.weights[j][$0]))·\(number(before[$0]))" }
      lines += wrapped("  z\(subscripted(j)) = ", terms + [number(layer.biases[j])], end: " = \(number(layer.z[j]))")
      lines.append("  a\(subscripted(j)) = \(unit.symbol)(\(number(layer.z[j]))) = \(number(layer.a[j]))")
    }
    return lines + [""]
  }

  private var costLines: [String] {
    let terms = zip(layers[layers.count - 1].a, target).map { "(\(number($0)) - \(number($1)))²" }
    return ["Cost: C = Σⱼ (aⱼ - yⱼ)²"] + wrapped("  C = ", terms, end: " = \(number(cost))")
  }

  private func backwardLines(ofLayer index: Int) -> [String] {
    let layer = layers[index]
    let isLast = index == layers.count - 1
    var lines = [
      "layer \(index + 1), where ∂C/∂aⱼ = "
        + (isLast ? "2 (aⱼ - yⱼ)" : "Σᵢ wᵢⱼ δᵢ, over the units i of layer \(index + 2)")
    ]
    for j in layer.delta.indices {
      let name = "  ∂C/∂a\(subscripted(j)) = "
      if isLast {
        lines.append(
          name + "2·(\(number(layer.a[j])) - \(number(target[j]))) = \(number(layer.costByOutput[j]))")
      } else {
        let next = layers[index + 1]
        let terms = next.delta.indices.map { "\(number(next.weights[$0][j]))·\(number(next.delta[$0]))" }
        lines += wrapped(name, terms, end: " = \(number(layer.costByOutput[j]))")
      }
      lines.append(
        "  δ\(subscripted(j)) = \(number(layer.costByOutput[j])) · \(unit.symbol)′(\(number(layer.z[j]))) = "
          + "\(number(layer.costByOutput[j]))·\(number(layer.slopes[j])) = \(number(layer.delta[j]))")
    }
    return lines + [""]
  }

  private func gradientLines(on device: Device) throws -> [String] {
    let tape = try tapeGradients(on: device)
    var rows = [["layer", "", "value", "δⱼ · aₖ", "= ∂C/∂w", "difference", "tape"]]
    for (index, layer) in layers.enumerated() {
      let before = inputs(ofLayer: index)
      for j in layer.delta.indices {
        for k in before.indices {
          rows.append([
            "\(index + 1)", "w" + subscripted(j, k), number(layer.weights[j][k]),
            "\(number(layer.delta[j]))·\(number(before[k]))", precise(layer.weightGradients[j][k]),
            precise(differenceQuotient(layer: index, to: j, from: k)), precise(tape[index].weights[j][k]),
          ])
        }
        rows.append([
          "\(index + 1)", "b" + subscripted(j), number(layer.biases[j]), number(layer.delta[j]),
          precise(layer.delta[j]), precise(differenceQuotient(layer: index, to: j, from: nil)),
          precise(tape[index].biases[j]),
        ])
      }
    }
    return aligned(rows) + [""]
      + [
        "difference: (C(w + h) - C(w - h)) / 2h with h = 10⁻⁵. tape: what Martlet's",
        "automatic differentiation gives for the same network, in single precision.", "",
      ]
  }

  private func stepLines(rate: Double) -> [String] {
    let after = stepped(rate: rate)
    return ["One step w ← w - \(shortest(rate)) · ∂C/∂w: the cost goes from \(number(cost)) to \(number(after.cost)),"]
      + listed("the answer from ", layers[layers.count - 1].a)
      + listed("             to ", after.layers[after.layers.count - 1].a)
  }
}

// How numbers and lines look.
extension Backpropagation {
  /// Four digits after the point; negative numbers in the middle of a sum keep their sign.
  private func number(_ value: Double) -> String { Digits.fixed(value, 4) }
  private func precise(_ value: Double) -> String { Digits.fixed(value, 7) }
  private func shortest(_ value: Double) -> String { value == value.rounded() ? Digits.fixed(value, 0) : "\(value)" }
  private func listed(_ start: String, _ values: [Double]) -> [String] {
    let terms = values.indices.map { number(values[$0]) + ($0 < values.count - 1 ? "," : "") }
    return wrapped(start + "(", terms, separator: " ", end: ")")
  }

  /// `₁₂` for unit 1 and 2, with a comma where that could be twelve.
  private func subscripted(_ indices: Int...) -> String {
    let needsComma = ([input.count] + layers.map(\.biases.count)).contains { $0 > 9 }
    return indices.map { index in
      String(
        String(index + 1).unicodeScalars.compactMap { Unicode.Scalar($0.value + 0x2080 - 0x30) }.map(Character.init))
    }.joined(separator: needsComma ? "," : "")
  }

  /// A sum, or a list, that goes on in the next line where it would be too long.
  private func wrapped(_ start: String, _ terms: [String], separator: String = " + ", end: String) -> [String] {
    var lines: [String] = []
    var line = start
    for (index, term) in terms.enumerated() {
      let piece = (index == 0 ? "" : separator) + term
      if line.count + piece.count + (index == terms.count - 1 ? end.count : 0) > 78 {
        lines.append(line)
        line = String(repeating: " ", count: start.count)
      }
      line += piece
    }
    return lines + [line + end]
  }

  private func aligned(_ rows: [[String]]) -> [String] {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      "  "
        + row.indices.map { column in
          let padding = String(repeating: " ", count: widths[column] - row[column].count)
          return column < 2 ? row[column] + padding : padding + row[column]
        }.joined(separator: "  ")
    }
  }
}

extension Backpropagation.Unit {
  /// What stands for the activation in formulas.
  fileprivate var symbol: String {
    switch self {
    case .sigmoid: "σ"
    case .tanh: "tanh"
    case .relu: "relu"
    case .linear: "id"
    }
  }
}
