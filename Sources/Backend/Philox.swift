/// Philox4x32-10: four random words from a 64-bit key and a 128-bit counter, with no state in between.
///
/// Every random number in Martlet is word `element % 4` of the block at counter
/// `[element / 4, salt, draw, stream]` under the key `seed`. It therefore depends on nothing but those five numbers:
/// not on the backend, the number of threads, the vector width or the order of evaluation.
///
/// - Source: Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3".
public struct Philox: Hashable, Sendable {
  /// The key of the generator.
  public let seed: UInt64

  /// Makes the generator with the given key.
  public init(seed: UInt64) {
    self.seed = seed
  }

  /// The four words at a counter, ten rounds.
  public func block(_ counter: SIMD4<UInt32>) -> SIMD4<UInt32> {
    var counter = counter
    var key = SIMD2<UInt32>(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    for _ in 0..<10 {
      let first = UInt64(0xD251_1F53) * UInt64(counter.x)
      let second = UInt64(0xCD9E_8D57) * UInt64(counter.z)
      counter = SIMD4(
        UInt32(truncatingIfNeeded: second >> 32) ^ counter.y ^ key.x,
        UInt32(truncatingIfNeeded: second),
        UInt32(truncatingIfNeeded: first >> 32) ^ counter.w ^ key.y,
        UInt32(truncatingIfNeeded: first))
      key &+= SIMD2(0x9E37_79B9, 0xBB67_AE85)
    }
    return counter
  }

  /// The random word that belongs to one element of one draw.
  ///
  /// - Parameters:
  ///   - element: The row-major index of the element; its low 34 bits count.
  ///   - salt: Tells apart several words needed by the same element of the same draw.
  ///   - draw: Which draw from the stream, for example the training step.
  ///   - stream: Which consumer of randomness, for example one dropout layer.
  public func word(element: Int, salt: UInt32 = 0, draw: UInt32, stream: UInt32) -> UInt32 {
    let counter = SIMD4<UInt32>(UInt32(truncatingIfNeeded: element >> 2), salt, draw, stream)
    return block(counter)[element & 3]
  }

  /// The uniform number in `[0, 1)` made from the upper 24 bits of a word, exactly representable as a `Float`.
  public static func uniform(_ word: UInt32) -> Float {
    Float(word >> 8) * 0x1p-24
  }
}

/// A sequence of Philox words for host-side work such as shuffling: one stream of one seed, element after element.
public struct PhiloxGenerator: RandomNumberGenerator, Sendable {
  private let philox: Philox
  private let stream: UInt32
  private let draw: UInt32
  private var element = 0

  /// Starts at the first word of the given draw of the given stream.
  public init(seed: UInt64, stream: UInt32 = 0, draw: UInt32 = 0) {
    self.philox = Philox(seed: seed)
    self.stream = stream
    self.draw = draw
  }

  /// The next 64 random bits, made of two words.
  public mutating func next() -> UInt64 {
    // Elements are taken in pairs, so both words come from one block.
    let words = philox.block(SIMD4(UInt32(truncatingIfNeeded: element >> 2), 0, draw, stream))
    let (low, high) = element & 2 == 0 ? (words.x, words.y) : (words.z, words.w)
    element += 2
    return UInt64(high) << 32 | UInt64(low)
  }
}
