import MartletBackend
import MartletTensor

// What is left of arrays, by what is in them: the shape of the result is known only when the numbers are, so they are read back.
extension Operators {
  static let selecting: [String: Function] = [
    "NonZero": { node in
      let array = try node.whole(0)
      let places = array.numbers.indices.filter { array.numbers[$0] != 0 }
      let strides = array.strides
      let indices = zip(strides, array.shape).flatMap { stride, extent in places.map { $0 / stride % extent } }
      return [.host(HostArray(integers: indices, shape: [array.shape.count, places.count]))]
    },
    "Compress": { node in
      let (array, condition) = (try node.whole(0), try node.host(1))
      guard condition.kind == .boolean, condition.shape.count == 1 else { throw ShapeError("the condition is no list") }
      let kept = condition.integers.indices.filter { condition.integers[$0] != 0 }
      guard let named = try node.node.int("axis") else {
        guard kept.allSatisfy({ $0 < array.count }) else { throw ShapeError("a condition longer than the array") }
        return [try node.operand(array.picked(kept, shape: [kept.count]))]
      }
      let axis = try node.axis(named, rank: array.shape.count)
      let (stride, extent) = (array.strides[axis], array.shape[axis])
      guard kept.allSatisfy({ $0 < extent }) else { throw ShapeError("a condition longer than axis \(axis)") }
      var shape = array.shape
      shape[axis] = kept.count
      let positions = (0..<array.count / max(stride * extent, 1)).flatMap { block in
        kept.flatMap { row in (0..<stride).map { (block * extent + row) * stride + $0 } }
      }
      return [try node.operand(array.picked(positions, shape: shape))]
    },
    "Unique": { node in
      let array = try node.whole(0)
      let numbers = array.kind == .float ? array.floats.map(Double.init) : array.integers.map(Double.init)
      // What is compared: elements, or parts of the array along an axis.
      let axis = try node.node.int("axis").map { try node.axis($0, rank: array.shape.count) }
      let (stride, extent) = axis.map { (array.strides[$0], array.shape[$0]) } ?? (1, array.count)
      let blocks = extent == 0 ? 0 : array.count / (stride * extent)
      func positions(_ part: Int) -> [Int] {
        (0..<blocks).flatMap { block in (0..<stride).map { (block * extent + part) * stride + $0 } }
      }
      let parts = (0..<extent).map { positions($0).map { numbers[$0] } }
      var firsts: [[Double]: Int] = [:]
      for (place, part) in parts.enumerated() where firsts[part] == nil { firsts[part] = place }
      let isSorted = try node.int("sorted", 1) != 0
      let order = firsts.sorted { isSorted ? $0.key.lexicographicallyPrecedes($1.key) : $0.value < $1.value }
      let ranks = Dictionary(order.enumerated().map { ($1.key, $0) }) { first, _ in first }
      let inverse = parts.map { ranks[$0] ?? 0 }
      var counts = Array(repeating: 0, count: order.count)
      for rank in inverse { counts[rank] += 1 }
      var shape = array.shape
      if let axis { shape[axis] = order.count } else { shape = [order.count] }
      let kept = (0..<blocks).flatMap { block in
        order.flatMap { entry in (0..<stride).map { (block * extent + entry.value) * stride + $0 } }
      }
      return [try node.operand(array.picked(kept, shape: shape))]
        + [order.map(\.value), inverse, counts].map { .host(HostArray($0)) }
    },
  ]
}

extension HostArray {
  /// How far apart neighbours along each axis are.
  var strides: [Int] {
    var strides = Array(repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
    return strides
  }
}

extension Invocation {
  /// An operand of any size in host memory.
  func whole(_ index: Int) throws -> HostArray {
    let operand = try operand(index)
    try budget.spend(operand.shape.reduce(1, *))
    return try hosted(operand, named: "input \(index + 1)", limit: Limits.resultElements)
  }

  /// An array as a result: on the device where it is more than settings are.
  func operand(_ array: HostArray) throws -> Operand {
    array.kind == .float && array.count > 0 ? .tensor(try array.tensor(on: device)) : .host(array)
  }
}
