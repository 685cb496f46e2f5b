import MartletBackend
import MartletTensor

// Exponentials, logarithms, powers, circular functions and their like. Each formula stands beside its gradient.

private enum Exponential: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { x.exp() }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V { upstream * y }
}

private enum ExponentialMinusOne: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { x.expm1() }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V { upstream * (y + 1) }
}

private enum Logarithm: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { x.log() }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V { upstream / x }
}

private enum LogarithmOfOnePlus: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { x.log1p() }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V { upstream / (1 + x) }
}

private enum SquareRoot: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { x.squareRoot() }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V { upstream * 0.5 / y }
}

private enum ReciprocalSquareRoot: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { 1 / x.squareRoot() }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V { upstream * -0.5 * y / x }
}

private enum Square: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { x * x }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V { upstream * 2 * x }
}

private enum Sine: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { x.sin() }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V { upstream * x.cos() }
}

private enum Cosine: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { x.cos() }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V { -upstream * x.sin() }
}

private enum ErrorFunction: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { x.erf() }
  // 2/√π · e^(-x²)
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V {
    upstream * 1.128_379_2 * (-x * x).exp()
  }
}

private enum Absolute: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { x.abs() }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V { upstream * x.sign() }
}

private enum Sign: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { x.sign() }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V { upstream * 0 }
}

private enum Floor: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { x.floor() }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V { upstream * 0 }
}

private enum Ceiling: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { x.ceiling() }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V { upstream * 0 }
}

private enum Round: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { x.round() }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V { upstream * 0 }
}

// The gradient for a base of 0 is 0, and for the exponent of a base that is not positive as well, where the logarithm has no
// finite value.
private enum Power: BinaryFormula {
  static func value<V: Algebra>(_ a: V, _ b: V) -> V { a.power(b) }
  static func leftGradient<V: Algebra>(_ upstream: V, a: V, b: V, y: V) -> V {
    V.select(b .== 0, upstream * 0, upstream * b * a.power(b - 1))
  }
  static func rightGradient<V: Algebra>(_ upstream: V, a: V, b: V, y: V) -> V {
    V.select(a .> 0, upstream * y * V.select(a .> 0, a, 1).log(), upstream * 0)
  }
}

private enum PowerOfNumber: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { x.power(p[0]) }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V {
    upstream * p[0] * x.power(p[1])
  }
}

private enum Operation {
  static let exponential = UnaryOperation("exp", Exponential.self)
  static let exponentialMinusOne = UnaryOperation("expm1", ExponentialMinusOne.self)
  static let logarithm = UnaryOperation("log", Logarithm.self)
  static let logarithmOfOnePlus = UnaryOperation("log1p", LogarithmOfOnePlus.self)
  static let squareRootOperation = UnaryOperation("squareRoot", SquareRoot.self)
  static let reciprocalSquareRootOperation = UnaryOperation("reciprocalSquareRoot", ReciprocalSquareRoot.self)
  static let square = UnaryOperation("squared", Square.self, acceptsIntegers: true)
  static let sine = UnaryOperation("sin", Sine.self)
  static let cosine = UnaryOperation("cos", Cosine.self)
  static let errorFunction = UnaryOperation("erf", ErrorFunction.self)
  static let absolute = UnaryOperation("abs", Absolute.self, acceptsIntegers: true)
  static let signOperation = UnaryOperation("sign", Sign.self, acceptsIntegers: true)
  static let floorOperation = UnaryOperation("floor", Floor.self)
  static let ceilingOperation = UnaryOperation("ceiling", Ceiling.self)
  static let roundOperation = UnaryOperation("round", Round.self)
  static let power = BinaryOperation("power", Power.self, acceptsIntegers: false)
  static let powerOfNumber = UnaryOperation("power", PowerOfNumber.self, parameterCount: 2)
}

extension Tensor {
  /// `eˣ`.   ∂L/∂x = upstream · eˣ.
  public func exp() -> Tensor { Operation.exponential(self) }
  /// `eˣ - 1`, accurate near zero.   ∂L/∂x = upstream · eˣ.
  public func expm1() -> Tensor { Operation.exponentialMinusOne(self) }
  /// The natural logarithm; -∞ at 0 and NaN below.   ∂L/∂x = upstream / x.
  public func log() -> Tensor { Operation.logarithm(self) }
  /// `ln(1 + x)`, accurate near zero.   ∂L/∂x = upstream / (1 + x).
  public func log1p() -> Tensor { Operation.logarithmOfOnePlus(self) }
  /// `√x`.   ∂L/∂x = upstream / (2√x).
  public func squareRoot() -> Tensor { Operation.squareRootOperation(self) }
  /// `1 / √x`.   ∂L/∂x = -upstream / (2x√x).
  public func reciprocalSquareRoot() -> Tensor { Operation.reciprocalSquareRootOperation(self) }
  /// `x²`.   ∂L/∂x = upstream · 2x.
  public func squared() -> Tensor { Operation.square(self) }
  /// `1 / x`.   ∂L/∂x = -upstream / x².
  public func reciprocal() -> Tensor { 1 / self }
  /// `sin x`, x in radians.   ∂L/∂x = upstream · cos x.
  public func sin() -> Tensor { Operation.sine(self) }
  /// `cos x`, x in radians.   ∂L/∂x = -upstream · sin x.
  public func cos() -> Tensor { Operation.cosine(self) }
  /// The error function `2/√π ∫₀ˣ e^(-t²) dt`.   ∂L/∂x = upstream · 2/√π · e^(-x²).
  public func erf() -> Tensor { Operation.errorFunction(self) }
  /// `|x|`.   ∂L/∂x = upstream · sign x, which is 0 at 0.
  public func abs() -> Tensor { Operation.absolute(self) }
  /// -1, 0 or 1.   ∂L/∂x = 0.
  public func sign() -> Tensor { Operation.signOperation(self) }
  /// The largest whole number that is not above x.   ∂L/∂x = 0.
  public func floor() -> Tensor { Operation.floorOperation(self) }
  /// The smallest whole number that is not below x.   ∂L/∂x = 0.
  public func ceiling() -> Tensor { Operation.ceilingOperation(self) }
  /// The nearest whole number, halves to the even one.   ∂L/∂x = 0.
  public func round() -> Tensor { Operation.roundOperation(self) }

  /// `xᵉ`, element by element with broadcasting; `0⁰ = 1`, a negative base only with whole exponents (else NaN).
  /// ∂L/∂x = upstream · e · xᵉ⁻¹ (0 where e = 0), ∂L/∂e = upstream · xᵉ · ln x (0 where x ≤ 0).
  public func power(_ exponent: Tensor) -> Tensor { Operation.power(self, exponent) }

  /// `xᵉ` with the same exponent everywhere.   ∂L/∂x = upstream · e · xᵉ⁻¹.
  public func power(_ exponent: Float) -> Tensor {
    // Whole exponents first: products are faster and their gradients exact everywhere.
    switch exponent {
    case 0: Tensor(filling: shape, with: 1, on: device)
    case 1: self
    case 2: squared()
    case 0.5: squareRoot()
    case -1: reciprocal()
    default: Operation.powerOfNumber(self, exponent, exponent - 1)
    }
  }
}
