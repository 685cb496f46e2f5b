import MartletAutograd
import MartletBackend
import MartletTensor

// Reading and writing elements at places that are computed.
extension Operators {
  static let scattering: [String: Function] = [
    "GatherElements": one { node in
      let x = try node.tensor(0)
      let places = try elementPlaces(node, in: x)
      _ = try node.allowed(Array(places.shape))
      return x.reshaped(to: [x.elementCount]).gathered(places)
    },
    "GatherND": one { node in
      let x = try node.tensor(0)
      let (places, rows, rest) = try rowPlaces(node, in: x, batchAxes: try node.int("batch_dims", 0))
      _ = try node.allowed(Array(places.shape) + rest)
      return x.reshaped(to: Shape([rows] + rest)).gathered(places)
    },
    "ScatterElements": one(scatteredElements),
    "Scatter": one(scatteredElements),
    "ScatterND": one { node in
      let (x, updates) = (try node.tensor(0), try node.tensor(2))
      let (places, rows, rest) = try rowPlaces(node, in: x, batchAxes: 0)
      guard Array(updates.shape) == Array(places.shape) + rest else {
        throw ShapeError("updates of shape \(updates.shape) for \(Array(places.shape) + rest)")
      }
      let width = rest.reduce(1, *)
      let table = x.reshaped(to: [rows, width])
      return try scattered(
        into: table, at: places.reshaped(to: [places.elementCount]),
        updates.reshaped(to: [places.elementCount, width]), node
      ).reshaped(to: x.shape)
    },
  ]

  private static func scatteredElements(_ node: Invocation) throws -> Tensor {
    let (x, updates) = (try node.tensor(0), try node.tensor(2))
    let places = try elementPlaces(node, in: x)
    guard updates.shape == places.shape else {
      throw ShapeError("updates of shape \(updates.shape) at \(places.shape) places")
    }
    return try scattered(
      into: x.reshaped(to: [x.elementCount, 1]), at: places.reshaped(to: [places.elementCount]),
      updates.reshaped(to: [places.elementCount, 1]), node
    ).reshaped(to: x.shape)
  }

  /// For each index along one axis the place of its element in the row-major order of `x`.
  private static func elementPlaces(_ node: Invocation, in x: Tensor) throws -> Tensor {
    let indices = try node.tensor(1)
    let axis = try node.axis(try node.int("axis", 0), rank: x.rank)
    guard indices.rank == x.rank, indices.dtype == .int32,
      x.shape.indices.allSatisfy({ $0 == axis || indices.shape[$0] <= x.shape[$0] })
    else { throw ShapeError("indices \(indices.dtype) of shape \(indices.shape) for \(x.shape)") }
    _ = try node.allowed(Array(indices.shape))
    let strides = x.shape.contiguousStrides
    var places = bounded(indices, below: x.shape[axis]) * Float(strides[axis])
    for other in x.shape.indices where other != axis {
      var along = Shape(repeating: 1, rank: x.rank)
      along[other] = indices.shape[other]
      places = places + Tensor.range(indices.shape[other], on: node.device).reshaped(to: along) * Float(strides[other])
    }
    return places
  }

  /// For each list of indices, which is a row along the last axis, the place of the part of `x` it leads to, among how many such parts
  /// there are, and their shape.
  private static func rowPlaces(
    _ node: Invocation, in x: Tensor, batchAxes: Int
  ) throws -> (places: Tensor, count: Int, rest: [Int]) {
    let indices = try node.tensor(1)
    guard let depth = indices.shape.last, depth >= 1, batchAxes >= 0, batchAxes < indices.rank,
      batchAxes + depth <= x.rank, indices.dtype == .int32,
      x.shape.prefix(batchAxes).elementsEqual(indices.shape.prefix(batchAxes))
    else { throw ShapeError("indices \(indices.dtype) of shape \(indices.shape) for \(x.shape)") }
    _ = try node.allowed(Array(indices.shape))
    let leading = Shape(x.shape[..<(batchAxes + depth)])
    let strides = leading.contiguousStrides
    var places = Tensor.zeros(Shape(indices.shape.dropLast()), on: node.device).cast(to: .int32)
    for axis in 0..<batchAxes {
      var along = Shape(repeating: 1, rank: places.rank)
      along[axis] = leading[axis]
      places = places + Tensor.range(leading[axis], on: node.device).reshaped(to: along) * Float(strides[axis])
    }
    for axis in 0..<depth {
      let own = indices.sliced(axis: indices.rank - 1, from: axis, count: 1).squeezed(at: -1)
      places = places + bounded(own, below: leading[batchAxes + axis]) * Float(strides[batchAxes + axis])
    }
    return (places, leading.elementCount, Array(x.shape[(batchAxes + depth)...]))
  }

  /// Indices counted from the front; what lies outside is moved to the end it lies beyond.
  private static func bounded(_ indices: Tensor, below extent: Int) -> Tensor {
    let positive = Tensor.select(indices .< 0, indices + Float(extent), indices)
    return Tensor.minimum(Tensor.maximum(positive, 0), Float(extent - 1))
  }

  /// Rows of a table replaced by others, or joined with them.
  private static func scattered(
    into table: Tensor, at places: Tensor, _ updates: Tensor, _ node: Invocation
  ) throws -> Tensor {
    guard updates.dtype == table.dtype else { throw ShapeError("updates of \(updates.dtype) for \(table.dtype)") }
    _ = try node.allowed(Array(table.shape))
    if table.dtype == .bool {
      return try scattered(into: table.cast(to: .int32), at: places, updates.cast(to: .int32), node).cast(to: .bool)
    }
    let sum = updates.scatteredSum(places, count: table.shape[0])
    let reduction = try node.string("reduction", "none")
    switch reduction {
    case "add": return table + sum
    case "none":
      let hits = Tensor.ones([updates.shape[0], 1], on: node.device).scatteredSum(places, count: table.shape[0])
      return Tensor.select((hits .> 0).broadcast(to: table.shape), sum, table)
    case "mul", "max", "min": return try reduced(table, places, updates, by: reduction, node)
    default: throw ShapeError("the reduction '\(reduction)'")
    }
  }

  /// The reductions that no kernel has, in host memory.
  private static func reduced(
    _ table: Tensor, _ places: Tensor, _ updates: Tensor, by reduction: String, _ node: Invocation
  ) throws -> Tensor {
    let width = table.shape[1]
    var values = try table.detached.cast(to: .float32).floats()
    let (rows, new) = (try places.detached.int32s(), try updates.detached.cast(to: .float32).floats())
    for (index, row) in rows.enumerated() {
      for column in 0..<width {
        let (place, update) = (Int(row) * width + column, new[index * width + column])
        switch reduction {
        case "mul": values[place] *= update
        case "max": values[place] = max(values[place], update)
        default: values[place] = min(values[place], update)
        }
      }
    }
    return Tensor(values, shape: table.shape, on: node.device).cast(to: table.dtype)
  }
}
