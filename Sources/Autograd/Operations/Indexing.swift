import MartletBackend
import MartletTensor

// Reading and adding by index, one-hot vectors, running sums, and sorting.

extension Tensor {
  /// The elements with given indices along an axis: `numpy.take`. The axis is replaced by the axes of `indices`; a negative index
  /// counts from the end, and one outside gives zeros.   ∂L/∂x = upstream, added up per index.
  ///
  /// - Parameter indices: int32 (or uint8), of any shape.
  public func gathered(_ indices: Tensor, alongAxis axis: Int = 0) -> Tensor {
    let axis = trapping { try shape.normalizedAxis(axis, for: "gathered") }
    let indices = Tensor.flatIndices(indices, below: shape[axis], on: device, for: "gathered")
    let target = Shape(Array(shape[..<axis]) + Array(indices.shape) + Array(shape[(axis + 1)...]))
    let result = Tensor(undefined: target, dtype, on: device)
    if target.elementCount > 0 {
      let table = rearranged(to: shape.folded(around: axis, as: shape[axis]))
      backend.gather(
        table.view, indices: indices.flat.view,
        output: result.rearranged(to: shape.folded(around: axis, as: indices.shape.elementCount)).view)
    }
    return result.recorded(
      "gathered", (self, { [shape] in $0.scattered(indices, alongAxis: axis, toGive: shape) }))
  }

  private typealias Indices = (flat: Tensor, shape: Shape)

  private static let countedFromStart = ElementwiseProgram(inputs: [.int32], parameters: [.int32]) { x, extent in
    [.select(x[0] .< .integer(0), x[0] + extent[0], x[0])]
  }

  /// The indices one after the other, all counted from the start.
  private static func flatIndices(
    _ indices: Tensor, below extent: Int, on device: Device, for operation: StaticString
  ) -> Indices {
    indices.requireDevice(device, for: operation)
    require(
      indices.dtype.laneType == .int32, "\(operation): indices have to be int32; they are \(indices.dtype)")
    let integers = map(countedFromStart, indices.detached, parameters: [.int32(Int32(extent))], for: operation)
    return (integers.rearranged(to: [indices.elementCount]), indices.shape)
  }

  /// Zeros in `count` rows, to which each row of this tensor is added at its index, those outside left out: the reverse of `gathered`.
  ///
  /// - Precondition: the tensor is float32 or int32 and has a row per index.
  package func scatteredSum(_ indices: Tensor, count: Int) -> Tensor {
    require(dtype == .float32 || dtype == .int32, "scatteredSum: not for \(dtype)")
    require(indices.rank == 1 && rank > 0 && shape[0] == indices.shape[0], "scatteredSum: \(shape) at \(indices.shape)")
    let flat = Tensor.flatIndices(indices, below: count, on: device, for: "scatteredSum")
    return scattered(flat, alongAxis: 0, toGive: Shape([count] + Array(shape.dropFirst())))
  }

  /// Zeros of a shape to which each element of this tensor is added at its index; the reverse of `gathered`.
  private func scattered(_ indices: Indices, alongAxis axis: Int, toGive shape: Shape) -> Tensor {
    let zero = dtype == .int32 ? MartletBackend.Scalar.int32(0) : .float32(0)
    let result = Tensor(filling: shape, with: zero, dtype: dtype, on: device)
    if elementCount > 0 && shape.elementCount > 0 {
      backend.scatterAdd(
        rearranged(to: shape.folded(around: axis, as: indices.shape.elementCount)).view, indices: indices.flat.view,
        output: result.rearranged(to: shape.folded(around: axis, as: shape[axis])).view)
    }
    return result.recorded(
      "scattered",
      (self, { $0.gathered(indices.flat.viewed(as: Layout(contiguous: indices.shape)), alongAxis: axis) }))
  }

  private static let oneHotPrograms = ProgramCache<Int> { axis in
    ElementwiseProgram(inputs: [.int32]) { x, _ in [(x[0] .== .coordinate(axis: axis)).cast(to: .float32)] }
  }

  /// For each index a float32 vector along a new last axis with 1 at that position; all zeros for an index outside.
  ///
  /// - Precondition: the tensor is int32 (or uint8).
  public func oneHot(depth: Int) -> Tensor {
    require(dtype.laneType == .int32, "oneHot: indices have to be int32; they are \(dtype)")
    require(depth >= 0, "oneHot: a depth of \(depth)")
    let indices = detached.expanded(at: -1)
    var target = shape
    target.append(depth)
    return Tensor.map(Tensor.oneHotPrograms[rank], indices, shape: target, for: "oneHot")
  }

  // MARK: Along rows

  /// Does something to `[rows, columns]` whose columns are an axis of this tensor.
  func alongRows(of axis: Int, for operation: StaticString, _ body: (Tensor) -> [Tensor]) -> [Tensor] {
    let axis = trapping { try shape.normalizedAxis(axis, for: "\(operation)") }
    let last = rank - 1
    let moved = axis == last ? self : swappingAxes(axis, last)
    let columns = moved.shape[last]
    let rows = moved.shape.dropLast().reduce(1, *)
    return body(moved.reshaped(to: [rows, columns])).map { result in
      var target = moved.shape
      target[last] = result.shape[1]
      let shaped = result.reshaped(to: target)
      return axis == last ? shaped : shaped.swappingAxes(axis, last)
    }
  }

  /// Running sums along an axis, one after the other from +0.   ∂L/∂x = the running sums of the upstream the other way round.
  ///
  /// - Parameters:
  ///   - exclusive: Leave each element itself out, so that the first result is 0.
  ///   - reversed: Sum from the end.
  public func cumulativeSum(alongAxis axis: Int, exclusive: Bool = false, reversed: Bool = false) -> Tensor {
    require(dtype == .float32 || dtype == .int32, "cumulativeSum: not for \(dtype); convert with cast(to:)")
    return alongRows(of: axis, for: "cumulativeSum") { [$0.scanned(exclusive: exclusive, reversed: reversed)] }[0]
  }

  private func scanned(exclusive: Bool, reversed: Bool) -> Tensor {
    let result = Tensor(undefined: shape, dtype, on: device)
    if elementCount > 0 { backend.scan(view, exclusive: exclusive, reversed: reversed, output: result.view) }
    return result.recorded("cumulativeSum", (self, { $0.scanned(exclusive: exclusive, reversed: !reversed) }))
  }

  /// The elements in order along an axis, and the position each of them had; stable, NaN counts as larger than everything. The
  /// gradient of the values goes back to where they came from.
  public func sorted(alongAxis axis: Int = -1, descending: Bool = false) -> (values: Tensor, indices: Tensor) {
    require(dtype == .float32 || dtype == .int32, "sorted: not for \(dtype); convert with cast(to:)")
    let results = alongRows(of: axis, for: "sorted") { $0.sortedRows(descending: descending, keeping: $0.shape[1]) }
    return (results[0], results[1])
  }

  /// The k largest elements along the last axis, descending, and their positions; the lower position first among equals.
  ///
  /// - Precondition: `0 ≤ k ≤` the extent of the last axis.
  public func topK(_ k: Int) -> (values: Tensor, indices: Tensor) {
    require(dtype == .float32 || dtype == .int32, "topK: not for \(dtype); convert with cast(to:)")
    require(rank > 0 && k >= 0 && k <= shape[rank - 1], "topK: \(k) of the last axis of shape \(shape)")
    let results = alongRows(of: -1, for: "topK") { $0.sortedRows(descending: true, keeping: k) }
    return (results[0], results[1])
  }

  private static let rowPosition = ElementwiseProgram(inputs: [.int32], parameters: [.int32]) { x, p in
    [x[0] + .coordinate(axis: 0) * p[0]]
  }

  private func sortedRows(descending: Bool, keeping count: Int) -> [Tensor] {
    let sortedValues = Tensor(undefined: shape, dtype, on: device)
    let sortedIndices = Tensor(undefined: shape, .int32, on: device)
    if elementCount > 0 {
      backend.sort(view, descending: descending, values: sortedValues.view, indices: sortedIndices.view)
    }
    let values = sortedValues.sliced(axis: 1, from: 0, count: count)
    let indices = sortedIndices.sliced(axis: 1, from: 0, count: count)
    let recorded = values.recorded(
      "sorted",
      (
        self,
        { [shape] upstream in
          let columns = MartletBackend.Scalar.int32(Int32(truncatingIfNeeded: shape[1]))
          let positions = Tensor.map(Tensor.rowPosition, indices, parameters: [columns], for: "sorted")
          let flat = Tensor.flatIndices(
            positions, below: shape.elementCount, on: upstream.device, for: "sorted")
          return upstream.reshaped(to: [flat.flat.elementCount])
            .scattered((flat.flat, [flat.flat.elementCount]), alongAxis: 0, toGive: [shape.elementCount])
            .reshaped(to: shape)
        }
      ))
    return [recorded, indices]
  }
}

extension Shape {
  /// `[outer, count, inner]`: the axes before one, that one with another extent, and the axes after it.
  fileprivate func folded(around axis: Int, as count: Int) -> Shape {
    [self[..<axis].reduce(1, *), count, self[(axis + 1)...].reduce(1, *)]
  }
}
