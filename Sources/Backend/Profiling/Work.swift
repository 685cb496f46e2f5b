/// How much a call has to do, from its shapes: what rates are computed from.
public struct Work: Hashable, Sendable {
  /// Floating-point operations of contractions, a fused multiply-add counting as two; 0 elsewhere, where memory decides.
  public var flops = 0
  /// Bytes of operands, each element that is touched counted once.
  public var bytes = 0

  /// Amounts; nothing unless given.
  public init(flops: Int = 0, bytes: Int = 0) {
    self.flops = flops
    self.bytes = bytes
  }

  /// The sum.
  public static func += (a: inout Work, b: Work) {
    a.flops += b.flops
    a.bytes += b.bytes
  }

  package init(flops: Int = 0, touching views: [View]) {
    self.init(flops: flops, bytes: views.reduce(0) { $0 + $1.touchedByteCount })
  }

  /// Taps in the margins count as if they were there.
  package static func convolution(_ image: View, weights: View, _ result: View) -> Work {
    let perPosition = weights.shape.elementCount
    let positions = result.shape[0] * result.shape[1] * result.shape[2]
    return Work(flops: 2 * positions * perPosition, touching: [image, weights, result])
  }

  /// The convolution of all positions, whether or not the pooling that follows leaves some out.
  package static func convolution(
    _ convolution: Convolution, of images: Shape, weights: View, touching operands: [View]
  ) -> Work {
    let positions = convolution.outputShape(of: images, channels: 1).elementCount
    return Work(flops: 2 * positions * weights.shape.elementCount, touching: operands)
  }
}

extension View {
  /// The bytes of the different elements it shows: what is broadcast counts once.
  fileprivate var touchedByteCount: Int {
    var count = dtype.byteCount
    for axis in 0..<layout.rank where layout.strides[axis] != 0 || layout.shape[axis] == 0 {
      count *= layout.shape[axis]
    }
    return count
  }
}
