import MartletAutograd
import MartletBackend
import MartletTensor

extension Operators {
  static let arithmetic: [String: Function] = [
    "Add": binary(+, { $0.addingReportingOverflow($1) }) { $0 + $1 },
    "Sub": binary(-, { $0.subtractingReportingOverflow($1) }) { $0 - $1 },
    "Mul": binary(*, { $0.multipliedReportingOverflow(by: $1) }) { $0 * $1 },
    "Div": binary(/, { $1 == 0 ? (0, true) : $0.dividedReportingOverflow(by: $1) }) { $0 / $1 },
    "Max": several({ Tensor.maximum($0, $1) }, Swift.max),
    "Min": several({ Tensor.minimum($0, $1) }, Swift.min),
    "Sum": several({ $0 + $1 }) { $0 &+ $1 },
    "Mean": one { node in
      let sum = try combined(node) { $0 + $1 }
      guard sum.dtype == .float32 else { throw ShapeError("the mean of whole numbers") }
      return sum / Float(node.inputs.count)
    },
    "Pow": one(power),
    "Mod": one(modulo),
    "Neg": number({ -$0 }) { 0 &- $0 },
    "Abs": number({ $0.abs() }) { $0 == .min ? .max : Swift.abs($0) },
    "Sign": number({ $0.sign() }) { $0.signum() },
    "Sqrt": unary { x, _ in x.squareRoot() },
    "Exp": unary { x, _ in x.exp() },
    "Log": unary { x, _ in x.log() },
    "Erf": unary { x, _ in x.erf() },
    "Reciprocal": unary { x, _ in x.reciprocal() },
    "Floor": floatOnHost({ $0.floor() }) { $0.rounded(.down) },
    "Ceil": floatOnHost({ $0.ceiling() }) { $0.rounded(.up) },
    "Round": floatOnHost({ $0.round() }) { $0.rounded(.toNearestOrEven) },
    "Atan": unary { x, _ in arcTangent(x) },
    // By the tangent of half the angle, which is finite at both ends.
    "Asin": unary { x, _ in 2 * arcTangent(x / (1 + (1 - x * x).squareRoot())) },
    "Acos": unary { x, _ in Float.pi / 2 - 2 * arcTangent(x / (1 + (1 - x * x).squareRoot())) },
    "Asinh": unary { x, _ in
      let magnitude = x.abs()
      let square = x * x
      return x.sign() * (magnitude + square / (1 + (1 + square).squareRoot())).log1p()
    },
    "Acosh": unary { x, _ in (x + (x * x - 1).squareRoot()).log() },
    "Atanh": unary { x, _ in 0.5 * (2 * x / (1 - x)).log1p() },
    "Sin": unary { x, _ in x.sin() },
    "Cos": unary { x, _ in x.cos() },
    "Tan": unary { x, _ in x.sin() / x.cos() },
    // By eˣ - 1, which keeps its digits near 0.
    "Sinh": unary { x, _ in
      let e = x.expm1()
      return (e + e / (e + 1)) * 0.5
    },
    "Cosh": unary { x, _ in (x.exp() + (-x).exp()) * 0.5 },
  ]

  /// The angle of a tangent.
  private static func arcTangent(_ x: Tensor) -> Tensor {
    // atan x = 2 atan(x / (1 + √(1 + x²))). Beyond 1 the reciprocal is taken; so after two halvings the angle is π/16 at most and its
    // tangent 0.2, for which six terms of the series are exact to the last digit.
    let isLarge = x.abs() .> 1
    let small = Tensor.select(isLarge, Tensor.select(isLarge, x, 1).reciprocal(), x)
    func halved(_ t: Tensor) -> Tensor { t / (1 + (1 + t * t).squareRoot()) }
    let t = halved(halved(small))
    let u = t * t
    let terms: [Float] = [1, -1 / 3, 1 / 5, -1 / 7, 1 / 9, -1 / 11]
    var series = u * 0 + (terms.last ?? 0)
    for term in terms.dropLast().reversed() { series = series * u + term }
    let angle = 4 * t * series
    return Tensor.select(isLarge, x.sign() * (Float.pi / 2) - angle, angle)
  }

  /// Two operands with broadcasting; whole numbers that are known stay in host memory.
  static func binary(
    _ onFloats: @escaping @Sendable (Float, Float) -> Float,
    _ onIntegers: @escaping @Sendable (Int, Int) -> (partialValue: Int, overflow: Bool),
    _ onTensors: @escaping @Sendable (Tensor, Tensor) -> Tensor
  ) -> Function {
    { node in
      if let hosts = node.hosts, hosts.count == 2, hosts[0].kind == hosts[1].kind, hosts[0].kind != .boolean,
        hosts.allSatisfy({ $0.count <= Limits.hostElements })
      {
        return [.host(try HostArray.combined(hosts[0], hosts[1], onFloats, onIntegers))]
      }
      let (a, b) = try node.aligned(try node.tensor(0), try node.tensor(1))
      guard a.dtype != .bool else { throw ShapeError("arithmetic with booleans") }
      return [.tensor(onTensors(a, b))]
    }
  }

  private static func several(
    _ onTensors: @escaping @Sendable (Tensor, Tensor) -> Tensor, _ onIntegers: @escaping @Sendable (Int, Int) -> Int
  ) -> Function {
    { node in
      if let hosts = node.hosts, hosts.allSatisfy({ $0.kind == .integer && $0.count <= Limits.hostElements }) {
        return [
          .host(
            try hosts.dropFirst().reduce(hosts[0]) { a, b in
              try HostArray.combined(a, b, { a, _ in a }) { (onIntegers($0, $1), false) }
            })
        ]
      }
      return [.tensor(try combined(node, onTensors))]
    }
  }

  private static func combined(
    _ node: Invocation, _ onTensors: (Tensor, Tensor) -> Tensor
  ) throws -> Tensor {
    var result = try node.tensor(0)
    guard result.dtype != .bool else { throw ShapeError("arithmetic with booleans") }
    for index in node.inputs.indices.dropFirst() {
      let (a, b) = try node.aligned(result, try node.tensor(index))
      result = onTensors(a, b)
    }
    return result
  }

  private static func number(
    _ onTensor: @escaping @Sendable (Tensor) -> Tensor, _ onInteger: @escaping @Sendable (Int) -> Int
  ) -> Function {
    { node in
      if let array = try node.operand(0).host, array.kind == .integer {
        return [.host(HostArray(integers: array.integers.map(onInteger), shape: array.shape))]
      }
      let x = try node.tensor(0)
      if x.dtype == .float32 { return [.tensor(onTensor(x))] }
      guard x.dtype == .int32 else { throw ShapeError("arithmetic with \(x.dtype)") }
      // Exact below 2²⁴; other integers come as constants.
      return [.tensor(onTensor(x.cast(to: .float32)).cast(to: .int32))]
    }
  }

  private static func floatOnHost(
    _ onTensor: @escaping @Sendable (Tensor) -> Tensor, _ onNumber: @escaping @Sendable (Float) -> Float
  ) -> Function {
    { node in
      if let array = try node.operand(0).host, array.kind == .float {
        return [.host(HostArray(floats: array.floats.map(onNumber), shape: array.shape))]
      }
      return [.tensor(onTensor(try node.floats(0)))]
    }
  }

  private static func power(_ node: Invocation) throws -> Tensor {
    let base = try node.tensor(0)
    guard base.dtype != .bool else { throw ShapeError("a power of booleans") }
    let x = base.cast(to: .float32)
    if let exponent = try node.operand(1).host, let number = exponent.scalar, exponent.shape.count <= base.rank {
      _ = try node.allowed(Array(x.shape))
      return x.power(number).cast(to: base.dtype)
    }
    let (a, b) = try node.aligned(x, try node.tensor(1).cast(to: .float32))
    return a.power(b).cast(to: base.dtype)
  }

  /// With the sign of the divisor, or with `fmod` that of the dividend.
  private static func modulo(_ node: Invocation) throws -> Tensor {
    let (a, b) = try node.aligned(try node.tensor(0), try node.tensor(1))
    let keepsSign = try node.int("fmod", 0) != 0
    switch a.dtype {
    case .int32: return keepsSign ? a % b : (a % b + b) % b
    case .float32:
      let quotient = (a / b).detached
      let whole = Tensor.select(quotient .< 0, quotient.ceiling(), quotient.floor())
      // Of an infinite divisor nothing fits in, and 0 · ∞ would be no number.
      let rest = Tensor.select((b.abs() .== .infinity) & (quotient .== 0), a, a - b * whole)
      if keepsSign { return rest }
      return Tensor.select((rest .!= 0) & ((rest .< 0) .!= (b .< 0)), rest + b, rest)
    default: throw ShapeError("the remainder of \(a.dtype)")
    }
  }
}

extension HostArray {
  /// Two arrays of one kind, element by element with broadcasting.
  static func combined(
    _ a: HostArray, _ b: HostArray, _ onFloats: (Float, Float) -> Float,
    _ onIntegers: (Int, Int) -> (partialValue: Int, overflow: Bool), kind: ElementKind? = nil
  ) throws -> HostArray {
    let shape = try broadcastShape(a.shape, b.shape)
    _ = try Limits.hostCount(shape)
    let (left, right) = (a.positions(broadcastTo: shape), b.positions(broadcastTo: shape))
    if a.kind == .float && kind == nil {
      return HostArray(floats: zip(left, right).map { onFloats(a.floats[$0], b.floats[$1]) }, shape: shape)
    }
    let values = try zip(left, right).map { left, right in
      let (value, overflow) = onIntegers(a.integers[left], b.integers[right])
      guard !overflow else {
        throw ShapeError("\(a.integers[left]) and \(b.integers[right]) cannot be combined: overflow or division by 0")
      }
      return value
    }
    return HostArray(integers: values, shape: shape, kind: kind ?? a.kind)
  }

  static func broadcastShape(_ a: [Int], _ b: [Int]) throws -> [Int] {
    let rank = max(a.count, b.count)
    let (long, short) = (
      Array(repeating: 1, count: rank - a.count) + a, Array(repeating: 1, count: rank - b.count) + b
    )
    return try zip(long, short).map { x, y in
      guard x == y || x == 1 || y == 1 else { throw ShapeError("shapes \(a) and \(b) do not fit") }
      return x == 1 ? y : x
    }
  }

  /// Where each element of a stretched array lies in this one.
  func positions(broadcastTo target: [Int]) -> [Int] {
    var positions = [0]
    var stride = count
    let lead = target.count - shape.count
    // Axis by axis, outermost first.
    for (axis, extent) in target.enumerated() {
      let own = axis < lead ? 1 : shape[axis - lead]
      if axis >= lead && own > 0 { stride /= own }
      let step = own == 1 ? 0 : stride
      positions = positions.flatMap { start in (0..<extent).map { start + $0 * step } }
    }
    return positions
  }
}
