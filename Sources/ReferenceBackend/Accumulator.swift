/// What sums are kept in: Float for the canonical arithmetic, Double for the accurate one. Every algorithm is written once
/// over this.
protocol Accumulator: BinaryFloatingPoint {
  /// Adds a product, rounding once.
  mutating func add(_ a: Float, times b: Float)
}

extension Float: Accumulator {
  mutating func add(_ a: Float, times b: Float) { addProduct(a, b) }
}

extension Double: Accumulator {
  // The product of two Floats has at most 48 significant bits: it is exact, and the addition rounds.
  mutating func add(_ a: Float, times b: Float) { self += Double(a) * Double(b) }
}

/// Combines values in the specified order: chunks of 1024, in a chunk element i into lane i mod 16, the lanes folded 8, 4, 2
/// and 1 apart, and the chunks one after the other.
@inline(__always)
func fold<Value>(
  count: Int, identity: Value, _ value: (Int) -> Value, _ combine: (Value, Value) -> Value
) -> Value {
  var total = identity
  for start in stride(from: 0, to: count, by: 1024) {
    var lanes = InlineArray<16, Value>(repeating: identity)
    for i in start..<min(start + 1024, count) {
      let lane = (i - start) % 16
      lanes[lane] = combine(lanes[lane], value(i))
    }
    for distance in [8, 4, 2, 1] {
      for lane in 0..<distance { lanes[lane] = combine(lanes[lane], lanes[lane + distance]) }
    }
    total = start == 0 ? lanes[0] : combine(total, lanes[0])
  }
  return total
}

/// The canonical `maximum` of two values, as the opcode has it.
func maximum(_ a: Float, _ b: Float) -> Float { b > a || b.isNaN ? b : a }
/// The canonical `minimum` of two values, as the opcode has it.
func minimum(_ a: Float, _ b: Float) -> Float { b < a || b.isNaN ? b : a }
