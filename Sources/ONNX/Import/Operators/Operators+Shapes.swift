import MartletAutograd
import MartletBackend
import MartletTensor

extension Operators {
  static let shapes: [String: Function] = [
    "Identity": { [try $0.operand(0)] },
    "Constant": constant,
    "ConstantOfShape": { node in
      let shape = try node.integers(0)
      let value = node.node.value ?? HostArray(floats: [0], shape: [1])
      guard value.count == 1 else { throw ShapeError("'value' has \(value.count) elements, not one") }
      return [try filled(value, shape, node)]
    },
    "Shape": { node in
      let shape = try node.operand(0).shape
      func bound(_ name: String, _ standard: Int) throws -> Int {
        let value = try node.int(name, standard)
        return min(max(value < 0 ? value + shape.count : value, 0), shape.count)
      }
      let (start, end) = (try bound("start", 0), try bound("end", shape.count))
      return [.host(HostArray(start < end ? Array(shape[start..<end]) : []))]
    },
    "Size": { [.host(HostArray(integers: [try $0.operand(0).shape.reduce(1, *)], shape: []))] },
    "Cast": { node in
      let target: ElementKind
      guard let type = try node.node.int("to") else { throw ShapeError("'to' is missing") }
      target = try ElementKind(dataType: type)
      return [try cast(try node.operand(0), to: target, node)]
    },
    "CastLike": { [try cast(try $0.operand(0), to: try $0.operand(1).kind, $0)] },
    "Reshape": { node in
      let operand = try node.operand(0)
      var target = try node.integers(1)
      if try node.int("allowzero", 0) == 0 {
        for (axis, extent) in target.enumerated() where extent == 0 {
          guard axis < operand.shape.count else { throw ShapeError("axis \(axis) of \(operand.shape) is to be kept") }
          target[axis] = operand.shape[axis]
        }
      }
      return [try reshaped(operand, to: target)]
    },
    "Flatten": { node in
      let operand = try node.operand(0)
      let rank = operand.shape.count
      let named = try node.int("axis", 1)
      let axis = named < 0 ? named + rank : named
      guard (0...rank).contains(axis) else { throw ShapeError("axis \(named) of shape \(operand.shape)") }
      return [
        try reshaped(
          operand, to: [operand.shape[..<axis].reduce(1, *), operand.shape[axis...].reduce(1, *)])
      ]
    },
    "Squeeze": { node in
      let operand = try node.operand(0)
      let shape = operand.shape
      let axes =
        try node.ints("axes", orInput: 1).map { try node.axes($0, rank: shape.count) }
        ?? shape.indices.filter { shape[$0] == 1 }
      guard axes.allSatisfy({ shape[$0] == 1 }) else { throw ShapeError("axes \(axes) of \(shape) are not all 1") }
      return [try reshaped(operand, to: shape.indices.filter { !axes.contains($0) }.map { shape[$0] })]
    },
    "Unsqueeze": { node in
      let operand = try node.operand(0)
      guard let named = try node.ints("axes", orInput: 1) else { throw ShapeError("'axes' is missing") }
      let axes = try node.axes(named, rank: operand.shape.count + named.count)
      var shape = operand.shape
      for axis in axes { shape.insert(1, at: axis) }
      return [try reshaped(operand, to: shape)]
    },
    "Transpose": { node in
      let operand = try node.operand(0)
      let rank = operand.shape.count
      let order = try node.ints("perm") ?? Array((0..<rank).reversed())
      guard order.sorted() == Array(0..<rank) else { throw ShapeError("the order \(order) of \(rank) axes") }
      if let array = operand.host, array.count <= Limits.hostElements {
        let positions = array.positions(transposedBy: order)
        return [.host(array.picked(positions, shape: order.map { array.shape[$0] }))]
      }
      return [.tensor(try node.tensor(0).transposed(order))]
    },
    "Expand": { node in
      let operand = try node.operand(0)
      let target = try HostArray.broadcastShape(operand.shape, try node.integers(1))
      if let array = operand.host, (try? Limits.hostCount(target)) != nil {
        return [.host(array.picked(array.positions(broadcastTo: target), shape: target))]
      }
      return [.tensor(try node.tensor(0).broadcast(to: try node.allowed(target)))]
    },
    "Tile": one { node in
      let (x, counts) = (try node.tensor(0), try node.integers(1))
      guard counts.count == x.rank, counts.allSatisfy({ (1...Int(Int32.max)).contains($0) }) else {
        throw ShapeError("\(counts) repetitions of shape \(x.shape)")
      }
      _ = try node.allowed(zip(x.shape, counts).map { $0.multipliedReportingOverflow(by: $1).partialValue })
      return x.tiled(counts)
    },
    "Concat": concatenation,
    "Split": split,
    "Range": { node in
      let limits = try (0..<3).map { try node.host($0) }
      guard limits.allSatisfy({ $0.count == 1 && $0.kind == limits[0].kind }) else {
        throw ShapeError("start, limit and step have to be numbers of one type")
      }
      if limits[0].kind == .integer {
        let (start, limit, step) = (limits[0].integers[0], limits[1].integers[0], limits[2].integers[0])
        guard step != 0, [start, limit, step].allSatisfy({ $0.magnitude < 1 << 31 }), (limit - start) / step < 1 << 24
        else { throw ShapeError("a range from \(start) to \(limit) in steps of \(step)") }
        _ = try node.allowed([max((limit - start) / step, 1)])
        return [.host(HostArray(Array(stride(from: start, to: limit, by: step))))]
      }
      let (start, limit, step) = (limits[0].numbers[0], limits[1].numbers[0], limits[2].numbers[0])
      let count = ((limit - start) / step).rounded(.up)
      guard count.isFinite, count <= 0x1p24 else {
        throw ShapeError("a range from \(start) to \(limit) in steps of \(step)")
      }
      let length = max(Int(count), 0)
      _ = try node.allowed([max(length, 1)])
      return [.host(HostArray(floats: (0..<length).map { start + Float($0) * step }, shape: [length]))]
    },
    "EyeLike": one { node in
      let shape = try node.operand(0).shape
      let offset = try node.int("k", 0)
      guard shape.count == 2, offset.magnitude < 1 << 30 else { throw ShapeError("a unit matrix of shape \(shape)") }
      _ = try node.allowed(shape)
      let values = (0..<shape[0]).flatMap { row in (0..<shape[1]).map { Float($0 - row == offset ? 1 : 0) } }
      let kind = try node.node.int("dtype").map { try ElementKind(dataType: $0) } ?? node.operand(0).kind
      return Tensor(values, shape: Shape(shape), on: node.device).cast(to: kind.dtype)
    },
    "Trilu": one { node in
      let x = try node.tensor(0)
      guard x.rank >= 2, x.dtype != .bool else { throw ShapeError("matrices are needed, got \(x.shape)") }
      _ = try node.allowed(Array(x.shape))
      let (rows, columns) = (x.shape[x.rank - 2], x.shape[x.rank - 1])
      let offset = Float(min(max(try node.optionalIntegers(1)?.first ?? 0, -rows - columns), rows + columns))
      let distance =
        Tensor.range(columns, on: node.device) - Tensor.range(rows, on: node.device).expanded(at: 1)
      let isKept = try node.int("upper", 1) != 0 ? distance .>= offset : distance .<= offset
      return Tensor.select(isKept, x, 0)
    },
  ]

  private static func constant(_ node: Invocation) throws -> [Operand] {
    let node = node.node
    if let value = node.value { return [.host(value)] }
    if let number = try node.float("value_float") { return [.host(HostArray(floats: [number], shape: []))] }
    if let numbers = try node.floats("value_floats") {
      return [.host(HostArray(floats: numbers, shape: [numbers.count]))]
    }
    if let number = try node.int("value_int") { return [.host(HostArray(integers: [number], shape: []))] }
    if let numbers = try node.ints("value_ints") { return [.host(HostArray(numbers))] }
    throw ShapeError("a constant without an array of numbers")
  }

  /// An array of one number in many places.
  static func filled(_ value: HostArray, _ shape: [Int], _ node: Invocation) throws -> Operand {
    let one = value.reshaped([])
    if let count = try? Limits.hostCount(shape), value.kind != .float || count <= 64 {
      return .host(one.picked(Array(repeating: 0, count: count), shape: shape))
    }
    return .tensor(try one.tensor(on: node.device).broadcast(to: try node.allowed(shape)))
  }

  static func reshaped(_ operand: Operand, to target: [Int]) throws -> Operand {
    guard target.allSatisfy({ $0 >= -1 && $0 <= Int(Int32.max) }) else { throw ShapeError("a shape of \(target)") }
    let count = operand.shape.reduce(1, *)
    // Where an extent is 0, the others still have to be possible.
    _ = try Limits.checked(target.map { max($0, 1) }.filter { $0 > 1 })
    var shape = target
    var known = 1
    for extent in target where extent != -1 {
      let (product, overflow) = known.multipliedReportingOverflow(by: extent)
      guard !overflow else { throw ShapeError("a shape of \(target)") }
      known = product
    }
    if let open = target.firstIndex(of: -1) {
      guard known > 0, count.isMultiple(of: known), target.count(where: { $0 == -1 }) == 1 else {
        throw ShapeError("\(operand.shape) with \(count) elements does not fit \(target)")
      }
      shape[open] = count / known
      known = count
    }
    guard known == count else { throw ShapeError("\(operand.shape) with \(count) elements does not fit \(target)") }
    switch operand {
    case .host(let array): return .host(array.reshaped(shape))
    case .tensor(let tensor): return .tensor(tensor.reshaped(to: try Limits.checked(shape)))
    }
  }

  private static func cast(_ operand: Operand, to kind: ElementKind, _ node: Invocation) throws -> Operand {
    switch operand {
    case .host(let array): .host(array.cast(to: kind))
    case .tensor(let tensor): .tensor(tensor.cast(to: kind.dtype))
    }
  }

  private static func concatenation(_ node: Invocation) throws -> [Operand] {
    let rank = try node.operand(0).shape.count
    guard let named = try node.node.int("axis") else { throw ShapeError("'axis' is missing") }
    let axis = try node.axis(named, rank: rank)
    if let hosts = node.hosts, rank == 1, hosts.allSatisfy({ $0.kind == hosts[0].kind && $0.shape.count == 1 }) {
      let count = hosts.reduce(0) { $0 + $1.count }
      _ = try Limits.hostCount([count])
      return [
        .host(
          hosts[0].kind == .float
            ? HostArray(floats: hosts.flatMap(\.floats), shape: [count])
            : HostArray(integers: hosts.flatMap(\.integers), shape: [count], kind: hosts[0].kind))
      ]
    }
    let tensors = try node.inputs.indices.filter { try !node.operand($0).shape.contains(0) }.map { try node.tensor($0) }
    guard let first = tensors.first, tensors.allSatisfy({ $0.dtype == first.dtype }) else {
      throw ShapeError("arrays of different types, \(tensors.map(\.dtype))")
    }
    _ = try node.allowed(Array(Shape.concatenatedShape(tensors.map(\.shape), alongAxis: axis)))
    return [.tensor(.concatenated(tensors, alongAxis: axis))]
  }

  private static func split(_ node: Invocation) throws -> [Operand] {
    let operand = try node.operand(0)
    let axis = try node.axis(try node.int("axis", 0), rank: operand.shape.count)
    let extent = operand.shape[axis]
    let parts = node.node.results.count
    let sizes: [Int]
    if let given = try node.ints("split", orInput: 1) {
      sizes = given
    } else {
      guard parts > 0 else { throw ShapeError("no outputs") }
      // The last is smaller where it does not divide.
      let size = (extent + parts - 1) / parts
      sizes = (0..<parts).map { min(size, max(extent - $0 * size, 0)) }
    }
    guard sizes.allSatisfy({ $0 >= 0 && $0 <= extent }), sizes.reduce(0, +) == extent else {
      throw ShapeError("parts of \(sizes) along axis \(axis) of shape \(operand.shape)")
    }
    if let array = operand.host, array.shape.count == 1 {
      var start = 0
      return sizes.map { size in
        defer { start += size }
        return .host(array.picked(Array(start..<start + size), shape: [size]))
      }
    }
    guard !sizes.contains(0) else { throw ShapeError("parts of \(sizes): empty arrays are not supported") }
    return try node.tensor(0).split(sizes: sizes, alongAxis: axis).map { .tensor($0) }
  }
}

extension HostArray {
  /// Where each element of an array with its axes in another order lies in this one.
  func positions(transposedBy order: [Int]) -> [Int] {
    var strides = Array(repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
    return order.reduce([0]) { positions, axis in
      positions.flatMap { start in (0..<shape[axis]).map { start + $0 * strides[axis] } }
    }
  }
}
