import MartletAutograd
import MartletBackend
import MartletTensor

/// Zeros around images.
///
/// - Shape: `[batch, height, width, channels]` in, `[batch, top + height + bottom, left + width + right, channels]` out.
public struct ZeroPadding2D: Layer {
  /// How many rows and columns on each side.
  public let margins: Margins
  /// What the layer is called; `nil` lets the model number it.
  public let name: String?

  /// - Precondition: no margin is negative.
  public init(_ margins: Margins = Margins(all: 1), name: String? = nil) {
    require(
      min(margins.top, margins.bottom, margins.left, margins.right) >= 0,
      "ZeroPadding2D: margins have to be 0 or more; got \(margins)")
    self.margins = margins
    self.name = name
  }

  /// The shape of the result; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape {
    let image = try ImageShape(input, for: "ZeroPadding2D")
    return [
      margins.top + image.extent.height + margins.bottom, margins.left + image.extent.width + margins.right,
      image.channels,
    ]
  }

  /// The result for a batch.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor {
    x.padded([(0, 0), (margins.top, margins.bottom), (margins.left, margins.right), (0, 0)])
  }
}
