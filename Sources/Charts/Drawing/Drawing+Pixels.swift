import Foundation
import MartletData

extension Drawing {
  /// The drawing as pixels.
  ///
  /// - Parameter scale: Pixels per point.
  func picture(theme: Theme, scale: Double) -> ColorPicture {
    var raster = Raster(
      width: Int((width * scale).rounded(.up)), height: Int((height * scale).rounded(.up)),
      ground: Paint.surface.color(in: theme))
    func scaled(_ points: [Point]) -> [Point] { points.map { Point($0.x * scale, $0.y * scale) } }
    for mark in marks {
      switch mark {
      case .line(let points, let stroke):
        let lines = stroke.dashes.isEmpty ? [points] : Self.dashed(points, stroke.dashes)
        raster.stroke(
          lines.map(scaled), width: stroke.width * scale, color: stroke.paint.color(in: theme), opacity: stroke.opacity)
      case .area(let points, let paint, let opacity):
        raster.fill(scaled(points), color: paint.color(in: theme), opacity: opacity)
      case .circle(let center, let radius, let paint):
        // A line of no length with round ends.
        raster.stroke(
          [scaled([center, center])], width: 2 * radius * scale, color: paint.color(in: theme), opacity: 1)
      case .text(let text, let place, let style):
        let lines = StrokeFont.lines(of: text, at: place, style)
        raster.stroke(
          lines.map(scaled), width: StrokeFont.strokeWidth(style) * scale, color: style.paint.color(in: theme),
          opacity: 1)
      case .picture(let picture, let frame):
        raster.draw(
          picture,
          in: Frame(x: frame.x * scale, y: frame.y * scale, width: frame.width * scale, height: frame.height * scale))
      }
    }
    return raster.picture
  }

  /// The parts of a line that dashes leave.
  static func dashed(_ points: [Point], _ dashes: [Double]) -> [[Point]] {
    guard let first = points.first, dashes.allSatisfy({ $0 > 0 }), !dashes.isEmpty else { return [points] }
    var parts: [[Point]] = []
    var (current, index, left) = ([first], 0, dashes[0])
    for (start, end) in zip(points, points.dropFirst()) {
      let length = hypot(end.x - start.x, end.y - start.y)
      var done = 0.0
      while length - done > left {
        done += left
        let place = Point(start.x + (end.x - start.x) * done / length, start.y + (end.y - start.y) * done / length)
        if index.isMultiple(of: 2) { parts.append(current + [place]) }
        current = [place]
        index += 1
        left = dashes[index % dashes.count]
      }
      left -= length - done
      if index.isMultiple(of: 2) { current.append(end) } else { current = [end] }
    }
    if index.isMultiple(of: 2) && current.count > 1 { parts.append(current) }
    return parts
  }
}
