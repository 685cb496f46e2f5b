import MartletAutograd
import MartletLayers
import MartletTensor

/// Which units of a network do nothing: dead ones, whose output is the same zero for every sample, and saturated ones, which stand at
/// an end of their range, where the gradient vanishes.
public struct UnitReport: Sendable {
  /// One layer.
  public struct Entry: Hashable, Sendable {
    /// As the summary names it.
    public let layer: String
    /// The activation, `relu`.
    public let activation: String
    /// How many units there are: features of a dense layer, filters of a convolution.
    public let unitCount: Int
    /// How many of them gave exactly 0 everywhere; `nil` where the activation has no flat zero.
    public let deadCount: Int?
    /// The share of all outputs that were not 0.
    public let activeShare: Double
    /// The share of all outputs within a hundredth of an end of the activation's range; `nil` where it has none.
    public let saturatedShare: Double?
  }

  /// The layers that have an activation, first to last.
  public let entries: [Entry]
  /// How many samples were looked at.
  public let sampleCount: Int

  /// Looks at the outputs of a model's layers for some inputs, `[samples, …]`.
  ///
  /// - Throws: `BackendError` when a value cannot be read.
  /// - Precondition: the model was built and takes the inputs.
  public init(of model: any Layer, inputs: Tensor) throws {
    var entries: [Entry] = []
    try Composition.visitOutputs(of: model, for: inputs) { placed, output in
      guard let activation = placed.layer?.unitActivation, activation != .linear else { return }
      entries.append(
        Self.entry(placed.name, activation, values: try output.floats(), unitCount: output.shape.last ?? 1))
    }
    self.entries = entries
    sampleCount = inputs.shape.first ?? 1
  }

  static func entry(_ layer: String, _ activation: Activation, values: [Float], unitCount: Int) -> Entry {
    var isActive = [Bool](repeating: false, count: unitCount)
    var activeCount = 0
    for (index, value) in values.enumerated() where value != 0 {
      isActive[index % unitCount] = true
      activeCount += 1
    }
    let hasFlatZero = [.relu, .relu6].contains(activation)
    let saturated = activation.ends.map { ends in
      let margin = (ends.upperBound - ends.lowerBound) / 100
      return values.count { $0 < ends.lowerBound + margin || $0 > ends.upperBound - margin }
    }
    let count = Double(max(values.count, 1))
    return Entry(
      layer: layer, activation: activation.label, unitCount: unitCount,
      deadCount: hasFlatZero ? isActive.count { !$0 } : nil, activeShare: Double(activeCount) / count,
      saturatedShare: saturated.map { Double($0) / count })
  }

  /// One sentence on what the counts mean.
  public var verdict: String {
    let dead = entries.filter { Double($0.deadCount ?? 0) > 0.5 * Double($0.unitCount) }.map(\.layer)
    if !dead.isEmpty {
      return "More than half of the units of \(dead.joined(separator: ", ")) never fire. A smaller learning rate, or "
        + "leaky_relu, keeps units alive."
    }
    let flat = entries.filter { $0.saturatedShare ?? 0 > 0.5 }.map(\.layer)
    if !flat.isEmpty {
      return
        "More than half of the outputs of \(flat.joined(separator: ", ")) stand at the ends of their range, where they "
        + "learn little. Scale the inputs, or begin with smaller weights."
    }
    return "No layer is mostly dead or saturated."
  }
}

extension UnitReport: CustomStringConvertible {
  /// A table, and the verdict below it.
  public var description: String {
    var rows = [["layer", "activation", "units", "dead", "active outputs", "saturated", ""]]
    rows += entries.map { entry in
      [
        entry.layer, entry.activation, "\(entry.unitCount)", entry.deadCount.map(String.init) ?? "-",
        Digits.percent(entry.activeShare), entry.saturatedShare.map(Digits.percent) ?? "-",
        Bar.length(entry.activeShare, of: 16),
      ]
    }
    return TextColumns.aligned(rows, leading: 2, barColumn: 6)
      + "\ndead: 0 for all \(sampleCount) samples. saturated: within a hundredth of an end of the range.\n\(verdict)\n"
  }
}

extension Activation {
  /// The name people type, without parameters.
  var label: String { Self.allByName.first { $0.activation == self }?.name ?? "\(self)" }

  /// Where its values come to an end on both sides.
  fileprivate var ends: ClosedRange<Float>? {
    switch self {
    case .sigmoid, .hardSigmoid: 0...1
    case .tanh, .hardTanh, .softsign: -1...1
    case .relu6: 0...6
    default: nil
    }
  }
}
