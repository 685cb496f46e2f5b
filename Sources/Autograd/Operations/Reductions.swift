import MartletBackend
import MartletTensor

// Sums and their like along axes. `alongAxes: nil` means all axes; negative axes count from the back; with `keepingRank` the axes
// stay with extent 1.

extension Tensor {
  /// The sum along axes; float32 or int32. Over nothing it is 0.   ∂L/∂x = upstream, repeated.
  public func sum(alongAxes: [Int]? = nil, keepingRank: Bool = false) -> Tensor {
    require(dtype == .float32 || dtype == .int32, "sum: not for \(dtype); convert with cast(to:)")
    let axes = reductionAxes(alongAxes, for: "sum")
    let total = Tensor.reduced(CommonPrograms.copy(dtype.laneType), [.sum], [self], axes: axes, for: "sum")[0]
    return total.withoutAxes(axes, unless: keepingRank)
      .recorded("sum", (self, { [shape] in $0.repeated(alongAxes: axes, toGive: shape) }))
  }

  private static let quotient = ElementwiseProgram(inputs: [.float32], parameters: [.float32]) { [$0[0] / $1[0]] }

  /// The arithmetic mean along axes. Over nothing it is NaN.   ∂L/∂x = upstream / n, repeated.
  public func mean(alongAxes: [Int]? = nil, keepingRank: Bool = false) -> Tensor {
    requireFloat("mean")
    let axes = reductionAxes(alongAxes, for: "mean")
    let count = Float(elementCount(along: axes))
    let epilogue = Epilogue(Tensor.quotient, parameters: [.float32(count)])
    let mean = Tensor.reduced(
      CommonPrograms.copy(.float32), [.sum], [self], axes: axes, epilogue: epilogue, for: "mean")[0]
    return mean.withoutAxes(axes, unless: keepingRank)
      .recorded("mean", (self, { [shape] in ($0 / count).repeated(alongAxes: axes, toGive: shape) }))
  }

  /// The largest element along axes; float32 or int32; NaN if there is one. The gradient goes to the first of the largest.
  public func max(alongAxes: [Int]? = nil, keepingRank: Bool = false) -> Tensor {
    extremum(.maximum, .argumentOfMaximum, alongAxes, keepingRank, for: "max")
  }

  /// The smallest element along axes; float32 or int32; NaN if there is one. The gradient goes to the first of the smallest.
  public func min(alongAxes: [Int]? = nil, keepingRank: Bool = false) -> Tensor {
    extremum(.minimum, .argumentOfMinimum, alongAxes, keepingRank, for: "min")
  }

  private static let twice = ElementwiseProgram(inputs: [.float32]) { x, _ in [x[0], x[0]] }

  private func extremum(
    _ combiner: Combiner, _ argument: Combiner, _ alongAxes: [Int]?, _ keepingRank: Bool, for operation: StaticString
  ) -> Tensor {
    require(dtype == .float32 || dtype == .int32, "\(operation): not for \(dtype); convert with cast(to:)")
    let axes = reductionAxes(alongAxes, for: operation)
    guard node != nil, Recording.isEnabled else {
      return Tensor.reduced(CommonPrograms.copy(dtype.laneType), [combiner], [self], axes: axes, for: operation)[0]
        .withoutAxes(axes, unless: keepingRank)
    }
    let found = Tensor.reduced(Tensor.twice, [combiner, argument], [self], axes: axes, for: operation)
    let position = found[1]
    return found[0].withoutAxes(axes, unless: keepingRank)
      .recorded(
        operation,
        (
          self,
          { [shape] in
            $0.reshaped(to: shape.reduced(along: axes)).placed(at: position, alongAxes: axes, toGive: shape)
          }
        ))
  }

  /// The position of the largest element along an axis, or in the row-major order of the whole tensor; int32, the first of
  /// equals, NaN counts as larger than everything.
  public func argmax(alongAxis axis: Int? = nil, keepingRank: Bool = false) -> Tensor {
    argument(.argumentOfMaximum, axis, keepingRank, for: "argmax")
  }

  /// The position of the smallest element along an axis, or in the row-major order of the whole tensor; int32, the first of
  /// equals, NaN counts as smaller than everything.
  public func argmin(alongAxis axis: Int? = nil, keepingRank: Bool = false) -> Tensor {
    argument(.argumentOfMinimum, axis, keepingRank, for: "argmin")
  }

  private func argument(
    _ combiner: Combiner, _ axis: Int?, _ keepingRank: Bool, for operation: StaticString
  ) -> Tensor {
    require(dtype == .float32 || dtype == .int32, "\(operation): not for \(dtype); convert with cast(to:)")
    let axes = reductionAxes(axis.map { [$0] }, for: operation)
    return Tensor.reduced(CommonPrograms.copy(dtype.laneType), [combiner], [self], axes: axes, for: operation)[0]
      .withoutAxes(axes, unless: keepingRank)
  }

  /// The product along axes; float32 or int32. Over nothing it is 1.   ∂L/∂x = upstream · the product of the others.
  public func product(alongAxes: [Int]? = nil, keepingRank: Bool = false) -> Tensor {
    require(dtype == .float32 || dtype == .int32, "product: not for \(dtype); convert with cast(to:)")
    let axes = reductionAxes(alongAxes, for: "product")
    return Tensor.reduced(CommonPrograms.copy(dtype.laneType), [.product], [self], axes: axes, for: "product")[0]
      .withoutAxes(axes, unless: keepingRank)
      .recorded(
        "product",
        (self, { [x = self] in $0.repeated(alongAxes: axes, toGive: x.shape) * x.productOfOthers(alongAxes: axes) }))
  }

  /// For each element the product of the others along axes, without dividing, so that zeros are no exception: the product of
  /// those before it times that of those after it, each found by doubling.
  private func productOfOthers(alongAxes axes: [Int]) -> Tensor {
    let kept = shape.indices.filter { !axes.contains($0) }
    let order = kept + axes
    let moved = transposed(order)
    let count = elementCount(along: axes)
    let rows = moved.reshaped(to: [kept.map { shape[$0] }.reduce(1, *), count])
    func shifted(_ x: Tensor, by distance: Int) -> Tensor {
      let distance = Swift.min(distance, count)
      return x.sliced(axis: 1, from: 0, count: count - distance).padded([(0, 0), (distance, 0)], mode: .constant(1))
    }
    func productsBefore(_ x: Tensor) -> Tensor {
      var products = shifted(x, by: 1)
      var distance = 1
      while distance < count {
        products = products * shifted(products, by: distance)
        distance *= 2
      }
      return products
    }
    let others = productsBefore(rows) * productsBefore(rows.flipped(alongAxes: [1])).flipped(alongAxes: [1])
    let inverse = order.indices.map { axis in order.firstIndex(of: axis) ?? axis }
    return others.reshaped(to: moved.shape).transposed(inverse)
  }

  private static let squaredDistance = ElementwiseProgram(inputs: [.float32, .float32]) { x, _ in
    let distance = x[0] - x[1]
    return [distance * distance]
  }
  private static let varianceGradient = ElementwiseProgram(
    inputs: [.float32, .float32, .float32], parameters: [.float32]
  ) { x, p in [x[0] * (x[1] - x[2]) * p[0]] }

  /// The mean squared distance from the mean along axes, divided by n (not n - 1).   ∂L/∂x = upstream · 2(x - mean) / n.
  public func variance(alongAxes: [Int]? = nil, keepingRank: Bool = false) -> Tensor {
    requireFloat("variance")
    let axes = reductionAxes(alongAxes, for: "variance")
    let count = Float(elementCount(along: axes))
    let mean = detached.mean(alongAxes: axes, keepingRank: true)
    let epilogue = Epilogue(Tensor.quotient, parameters: [.float32(count)])
    return Tensor.reduced(
      Tensor.squaredDistance, [.sum], [self, mean], axes: axes, epilogue: epilogue, for: "variance")[0]
      .withoutAxes(axes, unless: keepingRank)
      .recorded(
        "variance",
        (
          self,
          { [x = self] upstream in
            let upstream = upstream.reshaped(to: mean.shape)
            if Recording.isEnabled {
              return upstream * (x - x.mean(alongAxes: axes, keepingRank: true)) * (2 / count)
            }
            return Tensor.map(Tensor.varianceGradient, upstream, x, mean, parameters: [.float32(2 / count)])
          }
        ))
  }

  /// The square root of the variance (divided by n).
  public func standardDeviation(alongAxes: [Int]? = nil, keepingRank: Bool = false) -> Tensor {
    variance(alongAxes: alongAxes, keepingRank: keepingRank).squareRoot()
  }

  // An infinite maximum cannot be subtracted; without it the sum overflows or vanishes just as it should.
  private static let shiftedExponential = ElementwiseProgram(inputs: [.float32, .float32]) { x, _ in
    [(x[0] - .select(x[1].absolute() .== Lane(.infinity), 0, x[1])).exp()]
  }
  private static let shiftedLogarithm = ElementwiseProgram(inputs: [.float32, .float32]) { x, _ in
    [x[0].log() + .select(x[1].absolute() .== Lane(.infinity), 0, x[1])]
  }
  private static let logSumExpGradient = ElementwiseProgram(inputs: [.float32, .float32, .float32]) { x, _ in
    [x[0] * (x[1] - x[2]).exp()]
  }

  /// `ln Σ eˣ` along axes without overflow.   ∂L/∂x = upstream · e^(x - y).
  public func logSumExp(alongAxes: [Int]? = nil, keepingRank: Bool = false) -> Tensor {
    requireFloat("logSumExp")
    let axes = reductionAxes(alongAxes, for: "logSumExp")
    let maximum = detached.max(alongAxes: axes, keepingRank: true)
    let epilogue = Epilogue(Tensor.shiftedLogarithm, inputs: [maximum.view])
    return Tensor.reduced(
      Tensor.shiftedExponential, [.sum], [self, maximum], axes: axes, epilogue: epilogue, for: "logSumExp")[0]
      .withoutAxes(axes, unless: keepingRank)
      .recorded(
        "logSumExp",
        usingOutput: (
          self,
          { [x = self] upstream, y in
            let kept = x.shape.reduced(along: axes)
            let (upstream, y) = (upstream.reshaped(to: kept), y.reshaped(to: kept))
            if Recording.isEnabled { return upstream * (x - y).exp() }
            return Tensor.map(Tensor.logSumExpGradient, upstream, x, y)
          }
        ))
  }

  /// The sum over what broadcasting from `target` to this shape repeated: the inverse of `broadcast(to:)` for gradients.
  ///
  /// - Precondition: `target` broadcasts to this shape.
  public func summed(to target: Shape) -> Tensor {
    if shape == target { return self }
    let stretched = trapping { try target.broadcast(with: shape, for: "summed(to:)") }
    require(stretched == shape, "summed(to:): \(target) does not broadcast to \(shape)")
    let axes = shape.axesStretched(from: target)
    if axes.isEmpty { return reshaped(to: target) }
    return Tensor.reduced(CommonPrograms.copy(dtype.laneType), [.sum], [self], axes: axes, for: "summed")[0]
      .rearranged(to: target)
      .recorded("summed", (self, { [shape] in $0.broadcast(to: shape) }))
  }
}

// Shapes around a reduction.
extension Tensor {
  func requireFloat(_ operation: StaticString) {
    require(dtype == .float32, "\(operation): float32 only; this tensor is \(dtype), convert it with cast(to:)")
  }

  private func reductionAxes(_ axes: [Int]?, for operation: StaticString) -> [Int] {
    trapping { try shape.normalizedAxes(axes, for: "\(operation)") }
  }

  private func elementCount(along axes: [Int]) -> Int { axes.reduce(1) { $0 * shape[$1] } }

  /// Drops reduced axes; constant.
  private func withoutAxes(_ axes: [Int], unless keepingRank: Bool) -> Tensor {
    if keepingRank { return self }
    return viewed(as: axes.reversed().reduce(layout) { $0.removingAxis(at: $1) })
  }

  /// The reverse of a sum: the value of each reduced element in all the places it came from.
  private func repeated(alongAxes axes: [Int], toGive shape: Shape) -> Tensor {
    reshaped(to: shape.reduced(along: axes)).broadcast(to: shape)
  }
}
