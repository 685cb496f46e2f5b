import MartletAutograd
import MartletBackend
import MartletTensor

/// The same layer for every step of a sequence, each for itself.
///
/// - Shape: `[batch, time, …]` in, `[batch, time] + the layer's result` out.
public struct TimeDistributed: Layer {
  /// What is applied to each step.
  public let layer: any Layer
  /// What it is called in paths and summaries.
  public let name: String?

  /// Makes the layer.
  public init(_ layer: any Layer, name: String? = nil) {
    self.layer = layer
    self.name = name
  }

  /// The shape of the result; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape {
    Shape([try steps(of: input)] + Array(try layer.outputShape(for: Shape(input.dropFirst()))))
  }

  /// Makes the parameters for an input; see `Layer`.
  public func initializeParameters(for input: Shape) throws {
    _ = try steps(of: input)
    try layer.initializeParameters(for: Shape(input.dropFirst()))
  }

  /// The result for a batch.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor {
    require(x.rank > 1, "TimeDistributed: needs [batch, time, …]; got \(x.shape)")
    let (batch, time) = (x.shape[0], x.shape[1])
    let y = layer(x.reshaped(to: Shape([batch * time] + x.shape.dropFirst(2))), mode: mode)
    return y.reshaped(to: Shape([batch, time] + y.shape.dropFirst()))
  }

  private func steps(of input: Shape) throws -> Int {
    guard let time = input.first else { throw ShapeError("TimeDistributed needs sequences [time, …]; got \(input)") }
    return time
  }
}
