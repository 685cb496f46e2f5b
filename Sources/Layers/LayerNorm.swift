import MartletAutograd
import MartletBackend
import MartletTensor

/// Brings each sample for itself to mean 0 and variance 1 over some of its axes, then scales and shifts every place by learned amounts.
///
///     y = gamma · (x - mean) / √(variance + epsilon) + beta
///
/// - Shape: `[batch, …]` in, the same out; parameters have the extents of `axes`.
/// - Source: Ba, Kiros and Hinton 2016, arXiv:1607.06450; population variance, Keras' epsilon of 1e-3.
public struct LayerNorm: Layer {
  /// The axes that are normalized together, with the batch counted as axis 0.
  public let axes: [Int]
  /// Keeps the root away from 0.
  public let epsilon: Float
  /// The scale; starts at 1.
  public let gamma: Parameter?
  /// The shift; starts at 0.
  public let beta: Parameter?
  /// What the layer is called; `nil` lets the model number it.
  public let name: String?

  /// - Parameters:
  ///   - center: Whether there is a shift, `beta`.
  ///   - scale: Whether there is a scale, `gamma`.
  /// - Precondition: there are axes, and `epsilon` is positive.
  public init(
    axes: [Int] = [-1], epsilon: Float = 1e-3, center: Bool = true, scale: Bool = true, name: String? = nil
  ) {
    require(!axes.isEmpty && epsilon > 0, "LayerNorm: need axes and epsilon > 0; got \(axes), \(epsilon)")
    self.axes = axes
    self.epsilon = epsilon
    self.name = name
    gamma = scale ? Parameter(.ones) : nil
    beta = center ? Parameter(.zeros) : nil
  }

  /// Keras' name of the type.
  public static var typeName: String { "LayerNormalization" }

  /// The shape of the result; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape {
    _ = try extents(of: Shape([1] + Array(input)))
    return input
  }

  /// Makes the parameters for an input; see `Layer`.
  public func initializeParameters(for input: Shape) throws {
    let batch = Shape([1] + Array(input))
    let shape = Shape(try extents(of: batch).filter { $0.isNormalized }.map(\.extent))
    for parameter in [gamma, beta] { try parameter?.initialize(shape: shape) }
  }

  /// The result for a batch.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor {
    if let parameter = gamma ?? beta { prepare(for: x, parameter) }
    let extents = trapping { try self.extents(of: x.shape) }
    // Extents of 1 where nothing is learned, so that parameters stretch over those axes.
    let stretched = Shape(extents.map { $0.isNormalized ? $0.extent : 1 })
    return x.normalized(
      alongAxes: axes, epsilon: epsilon, scale: gamma?.value.reshaped(to: stretched),
      offset: beta?.value.reshaped(to: stretched)
    ).result
  }

  private func extents(of batch: Shape) throws -> [(extent: Int, isNormalized: Bool)] {
    let normalized = try batch.normalizedAxes(axes, for: "LayerNorm")
    guard !normalized.contains(0) else {
      throw ShapeError(
        "LayerNorm: axis 0 of \(batch) counts samples, which are normalized each for itself; use BatchNorm across them")
    }
    return batch.indices.map { (batch[$0], normalized.contains($0)) }
  }
}
