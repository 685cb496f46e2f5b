import Foundation

/// Letters made of lines, for pixels: no font file is needed, and every machine draws the same. SVG leaves letters to whoever shows it.
enum StrokeFont {
  /// A letter: lines over a base line at 0, capitals 7 high, and how far to the right the next letter begins.
  struct Glyph {
    let lines: [[Point]]
    let advance: Double
  }

  /// Capitals are 7 units high, and 0.72 of the size.
  private static func unit(_ size: Double) -> Double { 0.72 * size / 7 }

  /// How thick lines are, in points.
  static func strokeWidth(_ style: Drawing.TextStyle) -> Double { style.size * (style.isBold ? 0.125 : 0.085) }

  /// How long a text becomes, in points.
  static func width(of text: String, size: Double, isBold: Bool = false) -> Double {
    folded(text).reduce(0) { $0 + glyph($1).advance } * unit(size) * (isBold ? 1.06 : 1)
  }

  /// The lines of a text that stands at a place.
  static func lines(of text: String, at place: Point, _ style: Drawing.TextStyle) -> [[Point]] {
    let scale = unit(style.size), wide = scale * (style.isBold ? 1.06 : 1)
    let length = width(of: text, size: style.size, isBold: style.isBold)
    var start =
      switch style.anchor {
      case .start: 0.0
      case .middle: -length / 2
      case .end: -length
      }
    var lines: [[Point]] = []
    for character in folded(text) {
      let glyph = glyph(character)
      // Half of the gap between letters stands on each side.
      let left = start + gap / 2 * wide
      lines += glyph.lines.map { line in
        line.map { point in
          let (x, y) = (left + point.x * wide, point.y * scale)
          return style.isUpright ? Point(place.x - y, place.y - x) : Point(place.x + x, place.y - y)
        }
      }
      start += glyph.advance * wide
    }
    return lines
  }

  /// Letters without their accents, where they have any.
  private static func folded(_ text: String) -> [Character] {
    text.map { known[$0] != nil ? $0 : $0.folded }
  }

  private static func glyph(_ character: Character) -> Glyph { known[character] ?? unknown }

  /// What stands between two letters.
  private static let gap = 1.5
  private static let unknown = outlined("N 0.3 0 L 0.3 6 L 3.7 6 L 3.7 0 L 0.3 0", width: 4)
  private static let known = outlines.mapValues { outlined($0.path, width: $0.width) }

  /// Reads an outline: `N x y` puts the pen down, `L x y` draws a line, `Q x y x y` a parabola past a point, `E x y rx ry from to` an arc
  /// of an ellipse, in degrees from the right, against the clock.
  private static func outlined(_ path: String, width: Double) -> Glyph {
    var words = path.split(separator: " ")[...]
    func next() -> Double { words.popFirst().flatMap { Double($0) } ?? 0 }
    var lines: [[Point]] = []
    while let command = words.popFirst() {
      var line = lines.popLast() ?? []
      switch command {
      case "N":
        if !line.isEmpty { lines.append(line) }
        line = words.first.map { Double($0) != nil } ?? false ? [Point(next(), next())] : []
      case "L": line.append(Point(next(), next()))
      case "Q":
        let (start, control, end) = (line.last ?? Point(0, 0), Point(next(), next()), Point(next(), next()))
        for step in 1...8 {
          let t = Double(step) / 8, u = 1 - t
          line.append(
            Point(
              u * u * start.x + 2 * u * t * control.x + t * t * end.x,
              u * u * start.y + 2 * u * t * control.y + t * t * end.y))
        }
      default:
        let (center, rx, ry, from, to) = (Point(next(), next()), next(), next(), next(), next())
        for step in 0...24 {
          let angle = (from + (to - from) * Double(step) / 24) * .pi / 180
          line.append(Point(center.x + rx * cos(angle), center.y + ry * sin(angle)))
        }
      }
      lines.append(line)
    }
    return Glyph(lines: lines.filter { $0.count > 1 }, advance: width + gap)
  }
}

extension Character {
  /// The letter under an accent; the character itself where there is none.
  fileprivate var folded: Character {
    String(self).decomposedStringWithCanonicalMapping.unicodeScalars.first.map(Character.init) ?? self
  }
}
