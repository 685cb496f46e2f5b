import MartletAutograd
import MartletBackend
import MartletTensor

extension Operators {
  static let indexing: [String: Function] = [
    "Gather": gather,
    "Slice": slice,
    "OneHot": one { node in
      let (indices, values) = (try node.tensor(0), try node.host(2))
      guard let depth = try node.host(1).scalar, depth >= 1, depth < 0x1p24, values.count == 2 else {
        throw ShapeError("a depth and two values are needed")
      }
      let rank = indices.rank + 1
      let axis = try node.axis(try node.int("axis", -1), rank: rank)
      _ = try node.allowed(Array(indices.shape) + [Int(depth)])
      let whole = indices.cast(to: .int32)
      let hot = Tensor.select(whole .< 0, whole + depth, whole).oneHot(depth: Int(depth))
      let (off, on) = (values.numbers[0], values.numbers[1])
      let result = (hot * (on - off) + off).transposed((0..<axis) + [rank - 1] + (axis..<rank - 1))
      return result.cast(to: values.kind.dtype)
    },
    "TopK": { node in
      let x = try node.tensor(0)
      guard x.dtype != .bool, x.rank > 0 else { throw ShapeError("an array of numbers is needed") }
      let axis = try node.axis(try node.int("axis", -1), rank: x.rank)
      let given = try node.optionalIntegers(1)?.first
      let count = try given ?? node.int("k", 0)
      guard count >= 1, count <= x.shape[axis] else {
        throw ShapeError("the \(count) largest of \(x.shape[axis])")
      }
      _ = try node.allowed(Array(x.shape))
      let sorted = x.sorted(alongAxis: axis, descending: try node.int("largest", 1) != 0)
      return [sorted.values, sorted.indices].map { .tensor($0.sliced(axis: axis, from: 0, count: count)) }
    },
    "CumSum": one { node in
      let x = try node.tensor(0)
      guard x.dtype != .bool, let named = try node.optionalIntegers(1)?.first else { throw ShapeError("no axis") }
      _ = try node.allowed(Array(x.shape))
      return x.cumulativeSum(
        alongAxis: try node.axis(named, rank: x.rank), exclusive: try node.int("exclusive", 0) != 0,
        reversed: try node.int("reverse", 0) != 0)
    },
    "DepthToSpace": one { node in
      let (x, size) = (try node.tensor(0), try node.int("blocksize", 0))
      guard x.rank == 4, (1...Int(Int16.max)).contains(size), x.shape[1].isMultiple(of: size * size) else {
        throw ShapeError("blocks of \(size) from shape \(x.shape)")
      }
      let (batch, channels, height, width) = (x.shape[0], x.shape[1] / size / size, x.shape[2], x.shape[3])
      let parts =
        try node.string("mode", "DCR") == "DCR"
        ? x.reshaped(to: [batch, size, size, channels, height, width]).transposed([0, 3, 4, 1, 5, 2])
        : x.reshaped(to: [batch, channels, size, size, height, width]).transposed([0, 1, 4, 2, 5, 3])
      return parts.reshaped(to: [batch, channels, height * size, width * size])
    },
    "SpaceToDepth": one { node in
      let (x, size) = (try node.tensor(0), try node.int("blocksize", 0))
      guard x.rank == 4, (1...Int(Int16.max)).contains(size), x.shape[2].isMultiple(of: size),
        x.shape[3].isMultiple(of: size)
      else { throw ShapeError("blocks of \(size) in shape \(x.shape)") }
      let (batch, channels, height, width) = (x.shape[0], x.shape[1], x.shape[2] / size, x.shape[3] / size)
      let order = try node.string("mode", "DCR") == "DCR" ? [0, 3, 5, 1, 2, 4] : [0, 1, 3, 5, 2, 4]
      return x.reshaped(to: [batch, channels, height, size, width, size]).transposed(order)
        .reshaped(to: [batch, channels * size * size, height, width])
    },
  ]

  private static func gather(_ node: Invocation) throws -> [Operand] {
    let operand = try node.operand(0)
    let rank = operand.shape.count
    let axis = try node.axis(try node.int("axis", 0), rank: rank)
    let extent = operand.shape[axis]
    if let hosts = node.hosts, hosts.count == 2, rank == 1, hosts[1].kind == .integer, hosts[0].kind != .float {
      let positions = try hosts[1].integers.map { index in
        let position = index < 0 ? index + extent : index
        guard (0..<extent).contains(position) else { throw ShapeError("index \(index) of \(extent) elements") }
        return position
      }
      return [.host(hosts[0].picked(positions, shape: hosts[1].shape))]
    }
    let (x, indices) = (try node.tensor(0), try node.tensor(1))
    guard indices.dtype == .int32 else { throw ShapeError("indices of type \(indices.dtype)") }
    _ = try node.allowed(Array(x.shape[..<axis]) + Array(indices.shape) + Array(x.shape[(axis + 1)...]))
    return [.tensor(x.gathered(indices, alongAxis: axis))]
  }

  private static func slice(_ node: Invocation) throws -> [Operand] {
    let operand = try node.operand(0)
    let rank = operand.shape.count
    guard let starts = try node.ints("starts", orInput: 1), let ends = try node.ints("ends", orInput: 2) else {
      throw ShapeError("'starts' or 'ends' is missing")
    }
    let axes = try node.ints("axes", orInput: 3) ?? Array(0..<starts.count)
    let steps = try node.optionalIntegers(4) ?? Array(repeating: 1, count: starts.count)
    guard starts.count == ends.count, axes.count == starts.count, steps.count == starts.count, !steps.contains(0) else {
      throw ShapeError("\(starts.count) starts, \(ends.count) ends, \(axes.count) axes and \(steps.count) steps")
    }
    _ = try node.axes(axes, rank: rank)
    var result = operand
    for index in starts.indices {
      let axis = try node.axis(axes[index], rank: rank)
      let (first, count) = range(starts[index], ends[index], steps[index], extent: operand.shape[axis])
      let step = min(max(steps[index], -Int(Int32.max)), Int(Int32.max))
      switch result {
      case .host(let array):
        guard rank == 1 || count > 0 else { throw ShapeError("an empty array") }
        let order = [axis] + (0..<rank).filter { $0 != axis }
        // The axis in front, where its parts are whole blocks; then back.
        let moved = array.picked(array.positions(transposedBy: order), shape: order.map { array.shape[$0] })
        let block = moved.shape.dropFirst().reduce(1, *)
        let positions = (0..<count).flatMap { row in (0..<block).map { (first + row * step) * block + $0 } }
        let part = moved.picked(positions, shape: [count] + moved.shape.dropFirst())
        let inverse = order.indices.map { axis in order.firstIndex(of: axis) ?? axis }
        result = .host(part.picked(part.positions(transposedBy: inverse), shape: inverse.map { part.shape[$0] }))
      case .tensor(let tensor):
        guard count > 0 else {
          throw ShapeError(
            "nothing is left along axis \(axis) of shape \(tensor.shape); empty arrays are not supported")
        }
        result = .tensor(tensor.sliced(axis: axis, from: first, count: count, step: count == 1 ? 1 : step))
      }
    }
    return [result]
  }

  /// The first element and the number of elements of a slice, whose bounds may lie anywhere.
  private static func range(_ start: Int, _ end: Int, _ step: Int, extent: Int) -> (first: Int, count: Int) {
    func bound(_ value: Int, _ low: Int, _ high: Int) -> Int {
      // Only then is the sum free of overflow.
      let value = value < 0 ? max(value, -extent - 1) + extent : value
      return min(max(value, low), high)
    }
    if step > 0 {
      let (first, last) = (bound(start, 0, extent), bound(end, 0, extent))
      return (first, last > first ? (last - first - 1) / step + 1 : 0)
    }
    let (first, last) = (bound(start, 0, extent - 1), bound(end, -1, extent - 1))
    return (first, first > last ? (first - last - 1) / Int(clamping: step.magnitude) + 1 : 0)
  }
}
