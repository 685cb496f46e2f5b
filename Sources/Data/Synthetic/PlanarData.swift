import MartletBackend

/// Points of the plane in patterns that networks of different depth can tell apart: those of the neural-network playground, and two
/// moons. Everything follows from the seed.
public enum PlanarData: String, CaseIterable, Sendable {
  /// Two round clouds: a straight line divides them.
  case gauss
  /// Opposite quarters belong together.
  case xor
  /// A disc in a ring.
  case circle
  /// Two spirals wound into each other.
  case spiral
  /// Two half rings that reach into each other.
  case moons
  /// For regression: a plane that rises from -1 to 1 along the diagonal.
  case plane
  /// For regression: hills and hollows in two rows.
  case hills
}

extension PlanarData {
  /// Whether targets are numbers instead of classes.
  public var isRegression: Bool { self == .plane || self == .hills }

  /// Draws points and their targets: classes 0 and 1, or numbers from -1 to 1.
  ///
  /// - Parameters:
  ///   - count: How many.
  ///   - noise: 0 for clean patterns, 0.5 for the playground's most blurred ones.
  /// - Precondition: `count` is positive, `noise` is not negative.
  public func dataset(count: Int, noise: Float = 0, seed: UInt64) -> Dataset {
    precondition(count > 0 && noise >= 0, "PlanarData: need count > 0, noise ≥ 0; got \(count), \(noise)")
    var draws = Draws(seed: seed, stream: 0)
    let points = (0..<count).map { index in
      // Classes by turns; `share` goes from 0 to 1 along a pattern.
      point(isSecond: index % 2 == 1, share: Float(index / 2) / Float(max((count + 1) / 2, 1)), noise: noise, &draws)
    }
    let inputs = points.flatMap { [$0.x, $0.y] }
    let made =
      isRegression
      ? try? Dataset(inputs: inputs, shape: [2], targets: points.map(\.target))
      : try? Dataset(inputs: inputs, shape: [2], labels: points.map { Int($0.target) }, classNames: ["0", "1"])
    guard let made else { preconditionFailure("PlanarData: \(count) points make no dataset") }
    return made
  }

  private typealias Point = (x: Float, y: Float, target: Float)

  private func point(isSecond: Bool, share: Float, noise: Float, _ draws: inout Draws) -> Point {
    let label: Float = isSecond ? 1 : 0
    switch self {
    case .gauss:
      // Standard deviation √½, up to 2 with the most noise.
      let deviation = (0.5 + 7 * noise).squareRoot()
      let center: Float = isSecond ? 2 : -2
      return (center + deviation * draws.normal(), center + deviation * draws.normal(), label)
    case .xor:
      let (x, y) = (draws.uniform(-5..<5), draws.uniform(-5..<5))
      let (apartX, apartY) = (x + (x > 0 ? 0.3 : -0.3), y + (y > 0 ? 0.3 : -0.3))
      let blurred = (apartX + 5 * noise * draws.uniform(-1..<1)) * (apartY + 5 * noise * draws.uniform(-1..<1))
      return (apartX, apartY, blurred >= 0 ? 1 : 0)
    case .circle:
      let radius = isSecond ? draws.uniform(0..<2.5) : draws.uniform(3.5..<5)
      let angle = draws.uniform(0..<2 * .pi)
      let (x, y) = (radius * Elementary.sin(angle), radius * Elementary.cos(angle))
      let (blurredX, blurredY) = (x + 5 * noise * draws.uniform(-1..<1), y + 5 * noise * draws.uniform(-1..<1))
      return (x, y, blurredX * blurredX + blurredY * blurredY < 6.25 ? 1 : 0)
    case .spiral:
      let angle = 1.75 * share * 2 * .pi + (isSecond ? .pi : 0)
      let radius = 5 * share
      return (
        radius * Elementary.sin(angle) + noise * draws.uniform(-1..<1),
        radius * Elementary.cos(angle) + noise * draws.uniform(-1..<1), label
      )
    case .moons:
      let angle = Float.pi * share
      let (x, y) = (Elementary.cos(angle), Elementary.sin(angle))
      let place = isSecond ? (1 - x, 0.5 - y) : (x, y)
      return (place.0 + noise * draws.normal(), place.1 + noise * draws.normal(), label)
    case .plane:
      let (x, y) = (draws.uniform(-6..<6), draws.uniform(-6..<6))
      let sum = x + y + 6 * noise * (draws.uniform(-1..<1) + draws.uniform(-1..<1))
      return (x, y, min(max(sum / 10, -1), 1))
    case .hills:
      let (x, y) = (draws.uniform(-6..<6), draws.uniform(-6..<6))
      let (u, v) = (x + 6 * noise * draws.uniform(-1..<1), y + 6 * noise * draws.uniform(-1..<1))
      return (x, y, Self.height(u, v))
    }
  }

  /// The hill or hollow that is felt most: each falls off in a straight line to 0 at distance 2.
  private static func height(_ x: Float, _ y: Float) -> Float {
    let peaks: [(Float, Float, Float)] = [
      (-4, 2.5, 1), (0, 2.5, -1), (4, 2.5, 1), (-4, -2.5, -1), (0, -2.5, 1), (4, -2.5, -1),
    ]
    var height: Float = 0
    for (peakX, peakY, sign) in peaks {
      let distance = ((x - peakX) * (x - peakX) + (y - peakY) * (y - peakY)).squareRoot()
      let own = sign * max(0, 1 - distance / 2)
      if own.magnitude > height.magnitude { height = own }
    }
    return height
  }
}
