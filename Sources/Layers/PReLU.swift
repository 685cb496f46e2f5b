import MartletAutograd
import MartletBackend
import MartletTensor

/// A leaky ReLU whose slopes below 0 are learned.
///
///     y = x where x > 0, alpha · x elsewhere
///
/// - Shape: `[batch, …]` in, the same out; alpha has the shape of a sample, with 1 at the shared axes.
/// - Source: He et al. 2015, arXiv:1502.01852; slopes that start at 0 are Keras' (the paper's start at 0.25).
public struct PReLU: Layer {
  /// The axes along which slopes are the same, with the batch counted as axis 0: `[1, 2]` for one slope per channel of an image.
  public let sharedAxes: [Int]
  /// The slopes.
  public let alpha: Parameter
  /// What it is called in paths and summaries.
  public let name: String?

  /// Makes the layer.
  public init(sharedAxes: [Int] = [], alphaInitializer: Initializer = .zeros, name: String? = nil) {
    self.sharedAxes = sharedAxes
    self.name = name
    alpha = Parameter(alphaInitializer)
  }

  /// The shape of the result; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape {
    _ = try slopes(for: input)
    return input
  }

  /// Makes the parameters for an input; see `Layer`.
  public func initializeParameters(for input: Shape) throws { try alpha.initialize(shape: slopes(for: input)) }

  /// The result for a batch.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor {
    prepare(for: x, alpha)
    return x.relu() - alpha.value * (-x).relu()
  }

  private func slopes(for input: Shape) throws -> Shape {
    let shared = try Shape([1] + Array(input)).normalizedAxes(sharedAxes, for: "PReLU")
    guard !shared.contains(0) else {
      throw ShapeError("PReLU: axis 0 counts samples, which share all slopes anyway; name other axes of \(input)")
    }
    return Shape(input.indices.map { shared.contains($0 + 1) ? 1 : input[$0] })
  }
}
