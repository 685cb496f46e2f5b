import MartletData

/// A place, from the upper left corner, in points.
struct Point: Hashable, Sendable {
  var x, y: Double

  init(_ x: Double, _ y: Double) { (self.x, self.y) = (x, y) }
}

/// A rectangle, in points.
struct Frame: Hashable, Sendable {
  var x, y, width, height: Double

  var right: Double { x + width }
  var bottom: Double { y + height }
  var corners: [Point] { [Point(x, y), Point(right, y), Point(right, bottom), Point(x, bottom)] }
}

/// What is to be drawn, in order: the form between a figure, which knows what it means, and a file of pixels or of SVG.
struct Drawing: Sendable {
  /// Text at a place: where that is in it.
  enum Anchor: String, Sendable { case start, middle, end }

  /// How a line is drawn.
  struct Stroke: Hashable, Sendable {
    var paint: Paint
    var width = 1.0
    /// Lengths of dashes and gaps in turn; empty for an unbroken line.
    var dashes: [Double] = []
    var opacity = 1.0
  }

  /// How text is drawn.
  struct TextStyle: Hashable, Sendable {
    var paint = Paint.text
    var size = 12.0
    var isBold = false
    var anchor = Anchor.start
    /// Whether it is read from below.
    var isUpright = false
  }

  /// One thing.
  enum Mark: Sendable {
    case line([Point], Stroke)
    case area([Point], Paint, opacity: Double)
    case circle(Point, radius: Double, Paint)
    /// The point is on the base line.
    case text(String, Point, TextStyle)
    case picture(ColorPicture, Frame)
  }

  let width, height: Double
  /// For those who cannot see it.
  let title: String
  private(set) var marks: [Mark] = []

  init(width: Double, height: Double, title: String) {
    (self.width, self.height, self.title) = (width, height, title)
  }

  mutating func line(_ points: [Point], _ stroke: Stroke) {
    if points.count > 1 { marks.append(.line(points, stroke)) }
  }

  mutating func line(from start: Point, to end: Point, _ stroke: Stroke) { line([start, end], stroke) }

  mutating func area(_ points: [Point], _ paint: Paint, opacity: Double = 1) {
    if points.count > 2 { marks.append(.area(points, paint, opacity: opacity)) }
  }

  mutating func rectangle(_ frame: Frame, _ paint: Paint, opacity: Double = 1) {
    area(frame.corners, paint, opacity: opacity)
  }

  mutating func border(_ frame: Frame, _ stroke: Stroke) { line(frame.corners + [frame.corners[0]], stroke) }

  mutating func circle(_ center: Point, radius: Double, _ paint: Paint) {
    marks.append(.circle(center, radius: radius, paint))
  }

  mutating func text(_ text: String, _ place: Point, _ style: TextStyle) {
    if !text.isEmpty { marks.append(.text(text, place, style)) }
  }

  mutating func picture(_ picture: ColorPicture, _ frame: Frame) { marks.append(.picture(picture, frame)) }
}
