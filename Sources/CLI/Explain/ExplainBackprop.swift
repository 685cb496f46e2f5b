import ArgumentParser
import Martlet

/// The derivation of backpropagation with the numbers of a small network.
struct ExplainBackprop: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backprop",
    abstract: "Follow the gradient of a small network, number by number.",
    discussion: """
      Prints z and a of every unit, the cost, δ from the last layer to the first, and ∂C/∂w of every weight beside its difference
      quotient and the result of automatic differentiation.

      Examples:
        martlet explain backprop
        martlet explain backprop --sizes 1-1-1-1 --unit tanh --input 0.5 --target 1
      """)

  @Option(help: "Units of the input and of each layer.")
  var sizes = LayerSizes([2, 3, 2])

  @Option(help: "What every unit makes of its sum: sigmoid, tanh, relu or linear.")
  var unit = Backpropagation.Unit.sigmoid

  @Option(parsing: .unconditional, help: "The sample, numbers with commas; by default 0.5,-0.5,… .")
  var input: String?

  @Option(parsing: .unconditional, help: "What the network should answer, numbers with commas; by default 1,0,… .")
  var target: String?

  @Option(name: .customLong("learning-rate"), parsing: .unconditional, help: "The size of the step at the end.")
  var rate = 0.5

  @Option(parsing: .unconditional, help: "Decides the weights.")
  var seed: UInt64 = 1

  @Flag(help: "Print one JSON object instead of the derivation.")
  var json = false

  private struct Report: Encodable {
    struct Layer: Encodable {
      let weights: [[Double]]
      let biases, z, a, delta: [Double]
      let weightGradients: [[Double]]
    }

    let unit: String
    let input, target: [Double]
    let cost: Double
    let layers: [Layer]
  }

  func validate() throws {
    // Beyond that nobody follows the numbers.
    guard sizes.values.allSatisfy({ $0 <= 32 }), sizes.values.count <= 6 else {
      throw ValidationError(
        "--sizes: at most 32 units and 5 layers can be followed; got \(sizes.defaultValueDescription)")
    }
    guard rate.isFinite else { throw ValidationError("--learning-rate has to be a finite number") }
  }

  func run() throws {
    let (first, last) = (sizes.values[0], sizes.values[sizes.values.count - 1])
    let network = Backpropagation(
      sizes: sizes.values, unit: unit,
      input: try numbers(input, count: first, option: "--input")
        ?? (0..<first).map { $0.isMultiple(of: 2) ? 0.5 : -0.5 },
      target: try numbers(target, count: last, option: "--target") ?? (0..<last).map { $0.isMultiple(of: 2) ? 1 : 0 },
      seed: seed)
    if json {
      let layers = network.layers.map {
        Report.Layer(
          weights: $0.weights, biases: $0.biases, z: $0.z, a: $0.a, delta: $0.delta,
          weightGradients: $0.weightGradients)
      }
      let report = Report(
        unit: unit.rawValue, input: network.input, target: network.target, cost: network.cost, layers: layers)
      return try writeJSON(report, to: "-")
    }
    print(try network.derivation(rate: rate), terminator: "")
  }

  private func numbers(_ text: String?, count: Int, option: String) throws -> [Double]? {
    guard let text else { return nil }
    let values = text.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
    guard values.count == count, values.allSatisfy({ $0?.isFinite ?? false }) else {
      throw ValidationError(
        "\(option): need \(count) number\(count == 1 ? "" : "s") with commas between; got '\(text)'")
    }
    return values.compactMap(\.self)
  }
}
