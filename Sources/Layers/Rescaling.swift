import MartletAutograd
import MartletBackend
import MartletTensor

/// Its input in other units: `y = scale · x + offset`. Nothing is learned.
///
///     Rescaling(scale: 1 / 255)                      // pixels 0…255 to 0…1
///     Rescaling(scale: deviation, offset: mean)      // standard scores back to prices
public struct Rescaling: Layer {
  /// What the input is multiplied by.
  public let scale: Float
  /// What is added then.
  public let offset: Float
  /// What it is called in paths and summaries.
  public let name: String?

  /// Makes the layer.
  public init(scale: Float, offset: Float = 0, name: String? = nil) {
    self.scale = scale
    self.offset = offset
    self.name = name
  }

  /// The shape of the result; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape { input }

  /// Nothing to make.
  public func initializeParameters(for input: Shape) throws {}

  /// The result for a batch.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor { x * scale + offset }
}
