/// The element type of a tensor in memory.
public enum DType: UInt8, Hashable, Sendable, CaseIterable, CustomStringConvertible {
  /// IEEE 754 single precision.
  case float32
  /// Two's complement, arithmetic wraps.
  case int32
  /// One byte, 0 or 1.
  case bool
  /// One byte, 0 to 255: pixels and pooling indices. Programs see it as an `int32` lane.
  case uint8

  /// Bytes per element.
  public var byteCount: Int {
    switch self {
    case .float32, .int32: 4
    case .bool, .uint8: 1
    }
  }

  /// The type an element has while an element-wise program works on it.
  public var laneType: LaneType {
    switch self {
    case .float32: .float32
    case .int32, .uint8: .int32
    case .bool: .bool
    }
  }

  /// The name as it appears in messages, for example `float32`.
  public var description: String {
    switch self {
    case .float32: "float32"
    case .int32: "int32"
    case .bool: "bool"
    case .uint8: "uint8"
    }
  }
}

/// The type of a value inside an element-wise program. A lane is 32 bits wide; how a backend represents a truth value
/// there (0 and 1, a mask) is its own business.
public enum LaneType: UInt8, Hashable, Sendable {
  case float32, int32, bool
}

/// A run-time argument of an element-wise program: a learning rate, a step count, a random seed.
public enum Scalar: Hashable, Sendable {
  case float32(Float)
  case int32(Int32)
  case bool(Bool)

  /// A 32-bit word taken as it is, for seeds and counters.
  public static func word(_ bits: UInt32) -> Scalar { .int32(Int32(bitPattern: bits)) }

  /// The type of the lane that reads the argument.
  public var type: LaneType {
    switch self {
    case .float32: .float32
    case .int32: .int32
    case .bool: .bool
    }
  }

  /// The value as a 32-bit pattern; a truth value is 0 or 1.
  public var bits: UInt32 {
    switch self {
    case .float32(let value): value.bitPattern
    case .int32(let value): UInt32(bitPattern: value)
    case .bool(let value): value ? 1 : 0
    }
  }
}
