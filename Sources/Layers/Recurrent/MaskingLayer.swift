import MartletAutograd
import MartletBackend
import MartletTensor

/// A layer that knows of missing steps: it finds them, heeds them, or both.
///
/// In a `Sequential` the mask goes from layer to layer beside the tensor, through layers that treat every step alike (`Dense`, `Dropout`,
/// `Activation`, normalization of the last axis, `TimeDistributed`), and ends at the first other layer.
public protocol MaskingLayer: Layer {
  /// The result for a batch with missing steps, and the mask that goes with the result.
  ///
  /// - Parameter mask: `[batch, time]`, false where a step is missing; `nil` where all are there.
  func masked(_ x: Tensor, mask: Tensor?, mode: Mode) -> (output: Tensor, mask: Tensor?)
}

/// A layer that treats every step alike, so that the mask of its input is that of its result.
package protocol MaskTransparent {}

extension Dense: MaskTransparent {}
extension Dropout: MaskTransparent {}
extension Activation: MaskTransparent {}
extension LayerNorm: MaskTransparent {}
extension TimeDistributed: MaskTransparent {}

/// Marks steps as missing whose features all have one value, and sets them to zero.
///
/// - Shape: `[batch, time, …]` in, the same out.
public struct Masking: MaskingLayer {
  /// What missing steps are filled with.
  public let value: Float
  /// What the layer is called; `nil` lets the model number it.
  public let name: String?

  /// - Parameter value: What missing steps are filled with.
  public init(value: Float = 0, name: String? = nil) {
    self.value = value
    self.name = name
  }

  /// The shape of the result; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape {
    guard input.rank >= 2 else { throw ShapeError("Masking needs sequences [time, features], not \(input)") }
    return input
  }

  /// Nothing to make.
  public func initializeParameters(for input: Shape) throws { _ = try outputShape(for: input) }

  /// The result for a batch.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor { masked(x, mask: nil, mode: mode).output }

  /// The result for a batch and which of its steps are there.
  public func masked(_ x: Tensor, mask: Tensor?, mode: Mode) -> (output: Tensor, mask: Tensor?) {
    require(x.rank >= 3, "Masking: sequences have to be [batch, time, features]; got \(x.shape)")
    let isThere = (x .!= value).cast(to: .float32).max(alongAxes: Array(2..<x.rank), keepingRank: true) .> 0
    let own = isThere.reshaped(to: [x.shape[0], x.shape[1]])
    return (
      Tensor.select(isThere.broadcast(to: x.shape), x, 0), mask.map { $0.cast(to: .bool) & own } ?? own
    )
  }
}
