/// Draws digits that look handwritten. (Stub replaced below.)
public struct StrokeDigits: Sendable {
  let seed: UInt64
  public init(seed: UInt64) { self.seed = seed }
  public func dataset(of indices: Range<Int>) throws -> Dataset {
    try Dataset(
      bytes: [UInt8](repeating: 0, count: 784 * indices.count), shape: [28, 28, 1], labels: indices.map { $0 % 10 },
      classNames: MNIST.classNames)
  }
}
