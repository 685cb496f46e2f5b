import MartletAutograd
import MartletBackend
import MartletTensor

/// The largest value of each window, channel by channel. Ties go to the first in row-major order; padding takes no part.
///
/// - Shape: `[batch, height, width, channels]` in; height and width shrink as the window, stride and padding say.
public struct MaxPool2D: Layer {
  /// Height and width of the window.
  public let size: Extent2D
  /// How far the window moves.
  public let stride: Extent2D
  /// What happens at the border: with `.same`, windows there are partial.
  public let padding: Padding
  /// What it is called in paths and summaries.
  public let name: String?

  /// - Parameter stride: By default the size, so that windows do not overlap.
  /// - Precondition: all numbers are positive.
  public init(_ size: Extent2D = 2, stride: Extent2D? = nil, padding: Padding = .valid, name: String? = nil) {
    self.size = size
    self.stride = stride ?? size
    self.padding = padding
    self.name = name
    requirePositive(self.size, self.stride, in: "MaxPool2D")
  }

  /// Keras' name of the type.
  public static var typeName: String { "MaxPooling2D" }

  /// The shape of the result; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape {
    try pooledShape(of: input, size: size, stride: stride, padding: padding, for: "MaxPool2D")
  }

  /// The result for a batch.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor {
    x.maxPool2d(size: size, stride: stride, padding: padding)
  }
}

/// The mean of each window, channel by channel, over the elements inside the image: padding is not counted.
///
/// - Shape: `[batch, height, width, channels]` in; height and width shrink as the window, stride and padding say.
public struct AveragePool2D: Layer {
  /// Height and width of the window.
  public let size: Extent2D
  /// How far the window moves.
  public let stride: Extent2D
  /// What happens at the border: with `.same`, windows there are partial.
  public let padding: Padding
  /// What it is called in paths and summaries.
  public let name: String?

  /// - Parameter stride: By default the size, so that windows do not overlap.
  /// - Precondition: all numbers are positive.
  public init(_ size: Extent2D = 2, stride: Extent2D? = nil, padding: Padding = .valid, name: String? = nil) {
    self.size = size
    self.stride = stride ?? size
    self.padding = padding
    self.name = name
    requirePositive(self.size, self.stride, in: "AveragePool2D")
  }

  /// Keras' name of the type.
  public static var typeName: String { "AveragePooling2D" }

  /// The shape of the result; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape {
    try pooledShape(of: input, size: size, stride: stride, padding: padding, for: "AveragePool2D")
  }

  /// The result for a batch.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor {
    x.averagePool2d(size: size, stride: stride, padding: padding)
  }
}

/// The mean of each channel over the whole image.
///
/// - Shape: `[batch, height, width, channels]` in, `[batch, channels]` out, or `[batch, 1, 1, channels]` with `keepingRank`.
public struct GlobalAveragePool2D: Layer {
  /// Whether height and width stay as axes of extent 1.
  public let keepingRank: Bool
  /// What it is called in paths and summaries.
  public let name: String?

  /// Makes the layer.
  public init(keepingRank: Bool = false, name: String? = nil) {
    self.keepingRank = keepingRank
    self.name = name
  }

  /// Keras' name of the type.
  public static var typeName: String { "GlobalAveragePooling2D" }

  /// The shape of the result; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape {
    let channels = try ImageShape(input, for: "GlobalAveragePool2D").channels
    return keepingRank ? [1, 1, channels] : [channels]
  }

  /// The result for a batch.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor { x.mean(alongAxes: [1, 2], keepingRank: keepingRank) }
}

/// The largest value of each channel over the whole image.
///
/// - Shape: `[batch, height, width, channels]` in, `[batch, channels]` out, or `[batch, 1, 1, channels]` with `keepingRank`.
public struct GlobalMaxPool2D: Layer {
  /// Whether height and width stay as axes of extent 1.
  public let keepingRank: Bool
  /// What it is called in paths and summaries.
  public let name: String?

  /// Makes the layer.
  public init(keepingRank: Bool = false, name: String? = nil) {
    self.keepingRank = keepingRank
    self.name = name
  }

  /// Keras' name of the type.
  public static var typeName: String { "GlobalMaxPooling2D" }

  /// The shape of the result; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape {
    let channels = try ImageShape(input, for: "GlobalMaxPool2D").channels
    return keepingRank ? [1, 1, channels] : [channels]
  }

  /// The result for a batch.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor { x.max(alongAxes: [1, 2], keepingRank: keepingRank) }
}

private func pooledShape(
  of input: Shape, size: Extent2D, stride: Extent2D, padding: Padding, for layer: String
) throws -> Shape {
  let image = try ImageShape(input, for: layer)
  let window = try Window(size: size, stride: stride, padding: padding, over: image.extent, for: layer)
  let output = window.outputExtent(over: image.extent)
  return [output.height, output.width, image.channels]
}

private func requirePositive(_ size: Extent2D, _ stride: Extent2D, in layer: String) {
  require(
    min(size.height, size.width, stride.height, stride.width) > 0,
    "\(layer): window \(size) and stride \(stride) have to be positive")
}
