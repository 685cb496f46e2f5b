// What the activations compute, each beside its gradient. A formula that reads only y in its gradient can be fused into a
// contraction.

enum Relu: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { .maximum(x, 0) }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V { .select(y .> 0, upstream, 0) }
}

enum Relu6: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { .minimum(.maximum(x, 0), 6) }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V {
    .select(y .> 0, .select(y .< 6, upstream, 0), 0)
  }
}

enum LeakyRelu: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { .select(x .>= 0, x, x * p[0]) }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V {
    .select(x .>= 0, upstream, upstream * p[0])
  }
}

/// p: alpha, scale.
enum Elu: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { V.select(x .> 0, x, x.expm1() * p[0]) * p[1] }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V {
    V.select(x .> 0, upstream, upstream * (x.exp() * p[0])) * p[1]
  }
}

/// p: alpha.
enum Celu: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { .select(x .> 0, x, (x / p[0]).expm1() * p[0]) }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V {
    .select(x .> 0, upstream, upstream * (x / p[0]).exp())
  }
}

enum Sigmoid: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { x.sigmoid() }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V { upstream * y * (1 - y) }
}

enum LogSigmoid: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { V.minimum(x, 0) - (-x.abs()).exp().log1p() }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V { upstream * (-x).sigmoid() }
}

enum HardSigmoid: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { .minimum(.maximum(x / 6 + 0.5, 0), 1) }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V {
    .select(y .> 0, .select(y .< 1, upstream / 6, 0), 0)
  }
}

enum HyperbolicTangent: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { x.tanh() }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V { upstream * (1 - y * y) }
}

enum TanhShrink: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { x - x.tanh() }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V { upstream * x.tanh().squared() }
}

enum Softplus: UnaryFormula {
  // eˣ overflows Float beyond x ≈ 88; with max(x, 0) taken out, the exponent is never positive.
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { V.maximum(x, 0) + (-x.abs()).exp().log1p() }
  // 1 - e⁻ʸ is sigmoid(x).
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V { -upstream * (-y).expm1() }
}

enum Softsign: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { x / (1 + x.abs()) }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V {
    upstream / (1 + x.abs()).squared()
  }
}

enum Silu: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { x * x.sigmoid() }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V {
    let s = x.sigmoid()
    return upstream * (s + x * s * (1 - s))
  }
}

enum HardSilu: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { x * V.minimum(.maximum(x / 6 + 0.5, 0), 1) }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V {
    .select(x .> -3, .select(x .< 3, upstream * (x / 3 + 0.5), upstream), 0)
  }
}

enum Gelu: UnaryFormula {
  // √½
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { x * 0.5 * (1 + (x * 0.707_106_77).erf()) }
  // Φ(x) + x·φ(x) with φ(x) = e^(-x²/2) / √(2π)
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V {
    let distribution = 0.5 * (1 + (x * 0.707_106_77).erf())
    let density = 0.398_942_3 * (x * x * -0.5).exp()
    return upstream * (distribution + x * density)
  }
}

enum ApproximateGelu: UnaryFormula {
  // √(2/π)
  private static func inner<V: Algebra>(_ x: V) -> V { 0.797_884_6 * (x + 0.044_715 * (x * x * x)) }
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { 0.5 * x * (1 + inner(x).tanh()) }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V {
    let t = inner(x).tanh()
    let slope: V = 0.797_884_6 * (1 + 0.134_145 * (x * x))
    let curve: V = 0.5 * x * (1 - t * t) * slope
    return upstream * (0.5 * (1 + t) + curve)
  }
}

enum Mish: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { x * Softplus.value(x, []).tanh() }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V {
    let t = Softplus.value(x, []).tanh()
    return upstream * (t + x * (1 - t * t) * x.sigmoid())
  }
}

enum SoftShrink: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V {
    .select(x .> p[0], x - p[0], .select(-x .> p[0], x + p[0], 0 * x))
  }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V {
    .select(x.abs() .> p[0], upstream, 0)
  }
}

enum HardShrink: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { .select(x.abs() .> p[0], x, 0) }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V {
    .select(x.abs() .> p[0], upstream, 0)
  }
}

enum Squareplus: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { (x + (x * x + p[0]).squareRoot()) * 0.5 }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V {
    upstream * (0.5 * (1 + x / (x * x + p[0]).squareRoot()))
  }
}

enum SparsePlus: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V {
    .select(x .> -1, .select(x .< 1, 0.25 * (x + 1).squared(), x), 0)
  }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V {
    .select(x .> -1, .select(x .< 1, upstream * (0.5 * (x + 1)), upstream), 0)
  }
}

/// p: threshold, value.
enum Threshold: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { .select(x .> p[0], x, p[1]) }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V { .select(x .> p[0], upstream, 0) }
}
