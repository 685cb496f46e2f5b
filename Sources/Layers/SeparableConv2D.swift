import MartletAutograd
import MartletBackend
import MartletTensor

/// A depthwise convolution, which looks around, followed by a 1×1 convolution, which mixes channels: far fewer multiplications than
/// one convolution that does both.
///
/// - Shape: `[batch, height, width, channels]` in, `[batch, …, …, filters]` out; depthwise kernel
///   `[kernel height, kernel width, channels, depthMultiplier]`, pointwise kernel `[1, 1, channels · depthMultiplier, filters]`, bias
///   `[filters]`.
/// - Source: Chollet 2017, arXiv:1610.02357.
public struct SeparableConv2D: Layer {
  /// The number of output channels.
  public let filters: Int
  /// Height and width of the kernel.
  public let kernelSize: Extent2D
  /// How far the window moves.
  public let stride: Extent2D
  /// What happens at the border.
  public let padding: Padding
  /// How many results of the depthwise part each channel has.
  public let depthMultiplier: Int
  /// Applied to each output.
  public let activation: Activation
  /// `[kernel height, kernel width, channels, depthMultiplier]`.
  public let depthwiseKernel: Parameter
  /// `[1, 1, channels · depthMultiplier, filters]`.
  public let pointwiseKernel: Parameter
  /// `[filters]`.
  public let bias: Parameter?
  /// What the layer is called; `nil` lets the model number it.
  public let name: String?

  /// - Precondition: all numbers are positive.
  public init(
    _ filters: Int, kernel kernelSize: Extent2D, stride: Extent2D = 1, padding: Padding = .valid,
    depthMultiplier: Int = 1, activation: Activation = .linear, useBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros, name: String? = nil
  ) {
    require(
      filters > 0 && depthMultiplier > 0 && [kernelSize, stride].allSatisfy { $0.height > 0 && $0.width > 0 },
      "SeparableConv2D: filters \(filters), kernel \(kernelSize), stride \(stride) and depthMultiplier \(depthMultiplier) have to be "
        + "positive")
    self.filters = filters
    self.kernelSize = kernelSize
    self.stride = stride
    self.padding = padding
    self.depthMultiplier = depthMultiplier
    self.activation = activation
    self.name = name
    depthwiseKernel = Parameter(kernelInitializer)
    pointwiseKernel = Parameter(kernelInitializer)
    bias = useBias ? Parameter(biasInitializer) : nil
  }

  /// The shape of the result; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape {
    let image = try ImageShape(input, for: "SeparableConv2D")
    let window = try Window(
      size: kernelSize, stride: stride, padding: padding, over: image.extent, for: "SeparableConv2D")
    let output = window.outputExtent(over: image.extent)
    return try activation.outputShape(for: [output.height, output.width, filters])
  }

  /// Makes the parameters for an input; see `Layer`.
  public func initializeParameters(for input: Shape) throws {
    let channels = try ImageShape(input, for: "SeparableConv2D").channels
    try depthwiseKernel.initialize(shape: [kernelSize.height, kernelSize.width, channels, depthMultiplier])
    try pointwiseKernel.initialize(shape: [1, 1, channels * depthMultiplier, filters])
    try bias?.initialize(shape: [filters])
  }

  /// The result for a batch.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor {
    prepare(for: x, depthwiseKernel)
    let y = x.depthwiseConv2d(
      depthwiseKernel.value, bias: nil, stride: stride, padding: padding, dilation: 1, activation: .none
    ).conv2d(pointwiseKernel.value, bias: bias?.value, activation: activation.fused ?? .none)
    return activation.fused == nil ? activation(y, mode: mode) : y
  }
}
