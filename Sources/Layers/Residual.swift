import MartletAutograd
import MartletBackend
import MartletTensor

/// Layers that learn what to add to their input instead of its replacement, so that gradients reach the beginning of deep networks.
///
///     y = shortcut(x) + layers(x)
///
///     Residual {
///       Conv2D(64, kernel: 3, padding: .same, activation: .relu)
///       Conv2D(64, kernel: 3, padding: .same)
///     }
///
/// - Source: He et al. 2016, arXiv:1512.03385.
public struct Residual: Layer {
  /// What is learned.
  public let body: Sequential
  /// What the input goes through where its shape has to change; nothing by default.
  public let shortcut: (any Layer)?
  /// What it is called in paths and summaries.
  public let name: String?

  /// - Parameter shortcut: What brings the input to the shape of the result, such as `Conv2D(128, kernel: 1, stride: 2)`.
  public init(
    shortcut: (any Layer)? = nil, name: String? = nil, @LayerBuilder _ layers: () throws -> [any Layer]
  ) rethrows {
    body = try Sequential(layers)
    self.shortcut = shortcut
    self.name = name
  }

  /// The shape of the result; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape {
    let result = try body.outputShape(for: input)
    let added = try shortcut?.outputShape(for: input) ?? input
    guard result == added else {
      throw ShapeError(
        "Residual: the layers give \(result), the \(shortcut == nil ? "input" : "shortcut") \(added), which cannot be "
          + "added; give a shortcut that ends in \(result), such as a convolution of 1×1 or a Dense")
    }
    return result
  }

  /// Makes the parameters for an input; see `Layer`.
  public func initializeParameters(for input: Shape) throws {
    try body.initializeParameters(for: input)
    try shortcut?.initializeParameters(for: input)
  }

  /// The result for a batch.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor {
    (shortcut?(x, mode: mode) ?? x) + body(x, mode: mode)
  }
}
