import MartletBackend
import MartletTensor

// Parts of a tensor, and tensors put together from parts. Taking a part is a view; its gradient puts the part back among zeros.

extension Tensor {
  /// Every `step`-th element along an axis: `count` of them, beginning at `start`; a negative step walks backwards. A view.
  ///
  /// - Precondition: all elements asked for exist.
  public func sliced(axis: Int, from start: Int, count: Int, step: Int = 1) -> Tensor {
    let axis = trapping { try shape.normalizedAxis(axis, for: "sliced") }
    let last = start + (count - 1) * step
    require(
      count >= 0 && (count == 0 || (start >= 0 && start < shape[axis] && last >= 0 && last < shape[axis])),
      "sliced: \(count) elements from \(start) in steps of \(step) along axis \(axis) of shape \(shape)")
    if start == 0 && step == 1 && count == shape[axis] { return self }
    return viewed(as: layout.sliced(axis: axis, from: start, count: count, step: step))
      .recorded(
        "sliced",
        (self, { [shape] in $0.placed(in: shape) { $0.sliced(axis: axis, from: start, count: count, step: step) } }))
  }

  /// Element `index` along the first axis, which disappears: one image of a batch. A view.
  ///
  /// - Precondition: `0 ≤ index < shape[0]`.
  public subscript(index: Int) -> Tensor {
    require(rank > 0 && index >= 0 && index < shape[0], "subscript: index \(index) of shape \(shape)")
    return sliced(axis: 0, from: index, count: 1).squeezed(at: 0)
  }

  /// The elements of a range along the first axis. A view.
  ///
  /// - Precondition: the range lies in `0 ..< shape[0]`.
  public subscript(range: Range<Int>) -> Tensor {
    require(
      rank > 0 && range.lowerBound >= 0 && range.upperBound <= shape[0], "subscript: range \(range) of shape \(shape)")
    return sliced(axis: 0, from: range.lowerBound, count: range.count)
  }

  /// Zeros of a shape with this tensor in the part that `part` names; its gradient is that part of the upstream.
  func placed(in shape: Shape, _ part: @escaping @Sendable (Layout) -> Layout) -> Tensor {
    let result = Tensor(filling: shape, with: .float32(0), dtype: .float32, on: device)
    result.fill(part(result.layout), with: CommonPrograms.copy(.float32), [self], for: "placed")
    return result.recorded("placed", (self, { $0.part(part) }))
  }

  private func part(_ part: @escaping @Sendable (Layout) -> Layout) -> Tensor {
    viewed(as: part(layout)).recorded("part", (self, { [shape] in $0.placed(in: shape, part) }))
  }

  /// Tensors one after the other along an axis.   Each receives its part of the upstream.
  ///
  /// - Precondition: at least one tensor; equal types, and equal shapes but for that axis.
  public static func concatenated(_ tensors: [Tensor], alongAxis axis: Int) -> Tensor {
    let shape = trapping { try Shape.concatenatedShape(tensors.map(\.shape), alongAxis: axis) }
    let (dtype, device) = (tensors[0].dtype, tensors[0].device)
    require(
      tensors.allSatisfy { $0.dtype == dtype }, "concatenated: tensors of different types, \(tensors.map(\.dtype))")
    if tensors.count == 1 { return tensors[0] }
    let axis = axis < 0 ? axis + shape.rank : axis
    let result = Tensor(undefined: shape, dtype, on: device)
    var edges: [TapeNode.Edge] = []
    var start = 0
    for tensor in tensors {
      tensor.requireDevice(device, for: "concatenated")
      let (first, count) = (start, tensor.shape[axis])
      result.fill(
        result.layout.sliced(axis: axis, from: first, count: count), with: CommonPrograms.copy(dtype.laneType),
        [tensor], for: "concatenated")
      start += count
      guard let source = tensor.node, Recording.isEnabled else { continue }
      edges.append(
        TapeNode.Edge(source: source) { upstream, _ in upstream.sliced(axis: axis, from: first, count: count) })
    }
    return edges.isEmpty ? result : result.onTape("concatenated", edges, keepingOutput: false)
  }

  /// Tensors of one shape side by side along a new axis.
  ///
  /// - Precondition: at least one tensor; equal types and shapes.
  public static func stacked(_ tensors: [Tensor], alongAxis axis: Int = 0) -> Tensor {
    concatenated(tensors.map { $0.expanded(at: axis) }, alongAxis: axis)
  }

  /// Parts of given extents along an axis. Views.
  ///
  /// - Precondition: the extents add up to that of the axis.
  public func split(sizes: [Int], alongAxis axis: Int) -> [Tensor] {
    let axis = trapping { try shape.normalizedAxis(axis, for: "split") }
    require(
      sizes.allSatisfy { $0 >= 0 } && sizes.reduce(0, +) == shape[axis],
      "split: sizes \(sizes) for axis \(axis) of shape \(shape)")
    var start = 0
    return sizes.map { size in
      defer { start += size }
      return sliced(axis: axis, from: start, count: size)
    }
  }

  /// So many parts of equal extent along an axis. Views.
  ///
  /// - Precondition: the extent is a multiple of `parts`.
  public func split(parts: Int, alongAxis axis: Int) -> [Tensor] {
    let axis = trapping { try shape.normalizedAxis(axis, for: "split") }
    require(
      parts > 0 && shape[axis] % parts == 0, "split: axis \(axis) of shape \(shape) does not fall into \(parts) parts")
    return split(sizes: [Int](repeating: shape[axis] / parts, count: parts), alongAxis: axis)
  }
}
