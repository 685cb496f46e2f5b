import MartletAutograd
import MartletLayers
import MartletLosses
import MartletTensor

/// How large the gradient of a loss is in every layer: where learning reaches, and where it fades or explodes.
///
/// Sizes are root mean squares over the elements of a parameter, `‖g‖ / √n`, so that layers of different sizes compare.
public struct GradientReport: Sendable {
  /// One parameter.
  public struct Entry: Hashable, Sendable {
    /// The layer it belongs to, as the summary names it.
    public let layer: String
    /// `kernel`, `bias`.
    public let parameter: String
    /// `[…]` multiplied out.
    public let elementCount: Int
    /// The root mean square of its values.
    public let weightSize: Double
    /// The root mean square of its gradient.
    public let gradientSize: Double

    /// The norm of the gradient as a vector.
    public var gradientNorm: Double { gradientSize * Double(elementCount).squareRoot() }
  }

  /// From the first layer to the last.
  public let entries: [Entry]
  /// The loss of the batch.
  public let loss: Double

  /// The gradients of a loss for one batch, in training mode. Nothing is learned from it.
  ///
  /// Blocks, graphs and residual parts are looked into: `residual/conv2d`. A layer that is applied several times counts once.
  ///
  /// - Throws: `BackendError` when a value cannot be read.
  /// - Precondition: the model was built, and the batch fits model and loss.
  public init(of model: any Layer, loss: any Loss, inputs: Tensor, targets: Tensor) throws {
    // Training passes collect moving statistics, which this look at a model must not change.
    let statistics = model.parameters.filter { $0.role == .statistic }.map { ($0, $0.value.detached) }
    defer { for (parameter, value) in statistics { parameter.assign(value) } }
    let value = loss(model(inputs, mode: .training(seed: 0, step: 0)), targets)
    let gradients = value.gradients()
    self.loss = Double(try value.item())
    var seen: Set<ObjectIdentifier> = []
    entries = try Composition.layers(of: model).flatMap { layer in
      try layer.parameters.compactMap { path, parameter in
        guard parameter.isTrainable, seen.insert(ObjectIdentifier(parameter)).inserted else { return nil }
        let values = try parameter.value.detached.floats()
        let gradient = try gradients[parameter]?.floats() ?? []
        return Entry(
          layer: layer.name, parameter: path, elementCount: values.count, weightSize: Self.rootMeanSquare(values),
          gradientSize: Self.rootMeanSquare(gradient))
      }
    }
  }

  private static func rootMeanSquare(_ values: [Float]) -> Double {
    if values.isEmpty { return 0 }
    return (values.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(values.count)).squareRoot()
  }

  /// How much smaller the first layer's largest gradient is than the last one's; `nil` for fewer than two layers with parameters.
  public var firstToLast: Double? {
    var sizes: [Double] = []
    var layer: String?
    for entry in entries {
      if entry.layer != layer { sizes.append(0) }
      layer = entry.layer
      sizes[sizes.count - 1] = max(sizes[sizes.count - 1], entry.gradientSize)
    }
    guard sizes.count >= 2, let first = sizes.first, let last = sizes.last, last > 0 else { return nil }
    return first / last
  }

  /// One sentence on what the sizes mean.
  public var verdict: String {
    guard entries.allSatisfy({ $0.gradientSize.isFinite }) else {
      return
        "A gradient is not finite: the loss or a weight has overflowed. Lower the learning rate, or clip gradients."
    }
    if entries.allSatisfy({ $0.gradientSize == 0 }) {
      return "Every gradient is zero: nothing can be learned from here."
    }
    guard let ratio = firstToLast else { return "With one layer there is nothing to compare." }
    if ratio < 1e-3 {
      return "Vanishing: the first layer's gradient is \(Digits.significant(ratio)) of the last one's. relu instead of "
        + "sigmoid, normalisation or residual connections keep it alive."
    }
    if ratio > 1e3 {
      return
        "Exploding: the first layer's gradient is \(Digits.significant(ratio)) times the last one's. Clip gradients, "
        + "or begin with smaller weights."
    }
    return "The first layer's gradient is \(Digits.significant(ratio)) of the last one's: learning reaches every layer."
  }
}

extension GradientReport: CustomStringConvertible {
  /// A table with a bar per parameter, on a scale of powers of ten, and the verdict below it.
  public var description: String {
    let sizes = entries.map(\.gradientSize).filter { $0 > 0 && $0.isFinite }
    let largest = sizes.max() ?? 1
    var rows = [["layer", "parameter", "elements", "weights", "gradient", "‖gradient‖", ""]]
    rows += entries.map { entry in
      [
        entry.layer, entry.parameter, "\(entry.elementCount)", Digits.significant(entry.weightSize),
        Digits.significant(entry.gradientSize), Digits.significant(entry.gradientNorm),
        Bar.decades(entry.gradientSize, below: largest),
      ]
    }
    return TextColumns.aligned(rows, leading: 2, barColumn: 6)
      + "\nweights and gradient: root mean squares. The bar: from a millionth of the largest gradient to all of it.\n"
      + verdict + "\n"
  }
}
