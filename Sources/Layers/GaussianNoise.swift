import MartletAutograd
import MartletBackend
import MartletTensor

/// While learning, adds normally distributed noise with mean 0 to each value; otherwise passes everything on. Which noise depends on
/// the step's key, the layer's path and the element alone.
public struct GaussianNoise: Layer {
  /// How far values are moved, typically.
  public let standardDeviation: Float
  /// What it is called in paths and summaries.
  public let name: String?
  private let stream = RandomStream()

  /// - Precondition: `standardDeviation` is not negative.
  public init(_ standardDeviation: Float, name: String? = nil) {
    require(
      standardDeviation >= 0, "GaussianNoise: the standard deviation cannot be negative; got \(standardDeviation)")
    self.standardDeviation = standardDeviation
    self.name = name
  }

  /// The shape of the result; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape { input }

  /// The result for a batch.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor {
    guard case .training(let key) = mode, standardDeviation > 0 else { return x }
    return x + Tensor.normal(x.shape, standardDeviation: standardDeviation, key: stream.key(key), on: x.device)
  }
}
