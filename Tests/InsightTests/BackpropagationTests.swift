import Foundation
import MartletInsight
import MartletTensor
import MartletTestSupport
import Testing

@Suite("Backpropagation with numbers") struct BackpropagationTests {
  // z = 0.5·2 - 1·1 + 0.25 = 0.25, a = 0.25, then z = 2·0.25 + 1 = 1.5; C = (1.5 - 1)².
  private let byHand = Backpropagation(
    layers: [
      Backpropagation.Layer(weights: [[0.5, -1]], biases: [0.25]), Backpropagation.Layer(weights: [[2]], biases: [1]),
    ], unit: .linear, input: [2, 1], target: [1])

  @Test("follows a linear network through by hand")
  func linear() {
    #expect(byHand.layers.map(\.z) == [[0.25], [1.5]])
    #expect(byHand.cost == 0.25)
    // δ = 2 · 0.5 = 1 in the last layer, 2 · 1 before it.
    #expect(byHand.layers.map(\.delta) == [[2], [1]])
    #expect(byHand.layers.map(\.weightGradients) == [[[4, 2]], [[0.25]]])
    // One step of 0.1: w = (0.1, -1.2), b = 0.05, then w = 1.975, b = 0.9: a = -0.95, z = -0.97625.
    let after = byHand.stepped(rate: 0.1)
    #expect(abs(after.layers[1].a[0] + 0.97625) < 1e-12)
  }

  @Test("knows the derivative of a sigmoid: σ(0) = ½, σ′(0) = ¼")
  func sigmoid() {
    let network = Backpropagation(
      layers: [Backpropagation.Layer(weights: [[0]], biases: [0])], input: [3], target: [0])
    #expect(network.layers[0].a == [0.5])
    #expect(network.cost == 0.25)
    #expect(network.layers[0].delta == [0.25])  // 2 · ½ · ¼
    #expect(network.layers[0].weightGradients == [[0.75]])
  }

  @Test("a target of 13 and an error of -4 is an answer of 9")
  func workedCase() {
    let network = Backpropagation(
      layers: [Backpropagation.Layer(weights: [[4.5]], biases: [0])], unit: .linear, input: [2], target: [13])
    #expect(network.layers[0].a == [9])
    #expect(network.cost == 16)
    #expect(network.layers[0].weightGradients == [[-16]])
  }

  @Test(
    "agrees with difference quotients and with the tape on every device",
    arguments: Backpropagation.Unit.allCases, [[2, 3, 2], [1, 1], [3, 4, 1, 2], [2, 11, 1]])
  func witnesses(unit: Backpropagation.Unit, sizes: [Int]) throws {
    let network = Backpropagation(
      sizes: sizes, unit: unit, input: (0..<sizes[0]).map { 0.5 - 0.4 * Double($0) },
      target: (0..<sizes[sizes.count - 1]).map { Double($0 % 2) }, seed: 5)
    for device in Device.underTest {
      let tape = try network.tapeGradients(on: device)
      for (index, layer) in network.layers.enumerated() {
        for j in layer.delta.indices {
          #expect(abs(network.differenceQuotient(layer: index, to: j, from: nil) - layer.delta[j]) < 1e-6)
          #expect(abs(tape[index].biases[j] - layer.delta[j]) < 1e-4)
          for k in layer.weights[j].indices {
            let gradient = layer.weightGradients[j][k]
            #expect(abs(network.differenceQuotient(layer: index, to: j, from: k) - gradient) < 1e-6)
            #expect(abs(tape[index].weights[j][k] - gradient) < 1e-4)
          }
        }
      }
    }
  }

  @Test("is told in lines of at most 80 characters, with every number of the derivation")
  func derivation() throws {
    let text = try byHand.derivation(rate: 0.1)
    for line in text.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
    for part in [
      "A network of 2-1-1 units (linear) with 5 parameters", "z₁ = 0.5000·2.0000 + -1.0000·1.0000 + 0.2500 = 0.2500",
      "C = (1.5000 - 1.0000)² = 0.2500", "∂C/∂a₁ = 2·(1.5000 - 1.0000) = 1.0000", "∂C/∂a₁ = 2.0000·1.0000 = 2.0000",
      "One step w ← w - 0.1 · ∂C/∂w: the cost goes from 0.2500 to 3.9056",
    ] { #expect(text.contains(part), "\(part)\n\(text)") }
    let row = try #require(text.split(separator: "\n").first { $0.contains("w₁₂") })
    #expect(
      row.split(separator: " ").map(String.init).suffix(5) == [
        "-1.0000", "2.0000·1.0000", "2.0000000", "2.0000000", "2.0000000",
      ])
    // Twelve units need a comma between indices.
    let wide = Backpropagation(sizes: [12, 1], input: .init(repeating: 1, count: 12), target: [0])
    #expect(try wide.derivation().contains("w₁,₁₂"))
    for line in try wide.derivation().split(separator: "\n") { #expect(line.count <= 80) }
  }
}
