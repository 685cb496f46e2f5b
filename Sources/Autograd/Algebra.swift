import MartletBackend
import MartletTensor

/// What element-wise formulas are written for, so that each is written once: with symbolic lanes it becomes a program, one
/// pass over memory; with tensors it is composed of recorded operations, so that gradients have gradients.
package protocol Algebra {
  /// A literal or a run-time argument.
  associatedtype Scalar: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral
  /// A truth value per element.
  associatedtype Condition

  static func + (a: Self, b: Self) -> Self
  static func - (a: Self, b: Self) -> Self
  static func * (a: Self, b: Self) -> Self
  static func / (a: Self, b: Self) -> Self
  static func + (a: Self, b: Scalar) -> Self
  static func - (a: Self, b: Scalar) -> Self
  static func * (a: Self, b: Scalar) -> Self
  static func / (a: Self, b: Scalar) -> Self
  static func + (a: Scalar, b: Self) -> Self
  static func - (a: Scalar, b: Self) -> Self
  static func * (a: Scalar, b: Self) -> Self
  static func / (a: Scalar, b: Self) -> Self
  static prefix func - (a: Self) -> Self

  static func .< (a: Self, b: Self) -> Condition
  static func .<= (a: Self, b: Self) -> Condition
  static func .> (a: Self, b: Self) -> Condition
  static func .>= (a: Self, b: Self) -> Condition
  static func .== (a: Self, b: Self) -> Condition
  static func .< (a: Self, b: Scalar) -> Condition
  static func .<= (a: Self, b: Scalar) -> Condition
  static func .> (a: Self, b: Scalar) -> Condition
  static func .>= (a: Self, b: Scalar) -> Condition
  static func .== (a: Self, b: Scalar) -> Condition
  static func select(_ condition: Condition, _ yes: Self, _ no: Self) -> Self
  static func select(_ condition: Condition, _ yes: Self, _ no: Scalar) -> Self
  static func select(_ condition: Condition, _ yes: Scalar, _ no: Self) -> Self
  static func maximum(_ a: Self, _ b: Self) -> Self
  static func minimum(_ a: Self, _ b: Self) -> Self
  static func maximum(_ a: Self, _ b: Scalar) -> Self
  static func minimum(_ a: Self, _ b: Scalar) -> Self

  func exp() -> Self
  func expm1() -> Self
  func log() -> Self
  func log1p() -> Self
  func squareRoot() -> Self
  func sin() -> Self
  func cos() -> Self
  func tanh() -> Self
  func erf() -> Self
  func abs() -> Self
  func sign() -> Self
  func floor() -> Self
  func ceiling() -> Self
  func round() -> Self
  func sigmoid() -> Self
  func squared() -> Self
  func power(_ exponent: Self) -> Self
  func power(_ exponent: Scalar) -> Self
}

extension Lane: Algebra {
  package typealias Scalar = Lane
  package typealias Condition = Lane

  package func abs() -> Lane { absolute() }
  package func squared() -> Lane { self * self }
  package func power(_ exponent: Lane) -> Lane { .power(self, exponent) }
}

extension Tensor: Algebra {
  package typealias Scalar = Float
  package typealias Condition = Tensor
}
