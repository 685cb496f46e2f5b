import MartletBackend
import MartletTensor

/// What a padded tensor has beyond its border.
public enum PaddingMode: Hashable, Sendable {
  /// The same value everywhere.
  case constant(Float)
  /// The mirror image without the border itself: `c b | a b c | b a`.
  case reflect
  /// The mirror image with the border: `b a | a b c | c b`.
  case symmetric
}

extension Tensor {
  /// The tensor with elements added before and after it along each axis.   ∂L/∂x = the upstream of each element and of its mirror
  /// images.
  ///
  /// - Parameter amounts: One pair per axis, zero or more; for `reflect` less than the extent, for `symmetric` at most it.
  public func padded(_ amounts: [(before: Int, after: Int)], mode: PaddingMode = .constant(0)) -> Tensor {
    let target = trapping { try shape.paddedShape(amounts) }
    if target == shape { return self }
    switch mode {
    case .constant(let value): return padded(amounts, to: target, with: value)
    case .reflect: return mirrored(amounts, skippingBorder: true)
    case .symmetric: return mirrored(amounts, skippingBorder: false)
    }
  }

  private func padded(_ amounts: [(before: Int, after: Int)], to target: Shape, with value: Float) -> Tensor {
    let starts = amounts.map(\.before)
    let part: @Sendable (Layout) -> Layout = { [shape] whole in
      starts.indices.reduce(whole) { $0.sliced(axis: $1, from: starts[$1], count: shape[$1]) }
    }
    let result = Tensor(filling: target, with: scalar(value, for: "padded"), dtype: dtype, on: device)
    result.fill(part(result.layout), with: CommonPrograms.copy(dtype.laneType), [self], for: "padded")
    return result.recorded(
      "padded",
      (
        self,
        { [shape] upstream in
          starts.indices.reduce(upstream) { $0.sliced(axis: $1, from: starts[$1], count: shape[$1]) }
        }
      ))
  }

  private func mirrored(_ amounts: [(before: Int, after: Int)], skippingBorder: Bool) -> Tensor {
    var result = self
    for (axis, amount) in amounts.enumerated() where amount.before > 0 || amount.after > 0 {
      let extent = shape[axis]
      let border = skippingBorder ? 1 : 0
      require(
        Swift.max(amount.before, amount.after) <= extent - border,
        "padded: \(amount) mirrored along axis \(axis) of shape \(shape), at most \(extent - border)")
      let positions = (-amount.before..<extent + amount.after).map { position -> Int32 in
        if position < 0 { return Int32(-position - 1 + border) }
        if position >= extent { return Int32(2 * extent - 1 - border - position) }
        return Int32(position)
      }
      let indices = Tensor(positions, shape: [positions.count], on: device)
      result = result.gathered(indices, alongAxis: axis)
    }
    return result
  }
}
