/// A symbolic value while a program is traced: stands for one element of an input, a run-time argument, or what has been
/// computed from them. Literals are float32 constants.
public struct Lane: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  // A class, so that an expression used twice is one node.
  final class Node {
    let opcode: Opcode
    let type: LaneType
    let operands: [Lane]
    let immediate: UInt32

    init(_ opcode: Opcode, _ type: LaneType, _ operands: [Lane], _ immediate: UInt32) {
      self.opcode = opcode
      self.type = type
      self.operands = operands
      self.immediate = immediate
    }
  }

  let node: Node

  init(_ opcode: Opcode, _ type: LaneType, _ operands: [Lane] = [], _ immediate: UInt32 = 0) {
    node = Node(opcode, type, operands, immediate)
  }

  /// A float32 constant.
  public init(_ value: Float) { self.init(.constant, .float32, [], value.bitPattern) }
  /// A float32 constant.
  public init(floatLiteral value: Double) { self.init(Float(value)) }
  /// A float32 constant.
  public init(integerLiteral value: Int) { self.init(Float(value)) }

  /// An int32 constant.
  public static func integer(_ value: Int32) -> Lane { Lane(.constant, .int32, [], UInt32(bitPattern: value)) }
  /// A truth value.
  public static func bool(_ value: Bool) -> Lane { Lane(.constant, .bool, [], value ? 1 : 0) }
  /// The element's position along an axis of the iteration shape, int32.
  public static func coordinate(axis: Int) -> Lane { Lane(.coordinate, .int32, [], UInt32(axis)) }

  /// A uniform random word per element, int32. `firstParameter` is the number of the first of four int32 run-time
  /// arguments: seed low, seed high, stream, draw (`RandomKey.parameters` makes them). `salt` tells apart several words
  /// of one program.
  public static func randomBits(firstParameter: Int, salt: Int = 0) -> Lane {
    Lane(.randomBits, .int32, [], UInt32(firstParameter) | UInt32(salt) << 8)
  }

  /// The lane's type.
  public var type: LaneType { node.type }
}

extension Lane {
  private static func numeric(_ opcode: Opcode, _ a: Lane, _ b: Lane) -> Lane {
    precondition(a.type == b.type && a.type != .bool, "\(opcode): lanes of type \(a.type) and \(b.type)")
    return Lane(opcode, a.type, [a, b])
  }

  private static func integral(_ opcode: Opcode, _ a: Lane, _ b: Lane) -> Lane {
    precondition(a.type == b.type && a.type != .float32, "\(opcode): lanes of type \(a.type) and \(b.type)")
    return Lane(opcode, a.type, [a, b])
  }

  private static func comparison(_ opcode: Opcode, _ a: Lane, _ b: Lane) -> Lane {
    precondition(a.type == b.type, "\(opcode): lanes of type \(a.type) and \(b.type)")
    return Lane(opcode, .bool, [a, b])
  }

  private func floating(_ opcode: Opcode) -> Lane {
    precondition(type == .float32, "\(opcode): a lane of type \(type)")
    return Lane(opcode, .float32, [self])
  }

  private func number(_ opcode: Opcode) -> Lane {
    precondition(type != .bool, "\(opcode): a lane of type \(type)")
    return Lane(opcode, type, [self])
  }

  /// The sum of two lanes of one type.
  public static func + (a: Lane, b: Lane) -> Lane { numeric(.add, a, b) }
  /// The difference of two lanes of one type.
  public static func - (a: Lane, b: Lane) -> Lane { numeric(.subtract, a, b) }
  /// The product of two lanes of one type.
  public static func * (a: Lane, b: Lane) -> Lane { numeric(.multiply, a, b) }
  /// The quotient of two lanes of one type; of int32 it truncates, and by zero it is 0.
  public static func / (a: Lane, b: Lane) -> Lane { numeric(.divide, a, b) }
  /// The remainder of int32 lanes, with the sign of `a`; by zero it is 0.
  public static func % (a: Lane, b: Lane) -> Lane {
    precondition(a.type == .int32 && b.type == .int32, "remainder: lanes of type \(a.type) and \(b.type)")
    return Lane(.remainder, .int32, [a, b])
  }
  /// The negative of a float32 or int32 lane.
  public static prefix func - (a: Lane) -> Lane { a.number(.negate) }

  /// Both (bool), or the common bits (int32).
  public static func & (a: Lane, b: Lane) -> Lane { integral(.and, a, b) }
  /// At least one (bool), or the bits of either (int32).
  public static func | (a: Lane, b: Lane) -> Lane { integral(.or, a, b) }
  /// Exactly one (bool), or the differing bits (int32).
  public static func ^ (a: Lane, b: Lane) -> Lane { integral(.xor, a, b) }
  /// Not (bool), or all bits inverted (int32).
  public static prefix func ! (a: Lane) -> Lane {
    precondition(a.type != .float32, "not: a lane of type \(a.type)")
    return Lane(.not, a.type, [a])
  }
  /// The bits of an int32 lane moved up; zeros come in from the right.
  public static func << (a: Lane, b: Lane) -> Lane {
    precondition(a.type == .int32 && b.type == .int32, "shift: lanes of type \(a.type) and \(b.type)")
    return Lane(.shiftLeft, .int32, [a, b])
  }
  /// The logical shift: zeros come in from the left.
  public static func >> (a: Lane, b: Lane) -> Lane {
    precondition(a.type == .int32 && b.type == .int32, "shift: lanes of type \(a.type) and \(b.type)")
    return Lane(.shiftRight, .int32, [a, b])
  }

  /// Whether two lanes of one type are equal; NaN equals nothing.
  public static func .== (a: Lane, b: Lane) -> Lane { comparison(.equal, a, b) }
  /// Whether two lanes of one type differ.
  public static func .!= (a: Lane, b: Lane) -> Lane { comparison(.notEqual, a, b) }
  /// Whether `a` is below `b`.
  public static func .< (a: Lane, b: Lane) -> Lane { comparison(.less, a, b) }
  /// Whether `a` is at most `b`.
  public static func .<= (a: Lane, b: Lane) -> Lane { comparison(.lessOrEqual, a, b) }
  /// Whether `a` is above `b`.
  public static func .> (a: Lane, b: Lane) -> Lane { comparison(.less, b, a) }
  /// Whether `a` is at least `b`.
  public static func .>= (a: Lane, b: Lane) -> Lane { comparison(.lessOrEqual, b, a) }

  /// `b` where `b > a` or `b` is NaN, else `a`.
  public static func maximum(_ a: Lane, _ b: Lane) -> Lane { numeric(.maximum, a, b) }
  /// `b` where `b < a` or `b` is NaN, else `a`.
  public static func minimum(_ a: Lane, _ b: Lane) -> Lane { numeric(.minimum, a, b) }
  /// `baseᵉˣᵖᵒⁿᵉⁿᵗ` for float32 lanes.
  public static func power(_ base: Lane, _ exponent: Lane) -> Lane {
    precondition(base.type == .float32 && exponent.type == .float32, "power: float32 lanes only")
    return Lane(.power, .float32, [base, exponent])
  }
  /// `a·b + c` with one rounding, for float32 lanes.
  public static func fusedMultiplyAdd(_ a: Lane, _ b: Lane, _ c: Lane) -> Lane {
    precondition([a, b, c].allSatisfy { $0.type == .float32 }, "fusedMultiplyAdd: float32 lanes only")
    return Lane(.fusedMultiplyAdd, .float32, [a, b, c])
  }
  /// `yes` where the condition holds, else `no`.
  public static func select(_ condition: Lane, _ yes: Lane, _ no: Lane) -> Lane {
    precondition(
      condition.type == .bool && yes.type == no.type, "select: \(condition.type) ? \(yes.type) : \(no.type)")
    return Lane(.select, yes.type, [condition, yes, no])
  }

  /// The magnitude of a float32 or int32 lane.
  public func absolute() -> Lane { number(.absolute) }
  /// -1, 0 or 1, of the lane's type.
  public func sign() -> Lane { number(.sign) }
  /// The largest whole number that is not above; float32.
  public func floor() -> Lane { floating(.floor) }
  /// The smallest whole number that is not below; float32.
  public func ceiling() -> Lane { floating(.ceiling) }
  /// The nearest whole number, halves to the even one; float32.
  public func round() -> Lane { floating(.round) }
  /// The square root, correctly rounded; float32.
  public func squareRoot() -> Lane { floating(.squareRoot) }
  /// `eˣ`; float32.
  public func exp() -> Lane { floating(.exp) }
  /// `eˣ - 1`, accurate near zero; float32.
  public func expm1() -> Lane { floating(.expm1) }
  /// The natural logarithm; float32.
  public func log() -> Lane { floating(.log) }
  /// `ln(1 + x)`, accurate near zero; float32.
  public func log1p() -> Lane { floating(.log1p) }
  /// The sine of an angle in radians; float32.
  public func sin() -> Lane { floating(.sin) }
  /// The cosine of an angle in radians; float32.
  public func cos() -> Lane { floating(.cos) }
  /// The hyperbolic tangent; float32.
  public func tanh() -> Lane { floating(.tanh) }
  /// The error function; float32.
  public func erf() -> Lane { floating(.erf) }
  /// `1 / (1 + e⁻ˣ)`.
  public func sigmoid() -> Lane { 1 / (1 + (-self).exp()) }
  /// The value converted to another lane type; itself where the type is the same.
  public func cast(to target: LaneType) -> Lane { type == target ? self : Lane(.cast, target, [self]) }
  /// The uniform number in [0, 1) made of the upper 24 bits of an int32 lane of random bits.
  public func uniform() -> Lane { (self >> .integer(8)).cast(to: .float32) * Lane(0x1p-24) }
}

/// Where a stream of random numbers stands: what `randomBits` needs as run-time arguments.
public struct RandomKey: Hashable, Sendable {
  /// The key of the generator.
  public var seed: UInt64
  /// Which consumer of randomness, for example one dropout layer.
  public var stream: UInt32
  /// Which draw from the stream, for example the training step.
  public var draw: UInt32

  /// A key; by default the first draw of the first stream.
  public init(seed: UInt64, stream: UInt32 = 0, draw: UInt32 = 0) {
    self.seed = seed
    self.stream = stream
    self.draw = draw
  }

  /// The four consecutive run-time arguments that `Lane.randomBits` reads.
  public var parameters: [Scalar] {
    [
      .word(UInt32(truncatingIfNeeded: seed)), .word(UInt32(truncatingIfNeeded: seed >> 32)), .word(stream),
      .word(draw),
    ]
  }
}
