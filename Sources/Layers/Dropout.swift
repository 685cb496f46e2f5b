import MartletAutograd
import MartletBackend
import MartletTensor

/// While learning, sets each value to 0 with probability `rate` and divides the others by `1 - rate`, so that the expected value
/// stays; otherwise passes everything on. Which values depends on the step's key, the layer's path and the element alone.
///
/// - Source: Srivastava et al. 2014; scaling while learning instead of predicting is common practice.
public struct Dropout: Layer {
  /// The share of the values that is dropped.
  public let rate: Float
  /// What it is called in paths and summaries.
  public let name: String?
  private let stream = RandomStream()

  /// - Precondition: `rate` is in 0..<1.
  public init(_ rate: Float, name: String? = nil) {
    require(rate >= 0 && rate < 1, "Dropout: the rate has to be in 0..<1; got \(rate)")
    self.rate = rate
    self.name = name
  }

  /// The shape of the result; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape { input }

  /// The result for a batch.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor {
    guard case .training(let key) = mode, rate > 0 else { return x }
    return x.dropout(rate: rate, key: stream.key(key))
  }
}
