import MartletAutograd
import MartletBackend
import MartletTensor

/// While learning, moves, turns, enlarges and mirrors each image at random; otherwise passes everything on. What happens depends on the
/// step's key, the layer's path and the place of the image in the batch alone, so every device sees the same pictures.
///
/// Pixels between pixels are mixed in proportion; outside the image is `background`, or its edge goes on.
///
/// - Shape: `[batch, height, width, channels]` in, the same out.
public struct RandomTransform: Layer {
  /// How far images move at most, as a share of height and width.
  public let shift: Float
  /// How far they turn at most to either side, in radians.
  public let rotation: Float
  /// How much larger or smaller they become at most: 0.2 for 0.8…1.2.
  public let zoom: Float
  /// Whether half of them are mirrored left to right.
  public let mirrors: Bool
  /// What lies outside; `nil` continues the edge.
  public let background: Float?
  /// What it is called in paths and summaries.
  public let name: String?
  private let stream = RandomStream()

  /// - Precondition: numbers are not negative, `zoom` is below 1.
  public init(
    shift: Float = 0, rotation: Float = 0, zoom: Float = 0, mirrors: Bool = false, background: Float? = nil,
    name: String? = nil
  ) {
    require(
      shift >= 0 && rotation >= 0 && zoom >= 0 && zoom < 1,
      "RandomTransform: need shift, rotation ≥ 0 and zoom in 0..<1; got \(shift), \(rotation), \(zoom)")
    self.shift = shift
    self.rotation = rotation
    self.zoom = zoom
    self.mirrors = mirrors
    self.background = background
    self.name = name
  }

  /// The shape of the result; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape {
    guard input.rank == 3 else {
      throw ShapeError("RandomTransform needs images [height, width, channels]; got \(input)")
    }
    return input
  }

  /// The result for a batch.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor {
    require(x.rank == 4, "RandomTransform: needs [batch, height, width, channels]; got \(x.shape)")
    guard case .training(let key) = mode else { return x }
    // Five numbers per image: two shifts, an angle, a size, a side.
    let draws = Tensor.uniform([5, x.shape[0], 1, 1], in: -1..<1, key: stream.key(key), on: x.device)
    let side: Tensor? = mirrors ? 1 - 2 * (draws[4] .< 0).cast(to: .float32) : nil
    return Self.transformed(
      x, down: draws[0] * (shift * Float(x.shape[1])), right: draws[1] * (shift * Float(x.shape[2])),
      angle: draws[2] * rotation, scale: draws[3] * zoom + 1, side: side, background: background)
  }

  /// Images moved, turned about their middle and enlarged; each argument is `[batch, 1, 1]`.
  ///
  /// - Parameters:
  ///   - down, right: In pixels.
  ///   - angle: In radians, clockwise as images are seen.
  ///   - side: -1 where left and right change places, else 1.
  package static func transformed(
    _ x: Tensor, down: Tensor, right: Tensor, angle: Tensor, scale: Tensor, side: Tensor? = nil,
    background: Float? = nil
  ) -> Tensor {
    let (height, width) = (x.shape[1], x.shape[2])
    let (middleY, middleX) = (Float(height - 1) / 2, Float(width - 1) / 2)
    let rows = Tensor.range(height, on: x.device).cast(to: .float32).reshaped(to: [1, height, 1])
    let columns = Tensor.range(width, on: x.device).cast(to: .float32).reshaped(to: [1, 1, width])
    // Where each pixel of the result comes from: everything undone in reverse order.
    let (v, u) = (rows - middleY - down, columns - middleX - right)
    let (cosine, sine) = (angle.cos() / scale, angle.sin() / scale)
    let y = v * cosine - u * sine + middleY
    var fromMiddle = u * cosine + v * sine
    if let side { fromMiddle = fromMiddle * side }
    return x.sampled(y: y, x: fromMiddle + middleX, background: background)
  }
}

extension Tensor {
  /// Pixels at places between pixels, mixed of the four around.
  ///
  /// - Parameters:
  ///   - y, x: `[batch, rows, columns]`, counted in pixels from the middle of the first.
  fileprivate func sampled(y: Tensor, x: Tensor, background: Float?) -> Tensor {
    let (top, left) = (y.floor(), x.floor())
    let (weightY, weightX) = ((y - top).expanded(at: -1), (x - left).expanded(at: -1))
    func corner(_ down: Float, _ right: Float) -> Tensor {
      pixels(y: top + down, x: left + right, background: background)
    }
    let upper = corner(0, 0) * (1 - weightX) + corner(0, 1) * weightX
    let lower = corner(1, 0) * (1 - weightX) + corner(1, 1) * weightX
    return upper * (1 - weightY) + lower * weightY
  }

  private func pixels(y: Tensor, x: Tensor, background: Float?) -> Tensor {
    let (batch, height, width, channels) = (shape[0], shape[1], shape[2], shape[3])
    let (row, column) = (y.clamped(to: 0...Float(height - 1)), x.clamped(to: 0...Float(width - 1)))
    let first = Tensor.range(batch, on: device).reshaped(to: [batch, 1, 1]) * Float(height * width)
    let index = first + row.cast(to: .int32) * Float(width) + column.cast(to: .int32)
    let found = reshaped(to: [batch * height * width, channels]).gathered(index)
    guard let background else { return found }
    let isInside = (row .== y) & (column .== x)
    return Tensor.select(isInside.expanded(at: -1), found, background)
  }
}
