import MartletBackend

extension Tensor {
  private static let bernoulliProgram = ElementwiseProgram(
    inputs: [.float32], parameters: [.int32, .int32, .int32, .int32]
  ) { x, _ in [.select(Lane.randomBits(firstParameter: 0).uniform() .< x[0], 1, 0)] }

  /// 1 with the probability that each element says, otherwise 0: the element itself decides nothing else, so that equal keys give
  /// equal draws on every backend. Constant: no gradient passes through a draw.
  ///
  /// - Precondition: the tensor is float32. A probability below 0 or NaN gives 0, one of 1 or more gives 1.
  public func bernoulli(key: RandomKey) -> Tensor {
    require(dtype == .float32, "bernoulli: probabilities have to be float32; they are \(dtype)")
    return Tensor.map(Self.bernoulliProgram, self, parameters: key.parameters, for: "bernoulli")
  }
}
