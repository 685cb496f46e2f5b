/// Where the elements of a tensor lie in its storage: element `[i, j, …]` is at `offset + i·strides[0] + j·strides[1] + …`,
/// everything counted in elements.
public struct Layout: Hashable, Sendable {
  /// The extents.
  public var shape: Shape
  /// Elements to step over for one step along each axis.
  public var strides: Strides
  /// The position of the first element.
  public var offset: Int

  /// A layout with given strides, as many as axes.
  @inlinable public init(shape: Shape, strides: Strides, offset: Int = 0) {
    assert(shape.rank == strides.rank, "Layout: \(shape) with strides \(strides)")
    self.shape = shape
    self.strides = strides
    self.offset = offset
  }

  /// Row-major from the start of the storage.
  @inlinable public init(contiguous shape: Shape) {
    self.init(shape: shape, strides: shape.contiguousStrides)
  }

  /// The number of axes.
  @inlinable public var rank: Int { shape.rank }
  /// The number of elements.
  @inlinable public var elementCount: Int { shape.elementCount }

  /// Whether the elements lie in row-major order without gaps (from `offset` on). No elements always do.
  public var isContiguous: Bool {
    var stride = 1
    var axis = shape.rank
    while axis > 0 {
      axis -= 1
      let extent = shape[axis]
      if extent == 1 { continue }
      if strides[axis] != stride { return shape.contains(0) }
      stride *= extent
    }
    return true
  }

  /// The smallest and the largest element position that is touched; `nil` for an empty shape.
  public var bounds: ClosedRange<Int>? {
    var (low, high) = (offset, offset)
    for axis in shape.indices {
      if shape[axis] == 0 { return nil }
      let reach = (shape[axis] - 1) * strides[axis]
      if reach < 0 { low += reach } else { high += reach }
    }
    return low...high
  }
}

// Views: the same elements seen another way.
extension Layout {
  /// Stretches axes of extent 1, and adds leading axes, by strides of zero.
  ///
  /// - Throws: `ShapeError` when the shape does not stretch to `target`.
  public func broadcast(to target: Shape, for operation: @autoclosure () -> String = "broadcast") throws -> Layout {
    if shape == target { return self }
    let lead = target.rank - rank
    guard lead >= 0 else { throw ShapeError("\(operation()): shape \(shape) does not stretch to \(target)") }
    var result = Layout(shape: target, strides: Strides(repeating: 0, rank: target.rank), offset: offset)
    for axis in shape.indices {
      if shape[axis] == target[lead + axis] {
        result.strides[lead + axis] = strides[axis]
      } else if shape[axis] != 1 {
        throw ShapeError("\(operation()): shape \(shape) does not stretch to \(target)")
      }
    }
    return result
  }

  /// Reorders axes: axis `i` of the result is axis `permutation[i]` of this layout. The permutation has to be one.
  public func transposed(_ permutation: [Int]) -> Layout {
    var result = self
    for (axis, source) in permutation.enumerated() {
      result.shape[axis] = shape[source]
      result.strides[axis] = strides[source]
    }
    return result
  }

  /// Every `step`-th element along one axis, beginning at `start`; a negative step walks backwards.
  public func sliced(axis: Int, from start: Int, count: Int, step: Int = 1) -> Layout {
    var result = self
    if count > 0 { result.offset += start * strides[axis] }
    result.shape[axis] = count
    result.strides[axis] *= step
    return result
  }

  /// The elements under another shape without moving them, or `nil` where their order in memory does not allow it.
  public func reshaped(to target: Shape) -> Layout? {
    assert(target.elementCount == elementCount)
    if isContiguous { return Layout(shape: target, strides: target.contiguousStrides, offset: offset) }
    // Match groups of axes with equal element counts; inside a group of the source the strides must nest.
    let source = shape.indices.filter { shape[$0] != 1 }
    var result = Layout(shape: target, strides: Strides(repeating: 0, rank: target.rank), offset: offset)
    var (s, t) = (0, 0)
    while s < source.count {
      var sourceCount = shape[source[s]]
      let sourceStart = s
      let targetStart = t
      var targetCount = 1
      while targetCount != sourceCount {
        if targetCount < sourceCount {
          guard t < target.rank else { return nil }
          targetCount *= target[t]
          t += 1
        } else {
          s += 1
          guard s < source.count, strides[source[s - 1]] == strides[source[s]] * shape[source[s]] else { return nil }
          sourceCount *= shape[source[s]]
        }
      }
      if t == targetStart { return nil }
      for inner in sourceStart..<s where strides[source[inner]] != strides[source[inner + 1]] * shape[source[inner + 1]]
      {
        return nil
      }
      var stride = strides[source[s]]
      for axis in (targetStart..<t).reversed() {
        result.strides[axis] = stride
        stride *= target[axis]
      }
      s += 1
    }
    return result
  }

  /// Adds an axis of extent 1 before `axis`.
  public func insertingAxis(at axis: Int) -> Layout {
    var result = self
    result.shape.insert(1, at: axis)
    result.strides.insert(0, at: axis)
    return result
  }

  /// Drops an axis of extent 1.
  public func removingAxis(at axis: Int) -> Layout {
    var result = self
    result.shape.remove(at: axis)
    result.strides.remove(at: axis)
    return result
  }
}
