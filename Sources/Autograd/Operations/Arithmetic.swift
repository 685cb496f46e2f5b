import MartletBackend
import MartletTensor

// a + b, a - b, a · b, a / b, element by element with broadcasting. Where an operand was stretched, its gradient is summed over the
// copies.

private enum Sum: BinaryFormula {
  static func value<V: Algebra>(_ a: V, _ b: V) -> V { a + b }
  static func leftGradient<V: Algebra>(_ upstream: V, a: V, b: V, y: V) -> V { upstream }
  static func rightGradient<V: Algebra>(_ upstream: V, a: V, b: V, y: V) -> V { upstream }
}

private enum Difference: BinaryFormula {
  static func value<V: Algebra>(_ a: V, _ b: V) -> V { a - b }
  static func leftGradient<V: Algebra>(_ upstream: V, a: V, b: V, y: V) -> V { upstream }
  static func rightGradient<V: Algebra>(_ upstream: V, a: V, b: V, y: V) -> V { -upstream }
}

private enum Product: BinaryFormula {
  static func value<V: Algebra>(_ a: V, _ b: V) -> V { a * b }
  static func leftGradient<V: Algebra>(_ upstream: V, a: V, b: V, y: V) -> V { upstream * b }
  static func rightGradient<V: Algebra>(_ upstream: V, a: V, b: V, y: V) -> V { upstream * a }
}

private enum Quotient: BinaryFormula {
  static func value<V: Algebra>(_ a: V, _ b: V) -> V { a / b }
  static func leftGradient<V: Algebra>(_ upstream: V, a: V, b: V, y: V) -> V { upstream / b }
  static func rightGradient<V: Algebra>(_ upstream: V, a: V, b: V, y: V) -> V { -(upstream * y) / b }
}

private enum Negation: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { -x }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V { -upstream }
}

private enum SumWithNumber: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { x + p[0] }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V { upstream }
}

private enum DifferenceWithNumber: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { x - p[0] }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V { upstream }
}

private enum DifferenceFromNumber: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { p[0] - x }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V { -upstream }
}

private enum ProductWithNumber: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { x * p[0] }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V { upstream * p[0] }
}

private enum QuotientByNumber: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { x / p[0] }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V { upstream / p[0] }
}

private enum QuotientOfNumber: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { p[0] / x }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V { -(upstream * y) / x }
}

private enum Operation {
  static let sum = BinaryOperation("add", Sum.self)
  static let difference = BinaryOperation("subtract", Difference.self)
  static let product = BinaryOperation("multiply", Product.self)
  static let quotient = BinaryOperation("divide", Quotient.self)
  static let negation = UnaryOperation("negate", Negation.self, acceptsIntegers: true)
  static let sumWithNumber = UnaryOperation("add", SumWithNumber.self, parameterCount: 1, acceptsIntegers: true)
  static let differenceWithNumber = UnaryOperation(
    "subtract", DifferenceWithNumber.self, parameterCount: 1, acceptsIntegers: true)
  static let differenceFromNumber = UnaryOperation(
    "subtract", DifferenceFromNumber.self, parameterCount: 1, acceptsIntegers: true)
  static let productWithNumber = UnaryOperation(
    "multiply", ProductWithNumber.self, parameterCount: 1, acceptsIntegers: true)
  static let quotientByNumber = UnaryOperation(
    "divide", QuotientByNumber.self, parameterCount: 1, acceptsIntegers: true)
  static let quotientOfNumber = UnaryOperation(
    "divide", QuotientOfNumber.self, parameterCount: 1, acceptsIntegers: true)
  static let remainderProgram = ElementwiseProgram(inputs: [.int32, .int32]) { x, _ in [x[0] % x[1]] }
  static let remainderByNumberProgram = ElementwiseProgram(inputs: [.int32], parameters: [.int32]) { [$0[0] % $1[0]] }
}

// Both operands float32 or both int32 (which wraps, and divides towards zero; by zero gives 0). A number takes the type of the
// tensor; with int32 it has to be whole.
extension Tensor {
  /// `a + b`, element by element.   ∂L/∂a = ∂L/∂b = upstream.
  public static func + (a: Tensor, b: Tensor) -> Tensor { Operation.sum(a, b) }
  /// `a - b`, element by element.   ∂L/∂a = upstream, ∂L/∂b = -upstream.
  public static func - (a: Tensor, b: Tensor) -> Tensor { Operation.difference(a, b) }
  /// `a · b`, element by element.   ∂L/∂a = upstream · b, ∂L/∂b = upstream · a.
  public static func * (a: Tensor, b: Tensor) -> Tensor { Operation.product(a, b) }
  /// `a / b`, element by element.   ∂L/∂a = upstream / b, ∂L/∂b = -upstream · a / b².
  public static func / (a: Tensor, b: Tensor) -> Tensor { Operation.quotient(a, b) }

  /// `a + b` with the same number everywhere.
  public static func + (a: Tensor, b: Float) -> Tensor { Operation.sumWithNumber(a, b) }
  /// `a + b` with the same number everywhere.
  public static func + (a: Float, b: Tensor) -> Tensor { Operation.sumWithNumber(b, a) }
  /// `a - b` with the same number everywhere.
  public static func - (a: Tensor, b: Float) -> Tensor { Operation.differenceWithNumber(a, b) }
  /// `a - b` with the same number everywhere.
  public static func - (a: Float, b: Tensor) -> Tensor { Operation.differenceFromNumber(b, a) }
  /// `a · b` with the same number everywhere.
  public static func * (a: Tensor, b: Float) -> Tensor { Operation.productWithNumber(a, b) }
  /// `a · b` with the same number everywhere.
  public static func * (a: Float, b: Tensor) -> Tensor { Operation.productWithNumber(b, a) }
  /// `a / b` with the same number everywhere.
  public static func / (a: Tensor, b: Float) -> Tensor { Operation.quotientByNumber(a, b) }
  /// `a / b` with the same number everywhere.
  public static func / (a: Float, b: Tensor) -> Tensor { Operation.quotientOfNumber(b, a) }
  /// `-a`.
  public static prefix func - (a: Tensor) -> Tensor { Operation.negation(a) }

  /// The remainder of int32 division, with the sign of a; 0 where b is 0.
  public static func % (a: Tensor, b: Tensor) -> Tensor {
    require(a.dtype == .int32 && b.dtype == .int32, "remainder: int32 only; got \(a.dtype) and \(b.dtype)")
    return map(Operation.remainderProgram, a, b, for: "remainder")
  }

  /// The remainder of int32 division by the same number everywhere.
  public static func % (a: Tensor, b: Float) -> Tensor {
    require(a.dtype == .int32, "remainder: int32 only; got \(a.dtype)")
    return map(Operation.remainderByNumberProgram, a, parameters: [a.scalar(b, for: "remainder")], for: "remainder")
  }

  /// `a = a + b`.
  public static func += (a: inout Tensor, b: Tensor) { a = a + b }
  /// `a = a - b`.
  public static func -= (a: inout Tensor, b: Tensor) { a = a - b }
  /// `a = a · b`.
  public static func *= (a: inout Tensor, b: Tensor) { a = a * b }
  /// `a = a / b`.
  public static func /= (a: inout Tensor, b: Tensor) { a = a / b }
}
