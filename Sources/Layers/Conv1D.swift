import MartletAutograd
import MartletBackend
import MartletTensor

/// What a convolution along a sequence does at its ends.
public enum SequencePadding: String, Hashable, Sendable, CaseIterable {
  /// Nothing: every window lies inside.
  case valid
  /// So many zeros that there are `ceil(length / stride)` results, the surplus at the end.
  case same
  /// All zeros in front, so that a result depends on nothing that comes later.
  case causal
}

/// A convolution along a sequence.
///
///     y[b, t, f] = activation(Σ kernel[k, c, f] · x[b, t·stride + k·dilation, c] + bias[f])
///
/// - Shape: `[batch, time, channels]` in, `[batch, …, filters]` out; kernel `[kernel length, channels / groups, filters]`, bias
///   `[filters]`.
public struct Conv1D: Layer {
  /// The number of output channels.
  public let filters: Int
  /// The length of the kernel.
  public let kernelSize: Int
  /// How far the window moves.
  public let stride: Int
  /// What happens at the ends.
  public let padding: SequencePadding
  /// The distance between neighbouring taps.
  public let dilation: Int
  /// Into how many groups the channels fall; each group of filters sees one group of channels.
  public let groups: Int
  /// Applied to each output.
  public let activation: Activation
  /// `[kernel length, channels / groups, filters]`.
  public let kernel: Parameter
  /// `[filters]`.
  public let bias: Parameter?
  /// What the layer is called; `nil` lets the model number it.
  public let name: String?

  /// - Precondition: all numbers are positive, and `filters` is a multiple of `groups`.
  public init(
    _ filters: Int, kernel kernelSize: Int, stride: Int = 1, padding: SequencePadding = .valid, dilation: Int = 1,
    groups: Int = 1, activation: Activation = .linear, useBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros, name: String? = nil
  ) {
    require(
      min(filters, kernelSize, stride, dilation, groups) > 0 && filters.isMultiple(of: groups),
      "Conv1D: need positive numbers, and filters that are a multiple of the groups; got \(filters) filters, kernel \(kernelSize), "
        + "stride \(stride), dilation \(dilation), \(groups) groups")
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
    let (length, channels) = try Self.lengthAndChannels(input)
    guard channels.isMultiple(of: groups) else {
      throw ShapeError("Conv1D: \(channels) channels do not divide into \(groups) groups")
    }
    let row = Extent2D(1, length)
    let window = try Window(
      size: Extent2D(1, kernelSize), stride: Extent2D(1, stride), dilation: Extent2D(1, dilation), padding: rowPadding,
      over: row, for: "Conv1D")
    return try activation.outputShape(for: [window.outputExtent(over: row).width, filters])
  }

  /// Makes the parameters for an input; see `Layer`.
  public func initializeParameters(for input: Shape) throws {
    let channels = try Self.lengthAndChannels(input).channels
    try kernel.initialize(shape: [kernelSize, channels / groups, filters])
    try bias?.initialize(shape: [filters])
  }

  /// The result for a batch.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor {
    prepare(for: x, kernel)
    // A sequence is an image of one row.
    let y = x.expanded(at: 1).conv2d(
      kernel.value.expanded(at: 0), bias: bias?.value, stride: Extent2D(1, stride), padding: rowPadding,
      dilation: Extent2D(1, dilation), groups: groups, activation: activation.fused ?? .none
    ).squeezed(at: 1)
    return activation.fused == nil ? activation(y, mode: mode) : y
  }

  private var rowPadding: Padding {
    switch padding {
    case .valid: .valid
    case .same: .same
    case .causal: .explicit(Margins(left: (kernelSize - 1) * dilation))
    }
  }

  private static func lengthAndChannels(_ input: Shape) throws -> (length: Int, channels: Int) {
    guard input.rank == 2 else {
      throw ShapeError("Conv1D needs sequences [time, channels], not \(input); Reshape brings values into that shape")
    }
    return (input[0], input[1])
  }
}
