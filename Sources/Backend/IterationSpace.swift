/// The fewest loops that visit several views in step: neighbouring axes are merged where every view allows it, and axes
/// of extent 1 disappear. Done once here so that no backend has to.
public struct IterationSpace: Sendable {
  /// The merged extents, outermost first; empty for a single element.
  public private(set) var shape: Shape
  /// The merged strides of each view, in the order given.
  public private(set) var strides: [Strides]
  /// For each original axis the merged axis that holds it alone, or -1. Only axes named in `keeping` are certain to be
  /// held alone.
  public private(set) var mergedAxis: [Int]

  /// - Parameters:
  ///   - layouts: Views of one common shape.
  ///   - keeping: Axes that must not be merged with their neighbours, because a program reads its coordinate there or a
  ///     reduction runs along some of them only.
  public init(_ layouts: [Layout], keeping: Set<Int> = []) {
    let original = layouts.first?.shape ?? Shape()
    shape = Shape()
    strides = Array(repeating: Strides(), count: layouts.count)
    mergedAxis = Array(repeating: -1, count: original.rank)
    var previousIsKept = true
    for axis in original.indices {
      assert(layouts.allSatisfy { $0.shape == original }, "IterationSpace: views of different shapes")
      let isKept = keeping.contains(axis)
      if original[axis] == 1 && !isKept { continue }
      let extent = original[axis]
      let merges =
        !previousIsKept && !isKept
        && layouts.indices.allSatisfy { strides[$0][shape.rank - 1] == layouts[$0].strides[axis] * extent }
      if merges {
        shape[shape.rank - 1] *= extent
        for view in layouts.indices { strides[view][shape.rank - 1] = layouts[view].strides[axis] }
      } else {
        shape.append(extent)
        for view in layouts.indices { strides[view].append(layouts[view].strides[axis]) }
        if isKept { mergedAxis[axis] = shape.rank - 1 }
      }
      previousIsKept = isKept
    }
  }
}
