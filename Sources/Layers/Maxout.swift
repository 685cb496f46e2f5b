import MartletAutograd
import MartletBackend
import MartletTensor

/// Several straight lines instead of one with a kink: each unit is the largest of some weighted sums. With two pieces it can become a
/// ReLU, a leaky one, or the magnitude, whichever suits.
///
///     y[j] = max over i < pieces of (x · kernel + bias)[i · units + j]
///
/// - Shape: `[batch, …, in]` in, `[batch, …, units]` out; kernel `[in, pieces · units]`, bias `[pieces · units]`.
/// - Source: Goodfellow et al. 2013, arXiv:1302.4389.
public struct Maxout: Layer {
  /// The number of outputs.
  public let units: Int
  /// How many weighted sums each output chooses from.
  public let pieces: Int
  /// `[in, pieces · units]`.
  public let kernel: Parameter
  /// `[pieces · units]`.
  public let bias: Parameter?
  /// What it is called in paths and summaries.
  public let name: String?

  /// - Precondition: `units` and `pieces` are positive.
  public init(
    _ units: Int, pieces: Int = 2, useBias: Bool = true, kernelInitializer: Initializer = .glorotUniform,
    name: String? = nil
  ) {
    require(units > 0 && pieces > 0, "Maxout: need units, pieces > 0; got \(units), \(pieces)")
    self.units = units
    self.pieces = pieces
    self.name = name
    kernel = Parameter(kernelInitializer)
    bias = useBias ? Parameter(.zeros) : nil
  }

  /// The shape of the result; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape {
    guard input.rank > 0 else {
      throw ShapeError("Maxout needs samples with at least one axis, such as [features]; got \(input)")
    }
    var output = input
    output[input.rank - 1] = units
    return output
  }

  /// Makes the parameters for an input; see `Layer`.
  public func initializeParameters(for input: Shape) throws {
    guard let features = input.last else {
      throw ShapeError("Maxout needs samples with at least one axis; got \(input)")
    }
    try kernel.initialize(shape: [features, pieces * units])
    try bias?.initialize(shape: [pieces * units])
  }

  /// The result for a batch.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor {
    prepare(for: x, kernel)
    return x.dense(kernel.value, bias: bias?.value).maxout(units: units)
  }
}
