import Dispatch
import MartletBackend

/// Draws digits that look handwritten, in the form of MNIST: 28×28 pixels, white on black, centred by mass.
///
/// A digit is written as a hand does it: a shape chosen among the ways people write it, its strokes bent, slanted and
/// shaken, drawn with a soft brush under changing pressure. Digit `index` depends on the seed and the index alone; only
/// operations that IEEE 754 rounds exactly are used, so that it is the same on every machine.
public struct StrokeDigits: Sendable {
  /// The length of each side of a picture, in pixels.
  public static let side = 28

  /// Which digits are drawn: each seed has its own endless row of them.
  public let seed: UInt64

  /// Makes the digits of one seed.
  public init(seed: UInt64) {
    self.seed = seed
  }

  /// The digit shown by one picture: each as often as the others, in random order.
  ///
  /// - Precondition: `index` is in `0..<2³²`.
  public func label(at index: Int) -> Int {
    var dice = dice(for: index)
    return dice.choice(of: 10)
  }

  /// One picture.
  ///
  /// - Precondition: `index` is in `0..<2³²`.
  public func picture(at index: Int) -> GrayPicture {
    let pixels = [UInt8](unsafeUninitializedCapacity: Self.side * Self.side) { pixels, filled in
      draw(index, into: pixels)
      filled = pixels.count
    }
    return GrayPicture(width: Self.side, height: Self.side, pixels: pixels)
  }

  /// The pictures of a range as a dataset of shape `[28, 28, 1]` with ten classes, drawn on all processors.
  ///
  /// - Precondition: the range lies in `0..<2³²`.
  public func dataset(of indices: Range<Int>) -> Dataset {
    let area = Self.side * Self.side
    let pixels = [UInt8](unsafeUninitializedCapacity: indices.count * area) { pixels, filled in
      let canvas = Canvas(pixels: pixels)
      let pieceSize = 256
      let pieceCount = (indices.count + pieceSize - 1) / pieceSize
      DispatchQueue.concurrentPerform(iterations: pieceCount) { piece in
        for offset in piece * pieceSize..<min((piece + 1) * pieceSize, indices.count) {
          let picture = canvas.pixels[offset * area..<(offset + 1) * area]
          draw(indices.lowerBound + offset, into: UnsafeMutableBufferPointer(rebasing: picture))
        }
      }
      filled = indices.count * area
    }
    return Dataset(
      trustedBytes: pixels, shape: [Self.side, Self.side, 1], labels: indices.map { Int32(label(at: $0)) },
      classNames: MNIST.classNames)
  }

  /// Memory for pictures that several threads draw at once.
  private struct Canvas: @unchecked Sendable {
    // Sendable because no two threads draw the same picture, and pictures do not overlap.
    let pixels: UnsafeMutableBufferPointer<UInt8>
  }

  /// Draws one picture into memory that may be uninitialized, `[28, 28]` row-major.
  private func draw(_ index: Int, into pixels: UnsafeMutableBufferPointer<UInt8>) {
    var dice = dice(for: index)
    let digit = dice.choice(of: 10)
    let handwriting = Handwriting(using: &dice)
    let line = handwriting.write(digit, using: &dice)
    handwriting.ink(line, into: pixels, side: Self.side, using: &dice)
  }

  private func dice(for index: Int) -> Dice {
    precondition(0...Int(UInt32.max) ~= index, "StrokeDigits: index \(index) is not in 0..<2³²")
    return Dice(seed: seed, index: index)
  }
}

/// The random numbers of one picture, made without functions that differ between machines.
struct Dice {
  private let philox: Philox
  private let draw: UInt32
  private var element = 0

  /// Keeps these numbers apart from those that shuffle and split.
  private static let stream: UInt32 = 0xDA7A_0003

  init(seed: UInt64, index: Int) {
    self.philox = Philox(seed: seed)
    self.draw = UInt32(index)
  }

  /// Uniform in `[0, 1)`.
  mutating func uniform() -> Float {
    defer { element += 1 }
    return Philox.uniform(philox.word(element: element, draw: draw, stream: Self.stream))
  }

  /// Uniform between the bounds.
  mutating func uniform(_ low: Float, _ high: Float) -> Float {
    low + (high - low) * uniform()
  }

  /// A whole number in `0..<count`.
  mutating func choice(of count: Int) -> Int {
    Int(uniform() * Float(count))
  }

  /// Nearly normal, mean 0 and standard deviation 1: the sum of three uniform numbers, which never leaves ±3.
  mutating func normal() -> Float {
    // Each number has variance 1/12, three of them 1/4.
    (uniform() + uniform() + uniform() - 1.5) * 2
  }
}
