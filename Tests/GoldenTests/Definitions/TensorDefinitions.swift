import MartletAutograd
import MartletBackend
import MartletTensor

let tensorDefinitions: Definitions = [
  "add": binary { $0 + $1 },
  "subtract": binary { $0 - $1 },
  "multiply": binary { $0 * $1 },
  "divide": binary { $0 / $1 },
  "pow": binary { a, b in inFloats([a, b]) { $0[0].power($0[1]) } },
  "maximum": binary(Tensor.maximum),
  "minimum": binary(Tensor.minimum),
  "equal": binary { $0 .== $1 },
  "not_equal": binary { $0 .!= $1 },
  "less": binary { $0 .< $1 },
  "less_equal": binary { $0 .<= $1 },
  "greater": binary { $0 .> $1 },
  "greater_equal": binary { $0 .>= $1 },
  "where": { run in y(Tensor.select(try run.input("condition") .!= 0, try run.input("a"), try run.input("b"))) },

  "exp": unary { $0.exp() },
  "log": unary { $0.log() },
  "sqrt": unary { $0.squareRoot() },
  "rsqrt": unary { $0.reciprocalSquareRoot() },
  "tanh": unary { $0.tanh() },
  "sigmoid": unary { $0.sigmoid() },
  "erf": unary { $0.erf() },
  "abs": unary { $0.abs() },
  "sign": unary { $0.sign() },
  "sin": unary { $0.sin() },
  "cos": unary { $0.cos() },
  "negate": unary { -$0 },
  "square": unary { $0.squared() },

  "sum": reduction { $0.sum(alongAxes: $1, keepingRank: $2) },
  "mean": reduction { $0.mean(alongAxes: $1, keepingRank: $2) },
  "max": reduction { $0.max(alongAxes: $1, keepingRank: $2) },
  "min": reduction { $0.min(alongAxes: $1, keepingRank: $2) },
  "var": reduction { $0.variance(alongAxes: $1, keepingRank: $2) },
  "logsumexp": reduction { $0.logSumExp(alongAxes: $1, keepingRank: $2) },
  "argmax": { run in
    let axis = try run.attributes.optionalInt("axis")
    let keepingRank = try run.attributes.bool("keepdims", default: false)
    return y(try run.input("x").argmax(alongAxis: axis, keepingRank: keepingRank))
  },

  "matmul": { run in
    let transposingLeft = try run.attributes.bool("transpose_a", default: false)
    let transposingRight = try run.attributes.bool("transpose_b", default: false)
    return y(
      inFloats([try run.input("a"), try run.input("b")]) {
        $0[0].matmul($0[1], transposingLeft: transposingLeft, transposingRight: transposingRight)
      })
  },

  "transpose": { run in y(try run.input("x").transposed(try run.attributes.ints("perm"))) },
  "reshape": { run in y(try run.input("x").reshaped(to: Shape(try run.attributes.ints("shape")))) },
  "slice": { run in
    let sizes = try run.attributes.ints("size")
    var x = try run.input("x")
    for (axis, (begin, size)) in zip(try run.attributes.ints("begin"), sizes).enumerated() {
      x = x.sliced(axis: axis, from: begin, count: size == -1 ? x.shape[axis] - begin : size)
    }
    return y(x)
  },
  "strided_slice": { run in
    let (begins, ends) = (try run.attributes.intsOrNull("begin"), try run.attributes.intsOrNull("end"))
    var x = try run.input("x")
    for (axis, step) in try run.attributes.ints("strides").enumerated() {
      let (from, count) = pythonSlice(begins[axis], ends[axis], step: step, extent: x.shape[axis])
      x = x.sliced(axis: axis, from: from, count: count, step: step)
    }
    return y(x)
  },
  "concat": { run in y(Tensor.concatenated(try run.inputs("x"), alongAxis: try run.attributes.int("axis"))) },
  "stack": { run in y(Tensor.stacked(try run.inputs("x"), alongAxis: try run.attributes.int("axis"))) },
  "split": { run in
    let (x, axis) = (try run.input("x"), try run.attributes.int("axis"))
    let sections = run.attributes.value("sections")
    let parts: [Tensor]
    if case .number(let count) = sections {
      parts = x.split(parts: Int(count), alongAxis: axis)
    } else {
      parts = x.split(sizes: try run.attributes.ints("sections"), alongAxis: axis)
    }
    return Dictionary(uniqueKeysWithValues: parts.enumerated().map { ("y\($0.offset)", .tensor($0.element)) })
  },
  "pad": { run in
    let paddings = try run.attributes.pairs("paddings")
    let value = try run.attributes.float("value", default: 0)
    let x = try run.input("x")
    switch try run.attributes.string("mode", default: "constant") {
    case "constant": return y(x.padded(paddings, mode: .constant(value)))
    case "reflect": return y(x.padded(paddings, mode: .reflect))
    case "symmetric": return y(x.padded(paddings, mode: .symmetric))
    case let other: throw GoldenError.unsupported("mode \(other)")
    }
  },
  "flip": { run in y(try run.input("x").flipped(alongAxes: try run.attributes.ints("axes"))) },
  "tile": { run in
    // NumPy's rule for more counts than axes: the missing axes are in front.
    let (x, counts) = (try run.input("x"), try run.attributes.ints("repeats"))
    let missing = [Int](repeating: 1, count: max(0, counts.count - x.rank))
    return y((missing.isEmpty ? x : x.reshaped(to: Shape(missing + Array(x.shape)))).tiled(counts))
  },
  "gather": { run in
    // Without an axis the indices count through all elements.
    let (x, indices) = (try run.input("x"), try run.input("indices"))
    guard let axis = try run.attributes.optionalInt("axis") else {
      return y(x.reshaped(to: [x.shape.elementCount]).gathered(indices))
    }
    return y(x.gathered(indices, alongAxis: axis))
  },
  "one_hot": { run in y(try run.input("indices").oneHot(depth: try run.attributes.int("depth"))) },
  "cumsum": { run in
    y(
      try run.input("x").cumulativeSum(
        alongAxis: try run.attributes.int("axis"), exclusive: try run.attributes.bool("exclusive", default: false),
        reversed: try run.attributes.bool("reverse", default: false)))
  },
  "top_k": { run in
    let (values, indices) = try run.input("x").topK(try run.attributes.int("k"))
    return ["values": .tensor(values), "indices": .tensor(indices)]
  },
  "sort": { run in
    let (values, indices) = try run.input("x").sorted(
      alongAxis: try run.attributes.int("axis"), descending: try run.attributes.bool("descending", default: false))
    return ["values": .tensor(values), "indices": .tensor(indices)]
  },
]

func unary(_ function: @escaping @Sendable (Tensor) -> Tensor) -> Definition {
  { run in y(function(try run.input("x"))) }
}

private func binary(_ function: @escaping @Sendable (Tensor, Tensor) -> Tensor) -> Definition {
  { run in
    let (a, b) = (try run.input("a"), try run.input("b"))
    // The library converts nothing by itself; NumPy takes whole numbers beside fractions for fractions.
    return y(a.dtype == b.dtype ? function(a, b) : function(a.cast(to: .float32), b.cast(to: .float32)))
  }
}

/// A result for float32 only, of whole numbers too.
private func inFloats(_ operands: [Tensor], _ function: ([Tensor]) -> Tensor) -> Tensor {
  let result = function(operands.map { $0.dtype == .float32 ? $0 : $0.cast(to: .float32) })
  return operands.allSatisfy { $0.dtype == .int32 } ? result.cast(to: .int32) : result
}

private func reduction(
  _ function: @escaping @Sendable (_ x: Tensor, _ axes: [Int]?, _ keepingRank: Bool) -> Tensor
) -> Definition {
  { run in
    let axes = try run.attributes.optionalInts("axes")
    return y(function(try run.input("x"), axes, try run.attributes.bool("keepdims", default: false)))
  }
}

/// Where Python's `begin:end:step` starts on an axis, and how many elements it takes.
private func pythonSlice(_ begin: Int?, _ end: Int?, step: Int, extent: Int) -> (from: Int, count: Int) {
  // Bounds count from the back where negative, and are then limited to what the direction can reach: 0...extent forwards,
  // -1...extent-1 backwards.
  let (low, high) = step > 0 ? (0, extent) : (-1, extent - 1)
  func resolved(_ bound: Int) -> Int { min(max(bound < 0 ? bound + extent : bound, low), high) }
  let first = begin.map(resolved) ?? (step > 0 ? low : high)
  let last = end.map(resolved) ?? (step > 0 ? high : low)
  let count = step > 0 ? (last - first + step - 1) / step : (first - last - step - 1) / -step
  return (max(count, 0) == 0 ? 0 : first, max(count, 0))
}
