import MartletBackend

/// Random numbers for made-up data, the same on every machine: only operations that IEEE 754 rounds exactly, and the elementary
/// functions all backends share.
struct Draws {
  private var generator: PhiloxGenerator

  init(seed: UInt64, stream: UInt32) { generator = PhiloxGenerator(seed: seed, stream: 0xDA7A_0100 + stream) }

  /// Evenly from a range.
  mutating func uniform(_ range: Range<Float> = 0..<1) -> Float {
    range.lowerBound
      + (range.upperBound - range.lowerBound) * Philox.uniform(UInt32(truncatingIfNeeded: generator.next() >> 32))
  }

  /// From the standard normal distribution, by Box and Muller's method.
  mutating func normal() -> Float {
    let radius = (-2 * Elementary.log(1 - uniform())).squareRoot()
    return radius * Elementary.cos(2 * .pi * uniform())
  }

  /// A whole number of a range.
  mutating func integer(_ range: ClosedRange<Int>) -> Int { range.lowerBound + generator.index(below: range.count) }
}
