import MartletAutograd
import MartletBackend
import MartletTensor

/// A transposed convolution: what a convolution with this kernel would send back to its input. Makes images larger.
///
/// - Shape: `[batch, height, width, channels]` in; with `.same` the extents are multiplied by the stride, with `.valid` they grow by the
///   rest of the kernel as well: `extent · stride + max(kernel - stride, 0)`. Kernel `[kernel height, kernel width, filters, channels]`,
///   bias `[filters]`.
public struct ConvTransposed2D: Layer {
  /// The number of output channels.
  public let filters: Int
  /// Height and width of the kernel.
  public let kernelSize: Extent2D
  /// How far neighbouring inputs lie apart in the output.
  public let stride: Extent2D
  /// What happens at the border.
  public let padding: Padding
  /// Applied to each output.
  public let activation: Activation
  /// `[kernel height, kernel width, filters, channels]`.
  public let kernel: Parameter
  /// `[filters]`.
  public let bias: Parameter?
  /// What the layer is called; `nil` lets the model number it.
  public let name: String?

  /// - Precondition: all numbers are positive.
  public init(
    _ filters: Int, kernel kernelSize: Extent2D, stride: Extent2D = 1, padding: Padding = .valid,
    activation: Activation = .linear, useBias: Bool = true, kernelInitializer: Initializer = .glorotUniform,
    biasInitializer: Initializer = .zeros, name: String? = nil
  ) {
    require(
      filters > 0 && [kernelSize, stride].allSatisfy { $0.height > 0 && $0.width > 0 },
      "ConvTransposed2D: filters \(filters), kernel \(kernelSize) and stride \(stride) have to be positive")
    self.filters = filters
    self.kernelSize = kernelSize
    self.stride = stride
    self.padding = padding
    self.activation = activation
    self.name = name
    kernel = Parameter(kernelInitializer)
    bias = useBias ? Parameter(biasInitializer) : nil
  }

  /// Keras' name of the type.
  public static var typeName: String { "Conv2DTranspose" }

  /// The shape of the result; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape {
    let channels = try ImageShape(input, for: "ConvTransposed2D").channels
    let output = try Shape.convTransposed2dShape(
      input: Shape([1] + Array(input)), kernel: kernelShape(channels: channels), stride: stride, padding: padding
    ).shape
    return try activation.outputShape(for: Shape(output.dropFirst()))
  }

  /// Makes the parameters for an input; see `Layer`.
  public func initializeParameters(for input: Shape) throws {
    try kernel.initialize(shape: kernelShape(channels: try ImageShape(input, for: "ConvTransposed2D").channels))
    try bias?.initialize(shape: [filters])
  }

  private func kernelShape(channels: Int) -> Shape { [kernelSize.height, kernelSize.width, filters, channels] }

  /// The result for a batch.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor {
    prepare(for: x, kernel)
    let y = x.convTransposed2d(kernel.value, bias: bias?.value, stride: stride, padding: padding)
    return activation(y, mode: mode)
  }
}
