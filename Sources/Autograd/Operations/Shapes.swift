import MartletBackend
import MartletTensor

// The same elements under another shape or in another order. All but `reshaped` of a view that does not allow it, and `tiled`, are
// views: nothing is computed or copied.

extension Tensor {
  /// The elements in row-major order under another shape; one extent may be -1 and follows from the others. A view where the
  /// order in memory allows it, else a copy.   ∂L/∂x = upstream, reshaped back.
  public func reshaped(to target: Shape) -> Tensor {
    if target == shape { return self }
    let target = trapping { try shape.reshapedShape(to: target) }
    return rearranged(to: target).recorded("reshaped", (self, { [shape] in $0.reshaped(to: shape) }))
  }

  /// Axes from `axis` on joined into one: `[batch, 7, 7, 64]` becomes `[batch, 3136]`.
  public func flattened(fromAxis axis: Int = 1) -> Tensor {
    require(axis >= 0 && axis <= rank, "flattened: from axis \(axis) of shape \(shape)")
    var target = Shape(shape.prefix(axis))
    target.append(shape.dropFirst(axis).reduce(1, *))
    return reshaped(to: target)
  }

  /// Axes reordered: axis i of the result is axis `permutation[i]`. A view.
  ///
  /// - Precondition: each axis is named once; negative numbers count from the back.
  public func transposed(_ permutation: [Int]) -> Tensor {
    let axes = trapping { try permutation.map { try shape.normalizedAxis($0, for: "transposed") } }
    require(
      axes.count == rank && Set(axes).count == rank, "transposed: \(permutation) does not reorder the axes of \(shape)")
    var inverse = axes
    for (position, axis) in axes.enumerated() { inverse[axis] = position }
    return viewed(as: layout.transposed(axes)).recorded("transposed", (self, { [inverse] in $0.transposed(inverse) }))
  }

  /// The last two axes exchanged: the transposed matrix. A view.
  ///
  /// - Precondition: there are at least two axes.
  public func transposed() -> Tensor {
    require(rank >= 2, "transposed: needs two axes or more; the shape is \(shape)")
    return swappingAxes(-2, -1)
  }

  /// Two axes exchanged. A view.
  public func swappingAxes(_ a: Int, _ b: Int) -> Tensor {
    let (a, b) = trapping {
      (try shape.normalizedAxis(a, for: "swappingAxes"), try shape.normalizedAxis(b, for: "swappingAxes"))
    }
    return viewed(as: layout.swappingAxes(a, b)).recorded("swappingAxes", (self, { $0.swappingAxes(a, b) }))
  }

  /// An axis of extent 1 added before `axis`; -1 adds it at the end. A view.
  public func expanded(at axis: Int) -> Tensor {
    let position = axis < 0 ? axis + rank + 1 : axis
    require(
      position >= 0 && position <= rank && rank < Shape.maximumRank, "expanded: at axis \(axis) of shape \(shape)")
    return viewed(as: layout.insertingAxis(at: position)).recorded("expanded", (self, { $0.squeezed(at: position) }))
  }

  /// An axis of extent 1 dropped. A view.
  public func squeezed(at axis: Int) -> Tensor {
    let position = trapping { try shape.normalizedAxis(axis, for: "squeezed") }
    require(shape[position] == 1, "squeezed: axis \(axis) of shape \(shape) is not of extent 1")
    return viewed(as: layout.removingAxis(at: position)).recorded("squeezed", (self, { $0.expanded(at: position) }))
  }

  /// Axes of extent 1 stretched, and leading axes added, without copying.   ∂L/∂x = upstream summed over the copies.
  ///
  /// - Precondition: the shape stretches to `target`.
  public func broadcast(to target: Shape) -> Tensor {
    if target == shape { return self }
    return viewed(as: trapping { try layout.broadcast(to: target, for: "broadcast(to:)") })
      .recorded("broadcast", (self, { [shape] in $0.summed(to: shape) }))
  }

  /// The order along axes reversed; all of them by default. A view.
  public func flipped(alongAxes axes: [Int]? = nil) -> Tensor {
    let axes = trapping { try shape.normalizedAxes(axes, for: "flipped") }
    let flipped = axes.reduce(layout) {
      $0.sliced(axis: $1, from: Swift.max($0.shape[$1] - 1, 0), count: $0.shape[$1], step: -1)
    }
    return viewed(as: flipped).recorded("flipped", (self, { $0.flipped(alongAxes: axes) }))
  }

  /// The tensor repeated so many times along each axis.
  ///
  /// - Precondition: one count, zero or more, per axis.
  public func tiled(_ counts: [Int]) -> Tensor {
    require(
      counts.count == rank && counts.allSatisfy { $0 >= 0 }, "tiled: counts \(counts) for a tensor of shape \(shape)")
    var result = self
    for (axis, count) in counts.enumerated() where count != 1 {
      require(rank < Shape.maximumRank, "tiled: at most \(Shape.maximumRank - 1) axes; the shape is \(shape)")
      var repeated = result.shape
      repeated.insert(count, at: axis)
      var target = result.shape
      target[axis] *= count
      result = result.expanded(at: axis).broadcast(to: repeated).reshaped(to: target)
    }
    return result
  }
}
