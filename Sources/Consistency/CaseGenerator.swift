import MartletBackend

/// Draws shapes, layouts and values for cases: always the same from the same seed, operation and case number, and on request
/// smaller or plainer ones, which is how failures are shrunk.
struct CaseGenerator {
  /// What may be made simpler while a failure is shrunk. Limits apply after drawing, so that all else stays as it was.
  struct Simplicity {
    var largestExtent = Int.max
    var hasPlainLayouts = false
    var hasPlainValues = false
  }

  /// The number of the case; operations with a grid of settings walk through it.
  let index: Int
  /// Whether the case is one of the few that are large enough to be shared among threads.
  let isLarge: Bool
  private let effort: Effort
  private let simplicity: Simplicity
  private var random: SplitMix64

  init(
    seed: UInt64, operation: Int, index: Int, effort: Effort, _ simplicity: Simplicity = Simplicity()
  ) {
    self.index = index
    self.effort = effort
    self.simplicity = simplicity
    random = SplitMix64(state: Philox(seed: seed).block(SIMD4(UInt32(operation), UInt32(index), 0, 0)))
    isLarge = Int.random(in: 0..<16, using: &random) == 0
  }

  /// A bound on elements or multiplications: as given, twice that with full effort, and so many in large cases.
  func budget(_ ordinary: Int, large: Int) -> Int { (isLarge ? large : ordinary) * (effort == .full ? 2 : 1) }

  /// The limit that shrinking puts on extents.
  var largestExtent: Int { simplicity.largestExtent }

  // MARK: Choices

  mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
  mutating func chance(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &random) < probability }
  mutating func word() -> UInt32 { UInt32(truncatingIfNeeded: random.next() >> 32) }

  mutating func pick<Values: Collection>(_ values: Values) -> Values.Element where Values.Index == Int {
    values[int(values.startIndex...values.endIndex - 1)]
  }

  // MARK: Shapes

  /// Extents around the widths of vectors and chunks, and primes.
  private static let extents = [
    1, 1, 2, 3, 3, 4, 5, 5, 7, 8, 9, 11, 13, 15, 16, 17, 19, 23, 29, 31, 32, 33, 37, 47, 48, 49, 63, 64, 65, 97, 127,
    129,
    251,
    1023, 1024, 1025, 2047, 2049,
  ]

  /// An extent up to `limit`; 0 with the given probability.
  mutating func extent(upTo limit: Int, zero: Double = 0.03) -> Int {
    let choices = Self.extents.prefix { $0 <= limit }
    let value = pick(Array(choices))
    return chance(zero) ? 0 : min(value, simplicity.largestExtent)
  }

  /// A shape of the given rank with at most about so many elements.
  mutating func shape(rank: Int, elements: Int, zero: Double = 0.03) -> Shape {
    var shape = Shape()
    var room = elements
    for _ in 0..<rank {
      let extent = extent(upTo: max(room, 1), zero: zero)
      shape.append(extent)
      room /= max(extent, 1)
    }
    // The large extents come first otherwise.
    for axis in stride(from: rank - 1, to: 0, by: -1) {
      let other = int(0...axis)
      (shape[axis], shape[other]) = (shape[other], shape[axis])
    }
    return shape
  }

  /// A shape of any rank with at most about so many elements, or in large cases about a third of a million.
  mutating func shape(elements: Int, minimumRank: Int = 0) -> Shape {
    let rank = max(minimumRank, pick([0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 8]))
    let shape = shape(rank: rank, elements: budget(elements, large: elements))
    return isLarge ? largeShape() : shape
  }

  /// One, two or three axes, one of them long.
  private mutating func largeShape() -> Shape {
    let others = [extent(upTo: 33, zero: 0), extent(upTo: 65, zero: 0)].prefix(int(0...2))
    let long = min(budget(0, large: 330_007) / others.reduce(1, *), largestExtent)
    return Shape(([long] + others).shuffled(using: &self))
  }

  // MARK: Layouts

  /// A layout of the shape, and how many elements its storage has: contiguous half of the time, else with axes in any order,
  /// steps, flips, gaps and, for inputs, broadcast axes.
  private mutating func layout(of shape: Shape, mayBroadcast: Bool) -> (Layout, storageCount: Int) {
    let isPlain = chance(0.4)
    var strides = Strides(repeating: 0, rank: shape.rank)
    var span = 1
    var offset = chance(0.5) ? 0 : int(1...19)
    let permutes = chance(0.5)
    let memoryOrder = permutes ? Array(shape.indices).shuffled(using: &random) : Array(shape.indices)
    for axis in memoryOrder.reversed() {
      let step = chance(0.7) ? 1 : pick([2, 3, -1, -1, -2])
      let gap = chance(0.8) ? 0 : int(1...9)
      if mayBroadcast && chance(0.12) { continue }
      strides[axis] = span * step
      let reach = max(shape[axis] - 1, 0) * span * abs(step)
      if step < 0 { offset += reach }
      span += reach + gap
    }
    let tail = chance(0.5) ? 0 : int(1...9)
    if isPlain || simplicity.hasPlainLayouts { return (Layout(contiguous: shape), shape.elementCount) }
    let layout = Layout(shape: shape, strides: strides, offset: offset)
    return (layout, (layout.bounds?.upperBound ?? offset) + 1 + tail)
  }

  /// An input: any layout, filled with values.
  mutating func input(_ shape: Shape, _ dtype: DType = .float32, _ values: Values = .ordinary) -> HostOperand {
    let (layout, count) = layout(of: shape, mayBroadcast: true)
    return HostOperand(layout: layout, dtype: dtype, bytes: bytes(count, dtype, values))
  }

  /// An output: any layout that does not touch an element twice. It holds junk, or values that are added to.
  mutating func output(_ shape: Shape, _ dtype: DType = .float32, _ values: Values = .junk) -> HostOperand {
    let (layout, count) = layout(of: shape, mayBroadcast: false)
    return HostOperand(layout: layout, dtype: dtype, bytes: bytes(count, dtype, values))
  }

  /// A contiguous operand, at some offset now and then.
  mutating func contiguous(_ shape: Shape, _ dtype: DType = .float32, _ values: Values = .ordinary) -> HostOperand {
    let drawn = chance(0.7) ? 0 : int(1...19)
    let offset = simplicity.hasPlainLayouts ? 0 : drawn
    let layout = Layout(contiguous: shape, offset: offset)
    return HostOperand(layout: layout, dtype: dtype, bytes: bytes(offset + shape.elementCount, dtype, values))
  }

  // MARK: Values

  enum Values {
    /// Around one, all of them ordinary numbers.
    case ordinary
    /// Any sign, magnitudes over many powers of two, but sums and products of a few stay finite.
    case wide
    /// Everything: zeros of both signs, NaN, infinities, subnormal, least and largest numbers, any bits at all.
    case special
    /// Few different values, so that there are ties.
    case ties
    /// Around one, but a third of them zeros of either sign.
    case sparse
    /// Whole numbers in a range.
    case range(ClosedRange<Int>)
    /// Numbers in an interval.
    case interval(ClosedRange<Float>)
    /// Bytes that no result is likely to have.
    case junk
  }

  /// Mostly ordinary values, sometimes wide or special ones.
  mutating func values() -> Values {
    let drawn: Values = pick([.ordinary, .ordinary, .wide, .special])
    return simplicity.hasPlainValues ? .ordinary : drawn
  }

  private mutating func bytes(_ count: Int, _ dtype: DType, _ values: Values) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count * dtype.byteCount)
    for _ in 0..<count {
      switch dtype {
      case .bool: bytes.append(UInt8(word() >> 31))
      case .uint8: bytes.append(UInt8(truncatingIfNeeded: integer(values)))
      case .int32: append(UInt32(bitPattern: integer(values)), to: &bytes)
      case .float32: append(float(values).bitPattern, to: &bytes)
      }
    }
    return bytes
  }

  private func append(_ word: UInt32, to bytes: inout [UInt8]) {
    for shift in [0, 8, 16, 24] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
  }

  private static let specialFloats: [Float] = [
    0, -0.0, 1, -1, .nan, .infinity, -.infinity, .leastNonzeroMagnitude, -0x1p-130, 0x1p-126, .greatestFiniteMagnitude,
    -.greatestFiniteMagnitude, 0.5, 1.5, -2.5, 0x1p23, 0x1.8p24, 0x1p31, -0x1p31, 1e10, -1e-10, 88.7, -103.9, .pi,
  ]
  private static let specialIntegers: [Int32] = [
    0, 1, -1, .max, .min, .max - 1, 2, 31, 32, 33, 255, 256, -128, 1 << 24,
  ]

  private mutating func float(_ values: Values) -> Float {
    let bits = word()
    switch values {
    case .ordinary: return Float(Int32(bitPattern: bits)) * 0x1p-30
    case .wide:
      let exponent = 127 - 20 + (bits >> 23 & 0xff) % 40
      return Float(bitPattern: bits & 0x807f_ffff | exponent << 23)
    case .special:
      if bits & 0xf == 0 { return Self.specialFloats[Int(bits >> 4) % Self.specialFloats.count] }
      return bits & 0x10 == 0 ? Float(bitPattern: word()) : Float(Int32(bitPattern: bits)) * 0x1p-28
    case .sparse: return bits % 3 == 0 ? [0, -0.0][Int(bits >> 2) % 2] : Float(Int32(bitPattern: bits)) * 0x1p-30
    case .ties: return [-1, 0, -0.0, 1, 2, .nan][Int(bits % 6)]
    case .range(let range): return Float(int(range))
    case .interval(let range): return Float.random(in: range, using: &random)
    case .junk: return Float(bitPattern: 0x4b5a_5a5a)
    }
  }

  private mutating func integer(_ values: Values) -> Int32 {
    let bits = word()
    switch values {
    case .ordinary, .wide, .sparse, .interval: return Int32(bitPattern: bits) >> 22
    case .special:
      let special = Self.specialIntegers[Int(bits >> 2) % Self.specialIntegers.count]
      return bits & 3 == 0 ? special : Int32(bitPattern: word())
    case .ties: return Int32(bits % 4) - 1
    case .range(let range): return Int32(int(range))
    case .junk: return 0x5a5a_5a5a
    }
  }
}

/// A generator that costs a nanosecond: there are millions of values to draw, and Philox would be most of the time.
///
/// - Source: Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators", figure 17.
private struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  init(state: SIMD4<UInt32>) { self.state = UInt64(state.x) << 32 | UInt64(state.y) }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }
}
