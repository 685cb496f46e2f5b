import MartletAutograd
import MartletBackend
import MartletLayers
import MartletTensor

/// Linear threshold units: each fires, giving 1, where the weighted sum of its inputs reaches its threshold, and gives 0 elsewhere.
///
///     y = 1 where x · weight ≥ threshold, else 0
///
/// The slope is 0 wherever there is one, so no gradient passes: such units are set by hand, or learn by a rule of their own
/// (`Perceptron`, `HebbRule`).
///
/// - Shape: `[batch, in]` in, `[batch, units]` out; weight `[in, units]`, threshold `[units]`.
/// - Source: McCulloch and Pitts 1943, "A logical calculus of the ideas immanent in nervous activity"; weighted sums: Rosenblatt 1957.
public struct ThresholdUnits: Layer {
  /// `[in, units]`.
  public let weight: Parameter
  /// `[units]`.
  public let threshold: Parameter
  /// What it is called in paths and summaries.
  public let name: String?

  /// Units with weights set by hand.
  ///
  /// - Parameters:
  ///   - weights: For each unit one number per input.
  ///   - thresholds: One number per unit.
  /// - Precondition: there is at least one unit and one input, and the lists fit each other.
  public init(weights: [[Float]], thresholds: [Float], on device: Device = .current, name: String? = nil) {
    let inputCount = weights.first?.count ?? 0
    require(
      inputCount > 0 && weights.count == thresholds.count && weights.allSatisfy { $0.count == inputCount },
      "ThresholdUnits: \(weights.map(\.count)) weights for \(thresholds.count) thresholds; each unit needs one threshold and as many "
        + "weights as there are inputs")
    let columns = (0..<inputCount).flatMap { input in weights.map { $0[input] } }
    weight = Parameter(Tensor(columns, shape: [inputCount, weights.count], on: device), role: .statistic)
    threshold = Parameter(Tensor(thresholds, shape: [weights.count], on: device), role: .statistic)
    self.name = name
  }

  /// The shape of the result; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape {
    guard input.count == 1, let shape = weight.shape, shape[0] == input[0] else {
      throw ShapeError("ThresholdUnits: made for samples of shape [\(weight.shape?[0] ?? 0)], not \(input)")
    }
    return [shape[1]]
  }

  /// They are there already; see `Layer`.
  public func initializeParameters(for input: Shape) throws { _ = try outputShape(for: input) }

  /// The result for a batch.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor {
    (x.detached.matmul(weight.value) .>= threshold.value).cast(to: .float32)
  }
}

/// Functions of truth values, as threshold units with weights set by hand.
public enum LogicGate: String, Hashable, Sendable, CaseIterable {
  /// Both: two active inputs are needed.
  case and
  /// At least one: one active input is enough.
  case or
  /// The other: an active input holds the unit back.
  case not
  /// Not both.
  case nand
  /// Exactly one. No single unit can do it; two in front of a third can: at least one, but not both.
  case xor

  /// What goes in, every combination once.
  public var inputs: [[Float]] { self == .not ? [[0], [1]] : [[0, 0], [0, 1], [1, 0], [1, 1]] }

  /// What has to come out for each of the inputs.
  public var targets: [Float] {
    switch self {
    case .and: [0, 0, 0, 1]
    case .or: [0, 1, 1, 1]
    case .not: [1, 0]
    case .nand: [1, 1, 1, 0]
    case .xor: [0, 1, 1, 0]
    }
  }

  /// The units: one layer, or two for `xor`.
  public func layers(on device: Device = .current) -> [ThresholdUnits] {
    switch self {
    case .and: [ThresholdUnits(weights: [[1, 1]], thresholds: [2], on: device)]
    case .or: [ThresholdUnits(weights: [[1, 1]], thresholds: [1], on: device)]
    case .not: [ThresholdUnits(weights: [[-1]], thresholds: [0], on: device)]
    case .nand: [ThresholdUnits(weights: [[-1, -1]], thresholds: [-1], on: device)]
    case .xor:
      [
        ThresholdUnits(weights: [[1, 1], [-1, -1]], thresholds: [1, -1], on: device),
        ThresholdUnits(weights: [[1, 1]], thresholds: [2], on: device),
      ]
    }
  }
}
