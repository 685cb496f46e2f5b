import MartletBackend
import MartletTensor

// Normalisation to mean 0 and variance 1, then scaled and offset: what batch, layer and group normalisation share. Composed it
// would be six passes over memory forward and more than a dozen backward; here it is three and four.

private struct Parts: Hashable {
  let hasScale: Bool
  let hasOffset: Bool
}

/// Numbers of the inputs that only some programs have.
private func optionalInputs(_ scale: Tensor?, _ offset: Tensor?) -> [Tensor] { [scale, offset].compactMap { $0 } }

// x, mean, 1/√(variance + epsilon), scale?, offset?
private let normalization = ProgramCache<Parts> { parts in
  let count = 3 + (parts.hasScale ? 1 : 0) + (parts.hasOffset ? 1 : 0)
  return ElementwiseProgram(inputs: [LaneType](repeating: .float32, count: count)) { x, _ in
    var y = (x[0] - x[1]) * x[2]
    if parts.hasScale { y = y * x[3] }
    if parts.hasOffset { y = y + x[count - 1] }
    return [y]
  }
}

private let squaredDistance = ElementwiseProgram(inputs: [.float32, .float32]) { x, _ in
  let distance = x[0] - x[1]
  return [distance * distance]
}
// Σ(x - mean)²; n, epsilon: the variance, and the reciprocal of the standard deviation.
private let varianceAndReciprocal = ElementwiseProgram(inputs: [.float32], parameters: [.float32, .float32]) { x, p in
  let variance = x[0] / p[0]
  return [variance, 1 / (variance + p[1]).squareRoot()]
}
private let reciprocalDeviation = ElementwiseProgram(inputs: [.float32], parameters: [.float32]) { x, p in
  [1 / (x[0] + p[0]).squareRoot()]
}

// upstream, x, mean, reciprocal, scale?: the two sums that the gradient of x needs.
private let gradientSums = ProgramCache<Bool> { hasScale in
  ElementwiseProgram(inputs: [LaneType](repeating: .float32, count: hasScale ? 5 : 4)) { x, _ in
    let scaled = hasScale ? x[0] * x[4] : x[0]
    return [scaled, scaled * ((x[1] - x[2]) * x[3])]
  }
}
private let bothDivided = ElementwiseProgram(inputs: [.float32, .float32], parameters: [.float32]) { x, p in
  [x[0] / p[0], x[1] / p[0]]
}
// upstream, x, mean, reciprocal, the two means, scale?
private let inputGradient = ProgramCache<Bool> { hasScale in
  ElementwiseProgram(inputs: [LaneType](repeating: .float32, count: hasScale ? 7 : 6)) { x, _ in
    let scaled = hasScale ? x[0] * x[6] : x[0]
    return [x[3] * (scaled - x[4] - (x[1] - x[2]) * x[3] * x[5])]
  }
}
// upstream, x, mean, reciprocal
private let scaleGradient = ElementwiseProgram(inputs: [.float32, .float32, .float32, .float32]) { x, _ in
  [x[0] * ((x[1] - x[2]) * x[3])]
}

extension Tensor {
  /// `(x - mean) / √(variance + epsilon) · scale + offset` with the mean and the variance (divided by n) along axes.
  ///
  /// - Parameters:
  ///   - scale, offset: Stretched to the shape of x.
  /// - Returns: The result, and the mean and variance with 1 at the axes; those two are constants.
  public func normalized(
    alongAxes axes: [Int], epsilon: Float, scale: Tensor? = nil, offset: Tensor? = nil
  ) -> (result: Tensor, mean: Tensor, variance: Tensor) {
    requireFloat("normalized")
    let axes = trapping { try shape.normalizedAxes(axes, for: "normalized") }
    let count = Float(axes.reduce(1) { $0 * shape[$1] })
    let mean = detached.mean(alongAxes: axes, keepingRank: true)
    let moments = Tensor.reduced(
      squaredDistance, [.sum], [self, mean], axes: axes,
      epilogue: Epilogue(varianceAndReciprocal, parameters: [.float32(count), .float32(epsilon)]), for: "normalized")
    let reciprocal = moments[1]
    let parts = Parts(hasScale: scale != nil, hasOffset: offset != nil)
    let y = Tensor.map(
      normalization[parts], [self, mean, reciprocal] + optionalInputs(scale, offset), for: "normalized")
    require(
      y.shape == shape,
      "normalized: a scale or offset of shape \((scale ?? offset)?.shape ?? []) does not stretch to \(shape)")

    var edges: [TapeNode.Edge] = []
    if Recording.isEnabled {
      if let source = node {
        edges.append(
          TapeNode.Edge(source: source) { [x = self] upstream, _ in
            if Recording.isEnabled {
              return x.composedNormalizationGradient(upstream, axes, epsilon: epsilon, scale: scale)
            }
            let scales = optionalInputs(scale, nil)
            let means = Tensor.reduced(
              gradientSums[scale != nil], [.sum, .sum], [upstream, x, mean, reciprocal] + scales, axes: axes,
              epilogue: Epilogue(bothDivided, parameters: [.float32(count)]), for: "normalized")
            return Tensor.map(
              inputGradient[scale != nil], [upstream, x, mean, reciprocal] + means + scales, for: "normalized")
          })
      }
      if let scale, let source = scale.node {
        edges.append(
          TapeNode.Edge(source: source) { [x = self, target = scale.shape] upstream, _ in
            if Recording.isEnabled { return (upstream * x.standardized(axes, epsilon: epsilon)).summed(to: target) }
            let stretched = upstream.shape.axesStretched(from: target)
            return Tensor.reduced(
              scaleGradient, [.sum], [upstream, x, mean, reciprocal], axes: stretched, for: "normalized")[0]
              .rearranged(to: target)
          })
      }
      if let offset, let source = offset.node {
        edges.append(
          TapeNode.Edge(source: source) { [target = offset.shape] upstream, _ in upstream.summed(to: target) })
      }
    }
    let result = edges.isEmpty ? y : y.onTape("normalized", edges, keepingOutput: false)
    return (result, mean, moments[0])
  }

  /// `(x - mean) / √(variance + epsilon)`, composed.
  private func standardized(_ axes: [Int], epsilon: Float) -> Tensor {
    (self - mean(alongAxes: axes, keepingRank: true))
      * (variance(alongAxes: axes, keepingRank: true) + epsilon).reciprocalSquareRoot()
  }

  private func composedNormalizationGradient(
    _ upstream: Tensor, _ axes: [Int], epsilon: Float, scale: Tensor?
  ) -> Tensor {
    let standardized = standardized(axes, epsilon: epsilon)
    let scaled = scale.map { upstream * $0 } ?? upstream
    let reciprocal = (variance(alongAxes: axes, keepingRank: true) + epsilon).reciprocalSquareRoot()
    let projection = (scaled * standardized).mean(alongAxes: axes, keepingRank: true)
    return reciprocal * (scaled - scaled.mean(alongAxes: axes, keepingRank: true) - standardized * projection)
  }

  /// The same with a mean and a variance that are given, as batch normalisation has them after training; all four are stretched
  /// to the shape of x. One pass over memory where nothing is recorded.
  public func normalized(
    mean: Tensor, variance: Tensor, epsilon: Float, scale: Tensor? = nil, offset: Tensor? = nil
  ) -> Tensor {
    requireFloat("normalized")
    let operands = [self, mean, variance] + optionalInputs(scale, offset)
    if Recording.isEnabled && operands.contains(where: { $0.node != nil }) {
      let standardized = (self - mean) * (variance + epsilon).reciprocalSquareRoot()
      let scaled = scale.map { standardized * $0 } ?? standardized
      return offset.map { scaled + $0 } ?? scaled
    }
    let reciprocal = Tensor.map(reciprocalDeviation, variance, parameters: [.float32(epsilon)], for: "normalized")
    return Tensor.map(
      normalization[Parts(hasScale: scale != nil, hasOffset: offset != nil)],
      [self, mean, reciprocal] + optionalInputs(scale, offset), for: "normalized")
  }
}
