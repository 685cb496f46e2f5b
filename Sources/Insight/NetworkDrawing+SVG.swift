extension NetworkDrawing {
  private static let unitLimit = 12
  private static let spacing = 150.0
  private static let unitSpacing = 48.0
  private static let margin = 90.0
  private static let headHeight = 70.0

  /// As high as the longest column needs, within limits.
  private var drawingHeight: Double {
    let longest = columns.compactMap { $0.units(limit: Self.unitLimit)?.count }.max() ?? 0
    let hasMaps = columns.contains { $0.shape.count > 1 }
    return min(max(Double(longest) * Self.unitSpacing, hasMaps ? 150 : 96), 420)
  }

  /// The drawing as an SVG file of its own: blue connections have positive weights, orange ones negative, thick ones large.
  public var svg: String {
    let width = 2 * Self.margin + Self.spacing * Double(columns.count - 1)
    let height = Self.headHeight + drawingHeight + 60 + skipDepth
    var elements = connections.indices.flatMap { connectionElements($0) }
    for (index, column) in columns.enumerated() { elements += columnElements(index, column) }
    elements += skips.map(skipElement)
    elements.append(
      text("\(grouped(parameterCount)) parameters", x: width / 2, y: height - 14, size: 14, color: "#4a5568"))
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(number(width)) \(number(height))" \
      width="\(number(width))" height="\(number(height))" font-family="sans-serif" text-anchor="middle">
      <rect width="100%" height="100%" fill="white"/>
      \(elements.joined(separator: "\n"))
      </svg>

      """
  }

  private func columnElements(_ index: Int, _ column: Column) -> [String] {
    let x = horizontal(index)
    var elements = [text(column.title, x: x, y: 26, size: 15, color: "#1a202c")]
    elements.append(text(column.activation, x: x, y: 46, size: 13, color: "#4a5568"))
    let bottom = Self.headHeight + drawingHeight + 16
    elements.append(text(column.shapeText, x: x, y: bottom, size: 13, color: "#4a5568"))
    if let units = column.units(limit: Self.unitLimit) {
      let radius = min(14, drawingHeight / Double(units.count) / 2.6)
      for (place, unit) in units.enumerated() {
        let y = vertical(place, of: units.count)
        let circles = unit == nil ? [-7.0, 0, 7].map { ($0, 2.0, "#718096") } : [(0.0, radius, "#ebf4ff")]
        elements += circles.map { shift, radius, fill in
          element(
            "circle",
            [
              "cx": number(x), "cy": number(y + shift), "r": number(radius), "fill": fill,
              "stroke": unit == nil ? "none" : "#2a4365", "stroke-width": "1.5",
            ])
        }
      }
    } else {
      elements += mapElements(column, x: x)
    }
    return elements
  }

  /// Maps one behind the other, in proportion to the largest ones of the network.
  private func mapElements(_ column: Column, x: Double) -> [String] {
    let largest = Double(columns.filter { $0.shape.count > 1 }.flatMap { $0.shape.dropLast() }.max() ?? 1)
    let sides = column.shape.count == 3 ? [column.shape[0], column.shape[1]] : [column.shape[0], 1]
    let scale = 84 / largest
    let (height, width) = (max(12, Double(sides[0]) * scale), max(12, Double(sides[1]) * scale))
    let count = min(column.shape.last ?? 1, 6)
    let shift = 5.0
    return (0..<count).map { layer in
      let offset = (Double(layer) - Double(count - 1) / 2) * shift
      let (left, top) = (x - width / 2 + offset, Self.headHeight + drawingHeight / 2 - height / 2 + offset)
      return element(
        "rect",
        [
          "x": number(left), "y": number(top), "width": number(width), "height": number(height), "fill": "#ebf4ff",
          "stroke": "#2a4365", "stroke-width": "1.2",
        ])
    }
  }

  private func connectionElements(_ index: Int) -> [String] {
    let (from, to) = (horizontal(index), horizontal(index + 1))
    guard case .dense(let weights, let unitCount) = connections[index],
      let before = columns[index].units(limit: Self.unitLimit),
      let after = columns[index + 1].units(limit: Self.unitLimit)
    else {
      if case .none = connections[index] { return [] }
      return [arrow(from: from + 62, to: to - 62)]
    }
    let largest = max(weights.reduce(0) { max($0, $1.magnitude) }, .leastNormalMagnitude)
    var lines: [String] = []
    for (start, source) in before.enumerated() {
      for (end, unit) in after.enumerated() {
        guard let source, let unit else { continue }
        let weight = weights[source * unitCount + unit]
        let share = Double(weight.magnitude / largest)
        lines.append(
          element(
            "line",
            [
              "x1": number(from), "y1": number(vertical(start, of: before.count)),
              "x2": number(to), "y2": number(vertical(end, of: after.count)),
              "stroke": weight < 0 ? "#dd6b20" : "#3182ce", "stroke-width": number(0.4 + 2.6 * share),
              "stroke-opacity": number(0.25 + 0.75 * share),
            ]))
      }
    }
    return lines
  }

  /// How far below the columns the longest connection between distant ones reaches.
  private var skipDepth: Double { skips.map(depth).max() ?? 0 }

  private func depth(of skip: Skip) -> Double { min(24 + 12 * Double((skip.to - skip.from).magnitude), 96) }

  /// A curve below the columns that it passes.
  private func skipElement(_ skip: Skip) -> String {
    let (start, end) = (horizontal(skip.from) + 8, horizontal(skip.to) - 8)
    let top = Self.headHeight + drawingHeight + 24
    // A Bézier curve reaches three quarters of the way to its control points.
    let low = number(top + depth(of: skip) * 4 / 3)
    let path =
      "M \(number(start)) \(number(top)) C \(number(start)) \(low) \(number(end)) \(low) \(number(end)) \(number(top))"
    let head = element("path", ["d": "M \(number(end)) \(number(top - 6)) l -4 8 l 8 0 z", "fill": "#718096"])
    return element("path", ["d": path, "fill": "none", "stroke": "#718096", "stroke-width": "1.5"]) + head
  }

  private func arrow(from start: Double, to end: Double) -> String {
    let y = Self.headHeight + drawingHeight / 2
    let shaft = element(
      "line",
      [
        "x1": number(start), "y1": number(y), "x2": number(end - 6), "y2": number(y), "stroke": "#718096",
        "stroke-width": "1.5",
      ])
    return shaft + element("path", ["d": "M \(number(end)) \(number(y)) l -8 -4 l 0 8 z", "fill": "#718096"])
  }

  private func text(_ text: String, x: Double, y: Double, size: Int, color: String) -> String {
    let escaped = text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    return "<text x=\"\(number(x))\" y=\"\(number(y))\" font-size=\"\(size)\" fill=\"\(color)\">\(escaped)</text>"
  }

  private func element(_ name: String, _ attributes: KeyValuePairs<String, String>) -> String {
    "<\(name) " + attributes.map { "\($0)=\"\($1)\"" }.joined(separator: " ") + "/>"
  }

  private func horizontal(_ column: Int) -> Double { Self.margin + Self.spacing * Double(column) }

  private func vertical(_ place: Int, of count: Int) -> Double {
    let step = min(Self.unitSpacing, drawingHeight / Double(count))
    return Self.headHeight + drawingHeight / 2 + (Double(place) - Double(count - 1) / 2) * step
  }

  private func number(_ value: Double) -> String {
    let text = Digits.fixed(value, 2)
    return text.hasSuffix(".00") ? String(text.dropLast(3)) : text
  }
}

/// `68,770`.
func grouped(_ count: Int) -> String {
  var text = ""
  for (place, digit) in String(count).reversed().enumerated() {
    if place > 0 && place.isMultiple(of: 3) { text.append(",") }
    text.append(digit)
  }
  return String(text.reversed())
}
