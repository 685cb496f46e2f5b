import Foundation

extension Drawing {
  /// The drawing as an SVG document. Colours stand in a style sheet, light ones and, for readers who prefer them, dark ones; classes
  /// rather than variables, which not every program that shows SVG knows.
  ///
  /// - Parameter isInline: Whether it is part of a page, where it grows with its place, but not much.
  /// - Throws: `DataFileError` if a picture cannot be encoded, which only a lack of memory explains.
  func svg(isInline: Bool = false) throws -> String {
    let limit = isInline ? " style=\"max-width:\(number(1.2 * width))px\"" : ""
    let elements = try marks.map(element)
    return """
      <svg xmlns="http://www.w3.org/2000/svg" class="martlet" viewBox="0 0 \(number(width)) \(number(height))" \
      width="\(number(width))" height="\(number(height))" role="img"\(limit) \
      font-family="system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif">
      <title>\(XML.escaped(title))</title>
      <style>\(styleSheet)</style>
      <rect class="f-ground" width="\(number(width))" height="\(number(height))"/>
      \(elements.joined(separator: "\n"))
      </svg>

      """
  }

  private var paints: [Paint] {
    var found: Set<Paint> = [.surface]
    for mark in marks {
      switch mark {
      case .line(_, let stroke): found.insert(stroke.paint)
      case .area(_, let paint, _), .circle(_, _, let paint): found.insert(paint)
      case .text(_, _, let style): found.insert(style.paint)
      case .picture: break
      }
    }
    return found.sorted { $0.styleName < $1.styleName }
  }

  private var styleSheet: String {
    func rules(_ theme: Theme) -> String {
      paints.map { paint in
        let color = paint.color(in: theme).hex
        return ".martlet .f-\(paint.styleName){fill:\(color)}.martlet .k-\(paint.styleName){stroke:\(color)}"
      }.joined()
    }
    return rules(.light) + "@media (prefers-color-scheme:dark){" + rules(.dark) + "}"
  }

  private func element(_ mark: Mark) throws -> String {
    switch mark {
    case .line(let points, let stroke):
      let dashes =
        stroke.dashes.isEmpty ? "" : " stroke-dasharray=\"\(stroke.dashes.map(number).joined(separator: " "))\""
      return "<polyline class=\"k-\(stroke.paint.styleName)\" points=\"\(list(points))\" fill=\"none\" "
        + "stroke-width=\"\(number(stroke.width))\" stroke-linejoin=\"round\" stroke-linecap=\"round\"\(dashes)\(opacity(stroke.opacity))/>"
    case .area(let points, let paint, let share):
      return "<polygon class=\"f-\(paint.styleName)\" points=\"\(list(points))\"\(opacity(share))/>"
    case .circle(let center, let radius, let paint):
      return
        "<circle class=\"f-\(paint.styleName)\" cx=\"\(number(center.x))\" cy=\"\(number(center.y))\" r=\"\(number(radius))\"/>"
    case .text(let text, let place, let style):
      let turned = style.isUpright ? " transform=\"rotate(-90 \(number(place.x)) \(number(place.y)))\"" : ""
      return "<text class=\"f-\(style.paint.styleName)\" x=\"\(number(place.x))\" y=\"\(number(place.y))\" "
        + "font-size=\"\(number(style.size))\" text-anchor=\"\(style.anchor.rawValue)\""
        + (style.isBold ? " font-weight=\"600\"" : "") + "\(turned)>\(XML.escaped(text))</text>"
    case .picture(let picture, let frame):
      return "<image x=\"\(number(frame.x))\" y=\"\(number(frame.y))\" width=\"\(number(frame.width))\" "
        + "height=\"\(number(frame.height))\" preserveAspectRatio=\"none\" style=\"image-rendering:pixelated\" "
        + "href=\"data:image/png;base64,\(Data(try picture.encodedPNG()).base64EncodedString())\"/>"
    }
  }

  private func opacity(_ share: Double) -> String { share < 1 ? " opacity=\"\(number(share))\"" : "" }

  private func list(_ points: [Point]) -> String {
    points.map { "\(number($0.x)),\(number($0.y))" }.joined(separator: " ")
  }

  /// At most two digits after the point.
  private func number(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    if hundredths.isMultiple(of: 100) { return "\(hundredths / 100)" }
    return hundredths.isMultiple(of: 10) ? "\(Double(hundredths / 10) / 10)" : "\(Double(hundredths) / 100)"
  }
}

/// Text between tags and in attributes.
package enum XML {
  /// Without the characters that mean something to XML, and without those it may not contain.
  package static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "\t", "\n", "\r": escaped.unicodeScalars.append(scalar)
      case _ where scalar.value < 32 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: escaped += "\u{FFFD}"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
