import MartletAutograd
import MartletBackend
import MartletTensor

/// A fully connected layer, on the last axis of its input.
///
///     y = activation(x · kernel + bias)
///
/// - Shape: `[batch, …, in]` in, `[batch, …, units]` out; kernel `[in, units]`, bias `[units]`.
public struct Dense: Layer {
  /// The number of outputs.
  public let units: Int
  /// Applied to each output.
  public let activation: Activation
  /// `[in, units]`.
  public let kernel: Parameter
  /// `[units]`.
  public let bias: Parameter?
  /// What it is called in paths and summaries.
  public let name: String?

  /// - Precondition: `units` is positive.
  public init(
    _ units: Int, activation: Activation = .linear, useBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros, name: String? = nil
  ) {
    require(units > 0, "Dense: need at least 1 unit; got \(units)")
    self.units = units
    self.activation = activation
    self.name = name
    kernel = Parameter(kernelInitializer)
    bias = useBias ? Parameter(biasInitializer) : nil
  }

  /// The shape of the result; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape {
    guard input.rank > 0 else {
      throw ShapeError("Dense needs samples with at least one axis, such as [features]; got \(input)")
    }
    var output = input
    output[input.rank - 1] = units
    return try activation.outputShape(for: output)
  }

  /// Makes the parameters for an input; see `Layer`.
  public func initializeParameters(for input: Shape) throws {
    guard let features = input.last else {
      throw ShapeError("Dense needs samples with at least one axis; got \(input)")
    }
    try kernel.initialize(shape: [features, units])
    try bias?.initialize(shape: [units])
  }

  /// The result for a batch.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor {
    prepare(for: x, kernel)
    let y = x.dense(kernel.value, bias: bias?.value, activation: activation.fused ?? .none)
    return activation.fused == nil ? activation(y, mode: mode) : y
  }
}
