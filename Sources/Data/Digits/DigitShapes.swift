/// The ways in which people write a digit: for each way the strokes, as points that the pen passes.
///
/// Coordinates are in units of the digit's height, x to the right and y downwards from the upper left corner.
enum DigitShapes {
  /// The strokes of one way to write a digit.
  struct Shape: Sendable {
    /// How common the way is among those of the same digit, as a weight.
    let weight: Float
    let strokes: [[Point]]

    init(_ weight: Float, _ strokes: [Point]...) {
      self.weight = weight
      self.strokes = strokes
    }
  }

  /// A point that the pen passes, smoothly or with a sharp turn.
  struct Point: Sendable {
    var position: SIMD2<Float>
    let isCorner: Bool
  }

  /// A point passed smoothly.
  private static func p(_ x: Float, _ y: Float) -> Point { Point(position: [x, y], isCorner: false) }
  /// A point at which the pen turns sharply.
  private static func c(_ x: Float, _ y: Float) -> Point { Point(position: [x, y], isCorner: true) }

  /// The shapes of the digits 0 to 9.
  static let all: [[Shape]] = [zero, one, two, three, four, five, six, seven, eight, nine]

  private static let zero = [
    // A loop that closes.
    Shape(
      4,
      [
        p(0.38, 0.01), p(0.14, 0.16), p(0.03, 0.5), p(0.13, 0.86), p(0.36, 1), p(0.6, 0.84), p(0.69, 0.48),
        p(0.59, 0.15), p(0.37, 0.01),
      ]),
    // Narrow, the end running past the beginning.
    Shape(
      2,
      [
        p(0.36, 0.04), p(0.16, 0.14), p(0.05, 0.46), p(0.1, 0.84), p(0.28, 0.99), p(0.46, 0.84), p(0.53, 0.46),
        p(0.44, 0.12), p(0.24, 0.03), p(0.12, 0.12),
      ]),
    // Begun on the right, the end crossing inside.
    Shape(
      2,
      [
        p(0.56, 0.1), p(0.34, 0.0), p(0.1, 0.2), p(0.02, 0.56), p(0.16, 0.92), p(0.42, 0.97), p(0.64, 0.72),
        p(0.66, 0.36), p(0.5, 0.1), p(0.34, 0.14),
      ]),
    // Left open at the top.
    Shape(
      1,
      [
        p(0.3, 0.05), p(0.08, 0.26), p(0.03, 0.6), p(0.18, 0.93), p(0.42, 0.97), p(0.63, 0.7), p(0.65, 0.36),
        p(0.54, 0.1), p(0.44, 0.03),
      ]),
  ]

  private static let one = [
    // A bare line.
    Shape(5, [p(0.3, 0), p(0.3, 0.5), p(0.3, 1)]),
    // A line with an upstroke.
    Shape(3, [p(0.1, 0.24), c(0.34, 0), p(0.33, 0.5), p(0.34, 1)]),
    // With upstroke and foot.
    Shape(1, [p(0.12, 0.22), c(0.36, 0), p(0.36, 0.5), p(0.36, 0.98)], [p(0.1, 0.99), p(0.36, 0.98), p(0.62, 0.98)]),
    // A slightly swung line.
    Shape(2, [p(0.33, 0), p(0.27, 0.34), p(0.31, 0.7), p(0.28, 1)]),
  ]

  private static let two = [
    // A sharp turn into a straight foot.
    Shape(
      3,
      [
        p(0.06, 0.22), p(0.17, 0.05), p(0.38, 0), p(0.58, 0.12), p(0.58, 0.35), p(0.38, 0.66), c(0.04, 0.97),
        p(0.36, 0.95), p(0.68, 0.97),
      ]),
    // A loop at the foot.
    Shape(
      3,
      [
        p(0.08, 0.18), p(0.26, 0.02), p(0.5, 0.06), p(0.57, 0.3), p(0.4, 0.64), p(0.18, 0.93), p(0.04, 0.92),
        p(0.08, 0.78), p(0.26, 0.8), p(0.48, 0.95), p(0.72, 0.92),
      ]),
    // A curved foot.
    Shape(
      2,
      [
        p(0.05, 0.2), p(0.24, 0.01), p(0.5, 0.05), p(0.58, 0.28), p(0.42, 0.58), c(0.06, 0.95), p(0.26, 0.87),
        p(0.48, 0.97), p(0.7, 0.9),
      ]),
    // Begun with a hook.
    Shape(
      1,
      [
        p(0.14, 0.32), p(0.06, 0.18), p(0.24, 0.01), p(0.5, 0.06), p(0.56, 0.32), p(0.34, 0.68), c(0.02, 0.98),
        p(0.34, 0.97), p(0.66, 0.93),
      ]),
  ]

  private static let three = [
    // Two bows meeting in a point.
    Shape(
      4,
      [
        p(0.06, 0.13), p(0.26, 0), p(0.5, 0.07), p(0.53, 0.28), p(0.38, 0.43), c(0.2, 0.47), p(0.46, 0.51),
        p(0.62, 0.7), p(0.54, 0.92), p(0.28, 1), p(0.03, 0.9),
      ]),
    // A flat roof.
    Shape(
      1,
      [
        p(0.06, 0.04), c(0.56, 0.02), c(0.28, 0.4), p(0.5, 0.46), p(0.63, 0.68), p(0.5, 0.94), p(0.24, 1),
        p(0.02, 0.88),
      ]),
    // A small loop in the middle.
    Shape(
      2,
      [
        p(0.08, 0.1), p(0.3, 0), p(0.52, 0.1), p(0.5, 0.3), p(0.32, 0.46), p(0.2, 0.5), p(0.24, 0.42), p(0.44, 0.48),
        p(0.61, 0.66), p(0.54, 0.92), p(0.28, 1), p(0.04, 0.92),
      ]),
    // Rounded like a reversed epsilon.
    Shape(
      2,
      [
        p(0.04, 0.16), p(0.24, 0.01), p(0.48, 0.1), p(0.46, 0.34), p(0.3, 0.47), p(0.46, 0.55), p(0.57, 0.76),
        p(0.42, 0.97), p(0.16, 0.98), p(0.02, 0.84),
      ]),
  ]

  private static let four = [
    // Open, an angle crossed by a line.
    Shape(
      4, [p(0.12, 0.03), p(0.08, 0.28), c(0.04, 0.54), p(0.36, 0.52), p(0.7, 0.5)],
      [p(0.58, 0.04), p(0.55, 0.5), p(0.5, 1)]),
    // Closed: the slope and the line begin together.
    Shape(
      2, [p(0.5, 0), p(0.26, 0.32), c(0.02, 0.64), p(0.36, 0.63), p(0.72, 0.62)], [p(0.5, 0), p(0.49, 0.5), p(0.48, 1)]),
    // A round bowl and a line.
    Shape(
      3, [p(0.08, 0.04), p(0.05, 0.34), p(0.18, 0.52), p(0.42, 0.48), p(0.58, 0.34)],
      [p(0.62, 0.02), p(0.58, 0.5), p(0.54, 1)]),
    // In one go, turning back into the line.
    Shape(1, [p(0.14, 0.06), p(0.08, 0.32), p(0.14, 0.5), p(0.38, 0.48), c(0.6, 0.1), p(0.55, 0.5), p(0.5, 1)]),
  ]

  private static let five = [
    // The roof added last.
    Shape(
      3, [p(0.14, 0.03), c(0.1, 0.42), p(0.34, 0.36), p(0.58, 0.5), p(0.6, 0.76), p(0.38, 0.98), p(0.03, 0.92)],
      [p(0.14, 0.03), p(0.38, 0.02), p(0.66, 0)]),
    // In one go from the right.
    Shape(
      3,
      [
        p(0.62, 0.02), c(0.18, 0.05), c(0.1, 0.42), p(0.36, 0.38), p(0.58, 0.54), p(0.58, 0.8), p(0.34, 0.99),
        p(0.02, 0.9),
      ]),
    // Like an S.
    Shape(
      2,
      [
        p(0.62, 0.02), p(0.36, 0.05), p(0.15, 0.2), p(0.2, 0.4), p(0.46, 0.52), p(0.56, 0.74), p(0.38, 0.97),
        p(0.04, 0.94),
      ]),
    // A deep belly.
    Shape(
      1,
      [p(0.6, 0.05), c(0.2, 0.02), c(0.16, 0.5), p(0.38, 0.42), p(0.56, 0.58), p(0.54, 0.82), p(0.3, 1), p(0.06, 0.86)]),
  ]

  private static let six = [
    // A round back.
    Shape(
      4,
      [
        p(0.5, 0.02), p(0.26, 0.18), p(0.08, 0.5), p(0.08, 0.82), p(0.3, 1), p(0.54, 0.88), p(0.55, 0.66),
        p(0.36, 0.54), p(0.16, 0.64), p(0.09, 0.8),
      ]),
    // A straight back and a small bowl.
    Shape(
      2,
      [
        p(0.42, 0), p(0.22, 0.36), p(0.07, 0.76), p(0.16, 0.96), p(0.4, 0.97), p(0.52, 0.8), p(0.42, 0.64),
        p(0.22, 0.68), p(0.1, 0.82),
      ]),
    // A wide bowl, closed well inside.
    Shape(
      2,
      [
        p(0.56, 0.06), p(0.34, 0.08), p(0.1, 0.42), p(0.06, 0.76), p(0.28, 0.98), p(0.58, 0.88), p(0.62, 0.62),
        p(0.42, 0.5), p(0.2, 0.58), p(0.12, 0.7),
      ]),
    // Upright, the bowl left open.
    Shape(
      1,
      [p(0.3, 0), p(0.12, 0.34), p(0.05, 0.72), p(0.2, 0.97), p(0.46, 0.92), p(0.5, 0.7), p(0.32, 0.6), p(0.18, 0.68)]),
  ]

  private static let seven = [
    // A roof and a slope.
    Shape(4, [p(0.02, 0.05), p(0.3, 0.05), c(0.62, 0.03), p(0.4, 0.46), p(0.24, 1)]),
    // With a bar.
    Shape(
      2, [p(0.04, 0.06), p(0.34, 0.04), c(0.64, 0.04), p(0.44, 0.46), p(0.28, 1)],
      [p(0.18, 0.5), p(0.38, 0.48), p(0.62, 0.47)]),
    // Begun with a downstroke.
    Shape(1.5, [p(0.04, 0.2), c(0.06, 0.04), p(0.34, 0.06), c(0.62, 0.04), p(0.44, 0.44), p(0.34, 1)]),
    // A rounded shoulder.
    Shape(1.5, [p(0.03, 0.14), p(0.2, 0.04), p(0.44, 0.08), p(0.6, 0.06), p(0.5, 0.36), p(0.36, 0.7), p(0.3, 1)]),
  ]

  private static let eight = [
    // In one go, an S that returns.
    Shape(
      4,
      [
        p(0.52, 0.12), p(0.34, 0), p(0.12, 0.1), p(0.13, 0.3), p(0.34, 0.47), p(0.56, 0.66), p(0.55, 0.9), p(0.31, 1),
        p(0.07, 0.88), p(0.11, 0.66), p(0.34, 0.47), p(0.54, 0.3), p(0.53, 0.1),
      ]),
    // Two rings.
    Shape(
      1.5, [p(0.34, 0.47), p(0.14, 0.34), p(0.16, 0.1), p(0.35, 0), p(0.54, 0.1), p(0.54, 0.34), p(0.34, 0.47)],
      [p(0.34, 0.46), p(0.09, 0.62), p(0.1, 0.9), p(0.34, 1), p(0.58, 0.9), p(0.58, 0.62), p(0.34, 0.46)]),
    // Ending in the air.
    Shape(
      2,
      [
        p(0.5, 0.06), p(0.28, 0.02), p(0.12, 0.18), p(0.26, 0.4), p(0.5, 0.6), p(0.54, 0.86), p(0.3, 1), p(0.08, 0.86),
        p(0.18, 0.64), p(0.42, 0.38), p(0.62, 0.04),
      ]),
    // A narrow one, its crossing high.
    Shape(
      1.5,
      [
        p(0.46, 0.1), p(0.3, 0.01), p(0.16, 0.14), p(0.24, 0.34), p(0.42, 0.54), p(0.46, 0.84), p(0.26, 1),
        p(0.08, 0.84), p(0.16, 0.56), p(0.38, 0.34), p(0.46, 0.12),
      ]),
  ]

  private static let nine = [
    // A ring and a straight stem.
    Shape(
      4,
      [
        p(0.54, 0.14), p(0.34, 0.01), p(0.1, 0.12), p(0.07, 0.36), p(0.28, 0.48), p(0.5, 0.34), c(0.56, 0.12),
        p(0.53, 0.55), p(0.5, 1),
      ]),
    // A curved tail.
    Shape(
      3,
      [
        p(0.54, 0.12), p(0.34, 0), p(0.1, 0.12), p(0.08, 0.36), p(0.3, 0.47), p(0.5, 0.32), p(0.56, 0.14), p(0.58, 0.5),
        p(0.46, 0.88), p(0.1, 0.97),
      ]),
    // Like a slope with a ring at its top.
    Shape(
      2,
      [
        p(0.56, 0.16), p(0.38, 0.02), p(0.16, 0.14), p(0.12, 0.38), p(0.32, 0.46), p(0.54, 0.22), p(0.44, 0.6),
        p(0.28, 1),
      ]),
    // A flat ring.
    Shape(
      1,
      [p(0.5, 0.06), p(0.24, 0.04), p(0.06, 0.22), p(0.2, 0.4), p(0.44, 0.32), c(0.58, 0.02), p(0.54, 0.5), p(0.52, 1)]),
  ]
}
