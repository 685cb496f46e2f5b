/// Where the elements of a tensor lie in its storage: element `[i, j, …]` is at `offset + i·strides[0] + j·strides[1] + …`,
/// everything counted in elements.
///
/// A value of one word: a training step passes layouts on a thousand times, and copying two lists of eight numbers each time took
/// a tenth of a small network's step.
public struct Layout: Sendable {
  @usableFromInline let form: Form

  /// The extents.
  @inlinable public var shape: Shape { form.shape }
  /// Elements to step over for one step along each axis.
  @inlinable public var strides: Strides { form.strides }
  /// The position of the first element.
  @inlinable public var offset: Int { form.offset }
  /// Whether the elements lie in row-major order without gaps (from `offset` on). No elements always do.
  @inlinable public var isContiguous: Bool { form.isContiguous }

  /// A layout with given strides, as many as axes.
  public init(shape: Shape, strides: Strides, offset: Int = 0) {
    assert(shape.rank == strides.rank, "Layout: \(shape) with strides \(strides)")
    form = Form(shape, strides, offset, isContiguous: shape.liesContiguously(along: strides))
  }

  /// Row-major, from an element of the storage on.
  public init(contiguous shape: Shape, offset: Int = 0) {
    form = Form(shape, shape.contiguousStrides, offset, isContiguous: true)
  }

  /// The number of axes.
  @inlinable public var rank: Int { form.shape.rank }
  /// The number of elements.
  @inlinable public var elementCount: Int { form.shape.elementCount }

  /// What a layout says; a class so that layouts can share it, and constant.
  @usableFromInline final class Form: Sendable {
    @usableFromInline let shape: Shape
    @usableFromInline let strides: Strides
    @usableFromInline let offset: Int
    @usableFromInline let isContiguous: Bool

    init(_ shape: Shape, _ strides: Strides, _ offset: Int, isContiguous: Bool) {
      self.shape = shape
      self.strides = strides
      self.offset = offset
      self.isContiguous = isContiguous
    }
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

extension Layout: Hashable {
  /// Whether both describe the same elements in the same order.
  public static func == (a: Layout, b: Layout) -> Bool {
    a.form === b.form || (a.offset == b.offset && a.shape == b.shape && a.strides == b.strides)
  }

  /// Feeds extents, strides and offset.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(shape)
    hasher.combine(strides)
    hasher.combine(offset)
  }
}

extension Shape {
  /// Whether elements at these strides lie in row-major order without gaps.
  fileprivate func liesContiguously(along strides: Strides) -> Bool {
    var stride = 1
    var axis = rank
    while axis > 0 {
      axis -= 1
      let extent = self[unchecked: axis]
      if extent == 1 { continue }
      if strides[unchecked: axis] != stride { return contains(0) }
      stride = stride &* extent
    }
    return true
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
    var stretched = Strides(repeating: 0, rank: target.rank)
    for axis in shape.indices {
      if shape[axis] == target[lead + axis] {
        stretched[lead + axis] = strides[axis]
      } else if shape[axis] != 1 {
        throw ShapeError("\(operation()): shape \(shape) does not stretch to \(target)")
      }
    }
    return Layout(shape: target, strides: stretched, offset: offset)
  }

  /// Reorders axes: axis `i` of the result is axis `permutation[i]` of this layout. The permutation has to be one.
  public func transposed(_ permutation: [Int]) -> Layout {
    var (extents, strides) = (shape, strides)
    for (axis, source) in permutation.enumerated() {
      extents[axis] = shape[source]
      strides[axis] = self.strides[source]
    }
    return Layout(shape: extents, strides: strides, offset: offset)
  }

  /// Two axes exchanged.
  package func swappingAxes(_ a: Int, _ b: Int) -> Layout {
    var (extents, strides) = (shape, strides)
    extents.swapAt(a, b)
    strides.swapAt(a, b)
    return Layout(shape: extents, strides: strides, offset: offset)
  }

  /// Every `step`-th element along one axis, beginning at `start`; a negative step walks backwards.
  public func sliced(axis: Int, from start: Int, count: Int, step: Int = 1) -> Layout {
    var (extents, strides) = (shape, strides)
    let first = count > 0 ? offset + start * strides[axis] : offset
    extents[axis] = count
    strides[axis] *= step
    return Layout(shape: extents, strides: strides, offset: first)
  }

  /// The first index of an axis, so many times.
  package func repeating(axis: Int, count: Int) -> Layout { sliced(axis: axis, from: 0, count: count, step: 0) }

  /// The elements under another shape without moving them, or `nil` where their order in memory does not allow it.
  public func reshaped(to target: Shape) -> Layout? {
    assert(target.elementCount == elementCount)
    if isContiguous { return Layout(contiguous: target, offset: offset) }
    // Match groups of axes with equal element counts; inside a group of the source the strides must nest.
    let source = shape.indices.filter { shape[$0] != 1 }
    var nested = Strides(repeating: 0, rank: target.rank)
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
        nested[axis] = stride
        stride *= target[axis]
      }
      s += 1
    }
    return Layout(shape: target, strides: nested, offset: offset)
  }

  /// Adds an axis of extent 1 before `axis`.
  public func insertingAxis(at axis: Int) -> Layout {
    var (extents, strides) = (shape, strides)
    extents.insert(1, at: axis)
    strides.insert(0, at: axis)
    return Layout(shape: extents, strides: strides, offset: offset)
  }

  /// Drops an axis of extent 1.
  public func removingAxis(at axis: Int) -> Layout {
    var (extents, strides) = (shape, strides)
    extents.remove(at: axis)
    strides.remove(at: axis)
    return Layout(shape: extents, strides: strides, offset: offset)
  }
}
