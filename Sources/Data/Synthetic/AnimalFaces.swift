import MartletBackend

/// Drawn faces of cats and dogs, for networks that are to tell pictures apart where no photographs are at hand: cats have ears that point up,
/// dogs ears that hang down beside the face. Colours, size, place and background say nothing about which is which.
public enum AnimalFaces {
  /// The two classes, in their order.
  public static let classNames = ["cat", "dog"]

  /// Draws faces, cats and dogs by turns.
  ///
  /// - Parameters:
  ///   - count: How many.
  ///   - side: Height and width in pixels; samples are `[side, side, 3]`.
  ///   - seed: Decides everything.
  /// - Precondition: `count` is positive, `side` at least 8.
  public static func dataset(count: Int, side: Int = 32, seed: UInt64) -> Dataset {
    precondition(count > 0 && side >= 8, "AnimalFaces: need count > 0, side ≥ 8; got \(count), \(side)")
    var draws = Draws(seed: seed, stream: 2)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count * side * side * 3)
    for index in 0..<count { bytes += Face(isDog: index % 2 == 1, &draws).pixels(side: side, &draws) }
    return Dataset(
      trustedBytes: bytes, shape: [side, side, 3], labels: (0..<count).map { Int32($0 % 2) }, classNames: classNames)
  }
}

/// One face, in a square from -1 to 1, y downwards.
private struct Face {
  private typealias Color = (red: Float, green: Float, blue: Float)

  private let isDog: Bool
  private let center: (x: Float, y: Float)
  private let radius: Float
  /// How far the ears lean outwards.
  private let lean: Float
  private let fur: Color
  private let ground: Color

  init(isDog: Bool, _ draws: inout Draws) {
    self.isDog = isDog
    center = (draws.uniform(-0.2..<0.2), draws.uniform(0..<0.25))
    radius = draws.uniform(0.4..<0.55)
    lean = draws.uniform(0.5..<0.75)
    fur = Self.color(&draws)
    ground = Self.color(&draws)
  }

  private static func color(_ draws: inout Draws) -> Color {
    (draws.uniform(40..<230), draws.uniform(40..<230), draws.uniform(40..<230))
  }

  func pixels(side: Int, _ draws: inout Draws) -> [UInt8] {
    var pixels: [UInt8] = []
    for row in 0..<side {
      for column in 0..<side {
        let (x, y) = ((Float(column) + 0.5) / Float(side) * 2 - 1, (Float(row) + 0.5) / Float(side) * 2 - 1)
        let color = color(at: (x - center.x) / radius, (y - center.y) / radius)
        // The grain of a camera, the same for all three.
        let grain = 12 * draws.normal()
        for part in [color.red, color.green, color.blue] { pixels.append(UInt8(min(max(part + grain, 0), 255))) }
      }
    }
    return pixels
  }

  /// The colour at a place measured from the middle of the face in radii.
  private func color(at x: Float, _ y: Float) -> Color {
    let side = x.magnitude
    let isEye = (side - 0.38) * (side - 0.38) + (y + 0.15) * (y + 0.15) < 0.018
    let isNose = side < 0.14 && y > 0.2 && y < 0.36
    if isEye || isNose { return (20, 20, 25) }
    if isEar(side, y) { return (fur.red * 0.65, fur.green * 0.65, fur.blue * 0.65) }
    return x * x + y * y < 1 ? fur : ground
  }

  private func isEar(_ side: Float, _ y: Float) -> Bool {
    if isDog {
      // An oval from the height of the eyes down beside the cheek.
      let (across, along) = ((side - 0.55 - lean * 0.6) / 0.28, (y - 0.15) / 0.75)
      return across * across + along * along < 1
    }
    // A triangle on top of the head, its point `lean` to the side.
    let share = (-0.55 - y) / 0.95
    guard share >= 0 && share <= 1 else { return false }
    let (inner, outer) = (0.15 + (lean - 0.15) * share, 0.95 + (lean - 0.95) * share)
    return side > inner && side < outer
  }
}
