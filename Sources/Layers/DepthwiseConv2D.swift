import MartletAutograd
import MartletBackend
import MartletTensor

/// A convolution of each channel for itself: `depthMultiplier` results per channel, nothing summed across channels.
///
/// - Shape: `[batch, height, width, channels]` in, `[batch, …, …, channels · depthMultiplier]` out, the results of a channel next to
///   each other; kernel `[kernel height, kernel width, channels, depthMultiplier]`, bias `[channels · depthMultiplier]`.
public struct DepthwiseConv2D: Layer {
  /// Height and width of the kernel.
  public let kernelSize: Extent2D
  /// How far the window moves.
  public let stride: Extent2D
  /// What happens at the border.
  public let padding: Padding
  /// The distance between neighbouring taps.
  public let dilation: Extent2D
  /// How many results each channel has.
  public let depthMultiplier: Int
  /// Applied to each output.
  public let activation: Activation
  /// `[kernel height, kernel width, channels, depthMultiplier]`.
  public let kernel: Parameter
  /// `[channels · depthMultiplier]`.
  public let bias: Parameter?
  /// What the layer is called; `nil` lets the model number it.
  public let name: String?

  /// - Precondition: all numbers are positive.
  public init(
    kernel kernelSize: Extent2D, stride: Extent2D = 1, padding: Padding = .valid, dilation: Extent2D = 1,
    depthMultiplier: Int = 1, activation: Activation = .linear, useBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros, name: String? = nil
  ) {
    require(
      depthMultiplier > 0 && [kernelSize, stride, dilation].allSatisfy { $0.height > 0 && $0.width > 0 },
      "DepthwiseConv2D: kernel \(kernelSize), stride \(stride), dilation \(dilation) and depthMultiplier \(depthMultiplier) "
        + "have to be positive")
    self.kernelSize = kernelSize
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.depthMultiplier = depthMultiplier
    self.activation = activation
    self.name = name
    kernel = Parameter(kernelInitializer)
    bias = useBias ? Parameter(biasInitializer) : nil
  }

  /// The shape of the result; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape {
    let image = try ImageShape(input, for: "DepthwiseConv2D")
    let window = try Window(
      size: kernelSize, stride: stride, dilation: dilation, padding: padding, over: image.extent, for: "DepthwiseConv2D"
    )
    let output = window.outputExtent(over: image.extent)
    return try activation.outputShape(for: [output.height, output.width, image.channels * depthMultiplier])
  }

  /// Makes the parameters for an input; see `Layer`.
  public func initializeParameters(for input: Shape) throws {
    let channels = try ImageShape(input, for: "DepthwiseConv2D").channels
    try kernel.initialize(shape: [kernelSize.height, kernelSize.width, channels, depthMultiplier])
    try bias?.initialize(shape: [channels * depthMultiplier])
  }

  /// The result for a batch.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor {
    prepare(for: x, kernel)
    let y = x.depthwiseConv2d(
      kernel.value, bias: bias?.value, stride: stride, padding: padding, dilation: dilation,
      activation: activation.fused ?? .none)
    return activation.fused == nil ? activation(y, mode: mode) : y
  }
}

extension Tensor {
  /// As a convolution in as many groups as there are channels. Output channels of a group lie together, as the results of a
  /// channel do, so the kernel only changes its shape.
  func depthwiseConv2d(
    _ kernel: Tensor, bias: Tensor?, stride: Extent2D, padding: Padding, dilation: Extent2D, activation: FusedActivation
  ) -> Tensor {
    let channels = kernel.shape[2]
    let grouped = kernel.reshaped(to: [kernel.shape[0], kernel.shape[1], 1, channels * kernel.shape[3]])
    return conv2d(
      grouped, bias: bias, stride: stride, padding: padding, dilation: dilation, groups: channels,
      activation: activation)
  }
}
