import Foundation

/// A square table of numbers whose cells are shaded: the more, the darker; those off the diagonal in another colour.
public struct Matrix: Hashable, Sendable {
  /// What stands above it.
  public var title: String
  /// What rows are.
  public var rowLabel: String
  /// What columns are.
  public var columnLabel: String
  /// A name for each row and column.
  public let names: [String]
  /// What stands in the cells, by rows.
  public let cells: [[String]]
  /// How dark the cells are, from 0 to 1.
  public let shades: [[Double]]

  /// A table.
  ///
  /// - Precondition: as many rows and columns as names.
  public init(
    _ title: String = "", names: [String], cells: [[String]], shades: [[Double]], rowLabel: String = "",
    columnLabel: String = ""
  ) {
    let count = names.count
    precondition(
      cells.count == count && cells.allSatisfy { $0.count == count } && shades.count == count
        && shades.allSatisfy { $0.count == count }, "Matrix: \(count) names for \(cells.count) rows")
    (self.title, self.names, self.cells, self.shades) = (title, names, cells, shades)
    (self.rowLabel, self.columnLabel) = (rowLabel, columnLabel)
  }
}

extension Matrix {
  private var cellSize: Double { names.count > 14 ? 26 : names.count > 6 ? 34 : names.count > 3 ? 48 : 68 }
  private var nameWidth: Double { min(names.map { StrokeFont.width(of: $0, size: 11) }.max() ?? 0, 110) + 10 }
  /// Long names across are turned.
  private var namesAreUpright: Bool { names.contains { StrokeFont.width(of: $0, size: 11) > cellSize - 4 } }
  private var left: Double { nameWidth + (rowLabel.isEmpty ? 0 : 18) }
  private var bottom: Double { (namesAreUpright ? nameWidth + 4 : 20) + (columnLabel.isEmpty ? 0 : 17) }

  var size: (width: Double, height: Double) {
    let side = cellSize * Double(max(names.count, 1))
    return (max(left + side, 200), 28 + side + bottom)
  }

  func draw(in frame: Frame, on drawing: inout Drawing) {
    drawing.text(title, Point(frame.x, frame.y + 13), Drawing.TextStyle(size: 13, isBold: true))
    let (x0, y0, cell) = (frame.x + left, frame.y + 28, cellSize)
    for (row, name) in names.enumerated() {
      for column in names.indices {
        let place = Frame(
          x: x0 + Double(column) * cell, y: y0 + Double(row) * cell, width: cell - 1.5, height: cell - 1.5)
        let shade = min(max(shades[row][column], 0), 1)
        drawing.rectangle(place, .grid, opacity: 0.5)
        if shade > 0 { drawing.rectangle(place, row == column ? .series(0) : .bad, opacity: 0.06 + 0.94 * shade) }
        let text = cells[row][column]
        let fit = min(12, 12 * (cell - 5) / max(StrokeFont.width(of: text, size: 12), 1))
        drawing.text(
          text, Point(place.x + place.width / 2, place.y + place.height / 2 + 0.36 * fit),
          Drawing.TextStyle(paint: shade > 0.5 ? .surface : shade > 0 ? .text : .quiet, size: fit, anchor: .middle))
      }
      let middle = (Double(row) + 0.5) * cell
      drawing.text(
        Self.shortened(name), Point(x0 - 7, y0 + middle + 4), Drawing.TextStyle(paint: .quiet, size: 11, anchor: .end))
      if namesAreUpright {
        drawing.text(
          Self.shortened(name), Point(x0 + middle + 4, y0 + Double(names.count) * cell + 6),
          Drawing.TextStyle(paint: .quiet, size: 11, anchor: .end, isUpright: true))
      } else {
        drawing.text(
          name, Point(x0 + middle, y0 + Double(names.count) * cell + 14),
          Drawing.TextStyle(paint: .quiet, size: 11, anchor: .middle))
      }
    }
    let side = cell * Double(names.count)
    drawing.text(
      rowLabel, Point(frame.x + 11, y0 + side / 2),
      Drawing.TextStyle(paint: .quiet, size: 11.5, anchor: .middle, isUpright: true))
    drawing.text(
      columnLabel, Point(x0 + side / 2, y0 + side + bottom - 5),
      Drawing.TextStyle(paint: .quiet, size: 11.5, anchor: .middle))
  }

  private static func shortened(_ name: String) -> String {
    if StrokeFont.width(of: name, size: 11) <= 110 { return name }
    var text = name
    while !text.isEmpty && StrokeFont.width(of: text + "…", size: 11) > 110 { text.removeLast() }
    return text + "…"
  }

  /// Numbers in columns, those off the diagonal in another colour; with Unicode a block beside each says how dark it is.
  func terminalLines(_ style: TerminalStyle) -> [String] {
    let head = rowLabel.isEmpty ? "" : "\(rowLabel) \\ \(columnLabel)"
    let most = max(4, (style.width - 2) / max(names.count + 1, 1) - 1)
    let width = min(most, max(names.map(\.count).max() ?? 0, (cells.joined().map(\.count).max() ?? 0) + 1))
    let first = min(max(head.count, names.map(\.count).max() ?? 0), max(10, style.width - names.count * (width + 1)))
    var lines = [style.bold(title)].filter { !$0.isEmpty }
    lines.append(
      style.painted(
        ([TerminalStyle.fitted(head, first)] + names.map { TerminalStyle.fitted($0, width, flushRight: true) })
          .joined(separator: " "), .quiet))
    let blocks: [Character] = [" ", "░", "▒", "▓", "█"]
    for (row, name) in names.enumerated() {
      let columns = names.indices.map { column in
        let shade = min(max(shades[row][column], 0), 1)
        let block = style.isUnicode ? String(blocks[Int((shade * 4).rounded(.up))]) : ""
        let cell = style.isUnicode ? cells[row][column] : cells[row][column].replacing("·", with: ".")
        let text = TerminalStyle.fitted(cell + block, width, flushRight: true)
        return style.painted(text, shade == 0 ? .quiet : row == column ? .series(0) : .bad)
      }
      lines.append(([TerminalStyle.fitted(name, first)] + columns).joined(separator: " "))
    }
    return lines
  }
}
