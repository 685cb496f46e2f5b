import MartletData

/// Pixels on which lines, areas, text and pictures are drawn with smooth edges.
///
/// An edge covers a pixel by as much of it as lies inside; lines count their distance from the pixel's centre, which comes to the same
/// for lines wider than a pixel.
struct Raster {
  let width, height: Int
  private var pixels: [Float]
  /// How much of each pixel the thing that is being drawn covers.
  private var coverage: [Float]

  init(width: Int, height: Int, ground: RGB) {
    (self.width, self.height) = (width, height)
    let color = [ground.red, ground.green, ground.blue].map(Float.init)
    pixels = (0..<width * height).flatMap { _ in color }
    coverage = [Float](repeating: 0, count: width * height)
  }

  var picture: ColorPicture {
    ColorPicture(width: width, height: height, pixels: pixels.map { UInt8(min(max($0 + 0.5, 0), 255)) })
  }

  /// Draws lines through points with round ends and corners, all as one thing: where they cross nothing is drawn twice.
  mutating func stroke(_ lines: [[Point]], width lineWidth: Double, color: RGB, opacity: Double) {
    // Lines finer than a pixel are a pixel wide and fainter.
    let half = max(lineWidth, 1) / 2
    let strength = Float(opacity * min(lineWidth, 1))
    var touched = Region()
    for line in lines {
      for (start, end) in zip(line, line.dropFirst()) { touched.include(cover(start, end, half: half)) }
    }
    blend(color, strength: strength, in: touched)
  }

  /// Adds the pixels that a line of this half width touches; gives where they are.
  private mutating func cover(_ start: Point, _ end: Point, half: Double) -> Region {
    let region = Region(
      columns: columns(min(start.x, end.x) - half - 1, max(start.x, end.x) + half + 1),
      rows: rows(min(start.y, end.y) - half - 1, max(start.y, end.y) + half + 1))
    let (dx, dy) = (end.x - start.x, end.y - start.y)
    let square = dx * dx + dy * dy
    for row in region.rows {
      let y = Double(row) + 0.5 - start.y
      for column in region.columns {
        let x = Double(column) + 0.5 - start.x
        let along = square > 0 ? min(max((x * dx + y * dy) / square, 0), 1) : 0
        let (apartX, apartY) = (x - along * dx, y - along * dy)
        let distance = (apartX * apartX + apartY * apartY).squareRoot()
        let share = Float(min(max(half + 0.5 - distance, 0), 1))
        let place = row * width + column
        if share > coverage[place] { coverage[place] = share }
      }
    }
    return region
  }

  /// Fills what lies inside a polygon: in each of four lines per row of pixels exactly, so upright edges are smooth at any place.
  mutating func fill(_ polygon: [Point], color: RGB, opacity: Double) {
    guard let first = polygon.first else { return }
    let (xs, ys) = (polygon.map(\.x), polygon.map(\.y))
    let region = Region(
      columns: columns(xs.min() ?? first.x, xs.max() ?? first.x), rows: rows(ys.min() ?? first.y, ys.max() ?? first.y))
    let edges = Array(zip(polygon, polygon.dropFirst() + [first]))
    for row in region.rows {
      for part in 0..<4 {
        let y = Double(row) + (Double(part) + 0.5) / 4
        let crossings = edges.compactMap { start, end -> Double? in
          (start.y <= y) == (end.y <= y) ? nil : start.x + (y - start.y) / (end.y - start.y) * (end.x - start.x)
        }.sorted()
        for pair in stride(from: 0, to: crossings.count - 1, by: 2) {
          for column in columns(crossings[pair], crossings[pair + 1]) {
            let left = max(crossings[pair], Double(column)), right = min(crossings[pair + 1], Double(column + 1))
            coverage[row * width + column] += Float(max(right - left, 0) / 4)
          }
        }
      }
    }
    blend(color, strength: Float(opacity), in: region)
  }

  /// Paints a picture into a frame, whose pixels stay squares when it grows.
  mutating func draw(_ picture: ColorPicture, in frame: Frame) {
    for row in rows(frame.y, frame.bottom) {
      let y = Int((Double(row) + 0.5 - frame.y) / frame.height * Double(picture.height))
      guard 0..<picture.height ~= y else { continue }
      for column in columns(frame.x, frame.right) {
        let x = Int((Double(column) + 0.5 - frame.x) / frame.width * Double(picture.width))
        guard 0..<picture.width ~= x else { continue }
        for channel in 0..<3 {
          pixels[(row * width + column) * 3 + channel] = Float(picture.pixels[(y * picture.width + x) * 3 + channel])
        }
      }
    }
  }

  private mutating func blend(_ color: RGB, strength: Float, in region: Region) {
    let (red, green, blue) = (Float(color.red), Float(color.green), Float(color.blue))
    for row in region.rows {
      for column in region.columns {
        let place = row * width + column
        let share = min(coverage[place], 1) * strength
        coverage[place] = 0
        guard share > 0 else { continue }
        pixels[place * 3] += share * (red - pixels[place * 3])
        pixels[place * 3 + 1] += share * (green - pixels[place * 3 + 1])
        pixels[place * 3 + 2] += share * (blue - pixels[place * 3 + 2])
      }
    }
  }

  private func columns(_ from: Double, _ to: Double) -> Range<Int> { Self.cells(from, to, limit: width) }
  private func rows(_ from: Double, _ to: Double) -> Range<Int> { Self.cells(from, to, limit: height) }

  /// The pixels between two places, as far as there are pixels.
  private static func cells(_ from: Double, _ to: Double, limit: Int) -> Range<Int> {
    guard from.isFinite, to.isFinite, from <= to else { return 0..<0 }
    let first = Int(min(max(from.rounded(.down), 0), Double(limit)))
    return first..<max(first, Int(min(max(to.rounded(.up), 0), Double(limit))))
  }

  /// A rectangle of pixels.
  private struct Region {
    var columns = 0..<0
    var rows = 0..<0

    mutating func include(_ other: Region) {
      if other.columns.isEmpty || other.rows.isEmpty { return }
      if columns.isEmpty || rows.isEmpty { self = other }
      columns = min(columns.lowerBound, other.columns.lowerBound)..<max(columns.upperBound, other.columns.upperBound)
      rows = min(rows.lowerBound, other.rows.lowerBound)..<max(rows.upperBound, other.rows.upperBound)
    }
  }
}
