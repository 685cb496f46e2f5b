import MartletAutograd
import MartletBackend
import MartletTensor

/// A convolution over the height and width of images (as everywhere in the field, a cross-correlation).
///
///     y[b, i, j, f] = activation(Σ kernel[u, v, c, f] · x[b, i·stride + u·dilation, j·stride + v·dilation, c] + bias[f])
///
/// - Shape: `[batch, height, width, channels]` in, `[batch, …, …, filters]` out; kernel
///   `[kernel height, kernel width, channels / groups, filters]`, bias `[filters]`.
public struct Conv2D: Layer {
  /// The number of output channels.
  public let filters: Int
  /// Height and width of the kernel.
  public let kernelSize: Extent2D
  /// How far the window moves.
  public let stride: Extent2D
  /// What happens at the border.
  public let padding: Padding
  /// The distance between neighbouring taps.
  public let dilation: Extent2D
  /// Into how many groups the channels fall; each group of filters sees one group of channels.
  public let groups: Int
  /// Applied to each output.
  public let activation: Activation
  /// `[kernel height, kernel width, channels / groups, filters]`.
  public let kernel: Parameter
  /// `[filters]`.
  public let bias: Parameter?
  /// What it is called in paths and summaries.
  public let name: String?

  /// - Precondition: all numbers are positive, and `filters` is a multiple of `groups`.
  public init(
    _ filters: Int, kernel kernelSize: Extent2D, stride: Extent2D = 1, padding: Padding = .valid,
    dilation: Extent2D = 1, groups: Int = 1, activation: Activation = .linear, useBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros, name: String? = nil
  ) {
    require(
      filters > 0 && groups > 0 && filters.isMultiple(of: groups),
      "Conv2D: need positive filters that are a multiple of the groups; got \(filters) filters, \(groups) groups")
    require(
      [kernelSize, stride, dilation].allSatisfy { $0.height > 0 && $0.width > 0 },
      "Conv2D: kernel \(kernelSize), stride \(stride) and dilation \(dilation) have to be positive")
    self.filters = filters
    self.kernelSize = kernelSize
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.groups = groups
    self.activation = activation
    self.name = name
    kernel = Parameter(kernelInitializer)
    bias = useBias ? Parameter(biasInitializer) : nil
  }

  /// The shape of the result; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape {
    let image = try ImageShape(input, for: "Conv2D")
    guard image.channels.isMultiple(of: groups) else {
      throw ShapeError("Conv2D: \(image.channels) channels do not divide into \(groups) groups")
    }
    let window = try Window(
      size: kernelSize, stride: stride, dilation: dilation, padding: padding, over: image.extent, for: "Conv2D")
    let output = window.outputExtent(over: image.extent)
    return try activation.outputShape(for: [output.height, output.width, filters])
  }

  /// Makes the parameters for an input; see `Layer`.
  public func initializeParameters(for input: Shape) throws {
    let image = try ImageShape(input, for: "Conv2D")
    try kernel.initialize(shape: [kernelSize.height, kernelSize.width, image.channels / groups, filters])
    try bias?.initialize(shape: [filters])
  }

  /// The result for a batch.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor {
    prepare(for: x, kernel)
    let y = x.conv2d(
      kernel.value, bias: bias?.value, stride: stride, padding: padding, dilation: dilation, groups: groups,
      activation: activation.fused ?? .none)
    return activation.fused == nil ? activation(y, mode: mode) : y
  }

  /// The result of this layer and then of a pooling layer, computed as one; nil where the activation has to see all of this
  /// layer's results.
  func callAsFunction(_ x: Tensor, pooledBy pool: MaxPool2D) -> Tensor? {
    guard let activation = activation.fused else { return nil }
    prepare(for: x, kernel)
    return x.conv2dMaxPooled(
      kernel.value, bias: bias?.value, stride: stride, padding: padding, dilation: dilation, groups: groups,
      activation: activation, poolSize: pool.size, poolStride: pool.stride, poolPadding: pool.padding)
  }
}

/// The shape of one image, `[height, width, channels]`.
struct ImageShape {
  let extent: Extent2D
  let channels: Int

  /// - Throws: `ShapeError` with the likely remedy where the shape is not one of an image.
  init(_ shape: Shape, for layer: String) throws {
    guard shape.rank == 3 else {
      let remedy =
        switch shape.rank {
        case 2:
          "give the images a channel axis: Reshape([\(shape[0]), \(shape[1]), 1]) in front, or an input of that shape"
        case 0, 1: "put it before Flatten, or bring the values into shape with Reshape([height, width, channels])"
        default: "images have three axes without the batch"
        }
      throw ShapeError("\(layer) needs images [height, width, channels], not \(shape); \(remedy)")
    }
    extent = Extent2D(shape[0], shape[1])
    channels = shape[2]
  }
}

extension Extent2D: ExpressibleByIntegerLiteral {
  /// The same both ways: `kernel: 3`.
  public init(integerLiteral side: Int) { self.init(side) }
}
