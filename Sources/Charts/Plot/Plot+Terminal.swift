import Foundation

// In characters: braille dots, eight to a character, where the terminal can tell series apart by colour; letters otherwise.
extension Plot {
  private static let letters: [Character] = ["*", "o", "+", "x", "#", "%", "@"]

  /// The plot as lines of text.
  func terminalLines(_ style: TerminalStyle) -> [String] {
    var lines = [style.bold(title)].filter { !$0.isEmpty }
    guard !isEmpty else { return lines + ["nothing to draw"] }
    let named = series.indices.filter { !series[$0].name.isEmpty && series[$0].style != .reference }
    let usesDots = style.isUnicode && (style.hasColors || series.count { $0.style != .reference } == 1)
    if !named.isEmpty {
      let entries = named.map { index in
        let sign = usesDots ? (series[index].style == .dashed ? "╍╍" : "━━") : String(letter(index))
        return style.painted(sign, series[index].paint) + " " + series[index].name
      }
      lines.append(entries.joined(separator: "   ") + markText(style))
    }
    let (across, upwards) = (scale(of: \.x), scale(of: \.y))
    let height = 12
    let rows = upwards.ticks(limit: 5)
    let left = min((rows.labels.map(\.count).max() ?? 0) + 2, 14)
    let width = style.width - left - 2
    var canvas = CharacterCanvas(width: width, height: height, dots: usesDots)
    for (index, series) in series.enumerated().sorted(by: {
      $0.element.style == .reference && $1.element.style != .reference
    }) {
      draw(series, letter(index), across, upwards, on: &canvas)
    }
    let bar = style.isUnicode ? "│" : "|"
    var labels: [Int: String] = [:]
    for (value, label) in zip(rows.values, rows.labels) {
      labels[Int(((1 - upwards.share(value)) * Double(height - 1)).rounded())] = label
    }
    for (row, text) in canvas.lines(style).enumerated() {
      let label = TerminalStyle.fitted(labels[row] ?? "", left - 2, flushRight: true)
      lines.append(style.painted(label + " " + (labels[row] == nil ? bar : style.isUnicode ? "┤" : "+"), .quiet) + text)
    }
    lines += axisLines(across, left: left, width: width, style)
    return lines
  }

  private func letter(_ index: Int) -> Character { Self.letters[index % Self.letters.count] }

  /// `(best: epoch 7)`.
  private func markText(_ style: TerminalStyle) -> String {
    marks.isEmpty ? "" : style.painted("   " + marks.map(\.label).joined(separator: ", "), .quiet)
  }

  private func axisLines(_ across: Scale, left: Int, width: Int, _ style: TerminalStyle) -> [String] {
    let ticks = across.ticks(limit: max(2, width / 12))
    var rule = [Character](repeating: style.isUnicode ? "─" : "-", count: width)
    var numbers = [Character](repeating: " ", count: width + 2)
    for (value, label) in zip(ticks.values, ticks.labels) {
      let column = Int((across.share(value) * Double(width - 1)).rounded())
      guard rule.indices.contains(column) else { continue }
      rule[column] = style.isUnicode ? "┴" : "+"
      let start = min(max(column - label.count / 2, 0), max(numbers.count - label.count, 0))
      // A number that would touch the one before is left out.
      guard start + label.count <= numbers.count,
        numbers[max(start - 1, 0)..<start + label.count].allSatisfy({ $0 == " " })
      else { continue }
      numbers.replaceSubrange(start..<start + label.count, with: label)
    }
    let margin = String(repeating: " ", count: left - 1)
    var lines = [style.painted(margin + (style.isUnicode ? "└" : "+") + String(rule), .quiet)]
    lines.append(style.painted((margin + " " + String(numbers)).trimmedRight, .quiet))
    if !x.label.isEmpty {
      lines.append(
        style.painted(
          margin + " " + String(repeating: " ", count: max(0, (width - x.label.count) / 2)) + x.label, .quiet))
    }
    return lines
  }

  private func draw(
    _ series: Series, _ letter: Character, _ across: Scale, _ upwards: Scale, on canvas: inout CharacterCanvas
  ) {
    func place(_ point: Point) -> Point { Point(across.share(point.x), upwards.share(point.y)) }
    let paint = series.style == .reference ? Paint.quiet : series.paint
    let sign: Character = series.style == .reference ? "." : letter
    if series.style == .bars {
      for index in series.y.indices where series.y[index].isFinite {
        let (start, end) = (place(Point(series.x[index], series.y[index])), place(Point(series.x[index + 1], 0)))
        canvas.fill(from: start, to: end, letter: sign, paint: paint)
      }
      return
    }
    for run in series.points.map(place).split(whereSeparator: { !$0.x.isFinite || !$0.y.isFinite }) {
      canvas.line(Array(run), letter: sign, paint: paint, isDashed: series.style != .line && series.style != .area)
    }
  }
}

extension String {
  fileprivate var trimmedRight: String {
    var text = self[...]
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}

/// Characters to draw on: with dots, each has two columns of four.
private struct CharacterCanvas {
  private let width, height: Int
  private let hasDots: Bool
  private var dots: [UInt8]
  private var letters: [Character]
  private var paints: [Paint?]

  init(width: Int, height: Int, dots: Bool) {
    (self.width, self.height, hasDots) = (width, height, dots)
    self.dots = [UInt8](repeating: 0, count: width * height)
    letters = [Character](repeating: " ", count: width * height)
    paints = [Paint?](repeating: nil, count: width * height)
  }

  private var columns: Int { hasDots ? 2 * width : width }
  private var rows: Int { hasDots ? 4 * height : height }

  /// A line through places, which are shares of width and height from the lower left.
  mutating func line(_ points: [Point], letter: Character, paint: Paint?, isDashed: Bool) {
    let places = points.map { Point($0.x * Double(columns - 1), (1 - $0.y) * Double(rows - 1)) }
    if places.count == 1 { set(places[0], letter, paint) }
    for (start, end) in zip(places, places.dropFirst()) {
      let steps = max(1, Int(max((end.x - start.x).magnitude, (end.y - start.y).magnitude).rounded()))
      for step in 0...steps {
        let share = Double(step) / Double(steps)
        let place = Point(start.x + (end.x - start.x) * share, start.y + (end.y - start.y) * share)
        if isDashed && hasDots && Int(place.x) % 6 >= 4 { continue }
        set(place, letter, paint)
      }
    }
  }

  mutating func fill(from corner: Point, to other: Point, letter: Character, paint: Paint?) {
    let left = Int((min(corner.x, other.x) * Double(columns)).rounded()),
      right = Int((max(corner.x, other.x) * Double(columns)).rounded())
    let low = (1 - min(corner.y, other.y)) * Double(rows), high = (1 - max(corner.y, other.y)) * Double(rows)
    guard high < low, left < right else { return }
    for row in Int(high.rounded())..<max(Int(high.rounded()), Int(low.rounded())) {
      for column in left..<right { set(Point(Double(column), Double(row)), letter, paint) }
    }
  }

  private mutating func set(_ place: Point, _ letter: Character, _ paint: Paint?) {
    let (column, row) = (Int(place.x.rounded()), Int(place.y.rounded()))
    guard 0..<columns ~= column, 0..<rows ~= row else { return }
    let cell = hasDots ? row / 4 * width + column / 2 : row * width + column
    if hasDots {
      // The order of dots in U+2800…U+28FF: three down on the left, three on the right, then the lowest two.
      let bits: [[UInt8]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]
      dots[cell] |= bits[row % 4][column % 2]
    }
    (letters[cell], paints[cell]) = (letter, paint)
  }

  func lines(_ style: TerminalStyle) -> [String] {
    (0..<height).map { row in
      let cells = row * width..<(row + 1) * width
      guard let last = cells.last(where: { letters[$0] != " " }) else { return "" }
      var line = "", run = "", paint: Paint?
      for cell in cells.lowerBound...last {
        if paints[cell] != paint {
          line += style.painted(run, paint)
          (run, paint) = ("", paints[cell])
        }
        if letters[cell] == " " {
          run.append(" ")
        } else if hasDots, let scalar = Unicode.Scalar(0x2800 + UInt32(dots[cell])) {
          run.unicodeScalars.append(scalar)
        } else {
          run.append(letters[cell])
        }
      }
      return line + style.painted(run, paint)
    }
  }
}
