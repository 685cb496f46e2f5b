import MartletBackend
import MartletTensor

// Parameters: rate, factor, key.
private let dropping = ElementwiseProgram(
  inputs: [.float32], parameters: [.float32, .float32, .int32, .int32, .int32, .int32]
) { x, p in
  [.select(Lane.randomBits(firstParameter: 2).uniform() .>= p[0], x[0] * p[1], 0)]
}

extension Tensor {
  /// Sets elements to 0 with probability `rate` and divides the others by `1 - rate`, so that the mean stays. Nothing is kept for
  /// going backwards: the same key drops the same elements of the upstream.
  ///
  /// - Parameter key: Which random numbers; take another draw for each training step.
  /// - Precondition: `0 ≤ rate < 1`.
  /// - Source: Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting".
  public func dropout(rate: Float, key: RandomKey) -> Tensor {
    requireFloat("dropout")
    require(rate >= 0 && rate < 1, "dropout: the rate has to be in 0 ..< 1; got \(rate)")
    if rate == 0 { return self }
    return Tensor.map(
      dropping, self, parameters: [.float32(rate), .float32(1 / (1 - rate))] + key.parameters, for: "dropout"
    ).recorded("dropout", (self, { $0.dropout(rate: rate, key: key) }))
  }
}
