/// One person's hand on one occasion: how the shapes of digits are bent, and with what pen.
struct Handwriting {
  /// How far the hand misses the points of a shape, in heights of the digit.
  private let unsteadiness: Float
  private let aspect: Float
  private let slant: Float
  private let turn: SIMD2<Float>
  private let bend: SIMD4<Float>
  /// How far the middle of the digit lies below (or, negative, above) its place in the shape.
  private let waist: Float
  private let size: Float
  private let shift: SIMD2<Float>
  /// Half the width of the stroke in pixels.
  private let radius: Float
  /// How much the radius grows from the beginning of a stroke to its end, and swells in its middle, as shares.
  private let pressureChange: Float
  private let pressureSwell: Float
  /// The width in pixels over which the edge of a stroke fades.
  private let softness: Float
  private let darkness: Float

  /// A place where the pen has been, in pixels, and how wide the stroke is there.
  struct Dab {
    var position: SIMD2<Float>
    var radius: Float
    /// Whether the pen came here from the dab before, rather than having been lifted.
    let isJoined: Bool
  }

  init(using dice: inout Dice) {
    unsteadiness = 0.015 + 0.06 * dice.uniform() * dice.uniform()
    aspect = dice.uniform(0.65, 1.4)
    slant = 0.14 + 0.24 * dice.normal()
    // (1 − t², 2t) / (1 + t²) is a turn by 2·atan(t) and needs no sine.
    let t = 0.07 * dice.normal()
    turn = SIMD2(1 - t * t, 2 * t) / (1 + t * t)
    bend = SIMD4(dice.normal(), dice.normal(), dice.normal(), dice.normal()) * SIMD4(0.24, 0.2, 0.16, 0.16)
    waist = 0.24 * dice.normal()
    size = dice.uniform(0.84, 1)
    shift = SIMD2(dice.normal(), dice.normal()) * 0.6
    radius = 0.75 + 1.1 * dice.uniform() * (0.4 + 0.6 * dice.uniform())
    pressureChange = 0.15 * dice.normal()
    pressureSwell = 0.15 * dice.normal()
    softness = dice.uniform(1, 1.7)
    darkness = dice.uniform(0.9, 1.25)
  }

  /// The way of the pen for one digit, in pixels around the origin.
  func write(_ digit: Int, using dice: inout Dice) -> [Dab] {
    let shape = Self.shape(for: digit, using: &dice)
    var line: [Dab] = []
    for stroke in shape.strokes {
      let points = stroke.map { point in
        let miss = SIMD2(dice.normal(), dice.normal()) * unsteadiness
        return DigitShapes.Point(position: bent(point.position + miss), isCorner: point.isCorner)
      }
      let path = StrokePath(through: points).positions
      for (index, position) in path.enumerated() {
        let progress = Float(index) / Float(max(path.count - 1, 1))
        line.append(Dab(position: position, radius: radius(at: progress), isJoined: index > 0))
      }
    }
    return fitted(line)
  }

  private static func shape(for digit: Int, using dice: inout Dice) -> DigitShapes.Shape {
    let shapes = DigitShapes.all[digit]
    var remaining = dice.uniform() * shapes.reduce(0) { $0 + $1.weight }
    for shape in shapes {
      remaining -= shape.weight
      if remaining < 0 { return shape }
    }
    return shapes[shapes.count - 1]
  }

  /// Where a point of the shape lands in this hand.
  private func bent(_ point: SIMD2<Float>) -> SIMD2<Float> {
    var (x, y) = (point.x - 0.33, point.y - 0.5)
    y += waist * (0.25 - y * y)
    x *= aspect
    (x, y) = (
      x + bend.x * (y * y - 0.08) + bend.y * x * y - slant * y,
      y + bend.z * (x * x - 0.03) + bend.w * x * y
    )
    return SIMD2(turn.x * x - turn.y * y, turn.y * x + turn.x * y)
  }

  private func radius(at progress: Float) -> Float {
    let swell = 4 * progress * (1 - progress) - 0.5
    return max(radius * (1 + pressureChange * (2 * progress - 1) + pressureSwell * swell), 0.55)
  }

  /// Scales the line into a box of 20 pixels, as MNIST's digits are, and moves its centre of mass to the origin.
  private func fitted(_ line: [Dab]) -> [Dab] {
    var (low, high) = (SIMD2<Float>(repeating: .infinity), SIMD2<Float>(repeating: -.infinity))
    for dab in line {
      low = pointwiseMin(low, dab.position)
      high = pointwiseMax(high, dab.position)
    }
    let scale = size * (20 - 2 * radius) / max((high - low).max(), 0.1)

    var (mass, moment) = (Float(0), SIMD2<Float>(repeating: 0))
    for (start, end) in zip(line, line.dropFirst()) where end.isJoined {
      let step = end.position - start.position
      let weight = (step * step).sum().squareRoot() * (start.radius + end.radius)
      mass += weight
      moment += weight * (start.position + end.position) / 2
    }
    let centre = mass > 0 ? moment / mass : (low + high) / 2
    // A heavy end may pull the centre far enough to push the other end out: keep a pixel of paper on every side.
    let room = SIMD2<Float>(repeating: 13 - (line.map(\.radius).max() ?? 0) - softness / 2)
    let shift = pointwiseMin(pointwiseMax(shift, (centre - low) * scale - room), room - (high - centre) * scale)
    return line.map { dab in
      Dab(position: (dab.position - centre) * scale + shift, radius: dab.radius, isJoined: dab.isJoined)
    }
  }

  /// Draws a line into a square picture, `[side, side]` row-major, the origin in its middle.
  func ink(_ line: [Dab], into pixels: UnsafeMutableBufferPointer<UInt8>, side: Int, using dice: inout Dice) {
    var coverage = [Float](repeating: 0, count: side * side)
    let middle = SIMD2<Float>(repeating: Float(side) / 2)
    for (start, end) in zip(line, line.dropFirst()) where end.isJoined {
      cover(&coverage, side: side, from: start, to: end, middle: middle)
    }
    // Paper and pen are not even: up to 6 % less ink here and there.
    for index in coverage.indices {
      let ink = coverage[index] * darkness
      let value = ink > 0 ? min(ink, 1) * (1 - 0.06 * dice.uniform()) : 0
      pixels.initializeElement(at: index, to: UInt8(value * 255 + 0.5))
    }
  }

  /// Darkens the pixels near the straight piece between two dabs; a pixel under several pieces takes the darkest.
  private func cover(
    _ coverage: inout [Float], side: Int, from start: Dab, to end: Dab, middle: SIMD2<Float>
  ) {
    let (a, b) = (start.position + middle, end.position + middle)
    let reach = max(start.radius, end.radius) + softness / 2
    let low = pointwiseMin(a, b) - reach
    let high = pointwiseMax(a, b) + reach
    let rows = max(Int(low.y), 0)..<max(min(Int(high.y) + 1, side), max(Int(low.y), 0))
    let columns = max(Int(low.x), 0)..<max(min(Int(high.x) + 1, side), max(Int(low.x), 0))
    let step = b - a
    let inverseLength = 1 / max((step * step).sum(), 1e-12)
    for row in rows {
      for column in columns {
        let pixel = SIMD2(Float(column) + 0.5, Float(row) + 0.5) - a
        let along = min(max((pixel * step).sum() * inverseLength, 0), 1)
        let off = pixel - along * step
        let distance = (off * off).sum().squareRoot()
        let radius = start.radius + (end.radius - start.radius) * along
        let covered = min(max((radius - distance) / softness + 0.5, 0), 1)
        coverage[row * side + column] = max(coverage[row * side + column], covered)
      }
    }
  }
}

/// A smooth way through points: Catmull and Rom's spline between corners, which stay sharp.
///
/// - Source: Catmull and Rom 1974, "A class of local interpolating splines"; uniform, tension ½.
struct StrokePath {
  private(set) var positions: [SIMD2<Float>] = []

  /// Straight pieces between two points.
  private static let pieceCount = 5

  init(through points: [DigitShapes.Point]) {
    var smooth: [SIMD2<Float>] = []
    for (index, point) in points.enumerated() {
      smooth.append(point.position)
      if point.isCorner || index == points.count - 1 {
        append(splineThrough: smooth)
        smooth = [point.position]
      }
    }
  }

  private mutating func append(splineThrough points: [SIMD2<Float>]) {
    guard points.count > 1 else { return }
    if positions.isEmpty { positions.append(points[0]) }
    for index in 0..<points.count - 1 {
      let (p1, p2) = (points[index], points[index + 1])
      // Beyond an end the neighbour is mirrored.
      let p0 = index > 0 ? points[index - 1] : 2 * p1 - p2
      let p3 = index + 2 < points.count ? points[index + 2] : 2 * p2 - p1
      for piece in 1...Self.pieceCount {
        let t = Float(piece) / Float(Self.pieceCount)
        let cubic = (3 * (p1 - p2) + p3 - p0) * t
        let square = (2 * p0 - 5 * p1 + 4 * p2 - p3 + cubic) * t
        positions.append(p1 + 0.5 * t * (p2 - p0 + square))
      }
    }
  }
}
