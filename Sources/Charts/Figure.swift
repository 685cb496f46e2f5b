import Foundation
import MartletData
import MartletInterchange

/// Something to look at: one picture, or several under one title. The same figure goes to a file of SVG, to one of pixels and to the
/// terminal.
///
///     let figure = history.figure()
///     try figure.writeSVG(to: "history.svg")          // adapts to light and dark
///     try figure.writePNG(to: "history.png", theme: .dark)
///     print(figure.terminal())
public struct Figure: Sendable {
  /// What stands above everything.
  public var title: String
  /// The pictures, in rows.
  public var panels: [Panel]
  /// How many pictures stand in a row.
  public var columns: Int
  /// How wide and high plots are, in points.
  public var plotSize = (width: 430.0, height: 270.0)

  /// One picture of a figure.
  public enum Panel: Sendable {
    /// Lines, bars and points.
    case plot(Plot)
    /// A table whose cells are shaded.
    case matrix(Matrix)
    /// Pictures with words.
    case sheet(Sheet)
  }

  /// A figure of several pictures.
  ///
  /// - Precondition: `columns` is positive.
  public init(_ title: String = "", panels: [Panel], columns: Int = 2) {
    precondition(columns > 0, "Figure: need at least one column; got \(columns)")
    (self.title, self.panels, self.columns) = (title, panels, columns)
  }

  /// A figure of one plot.
  public init(_ plot: Plot) { self.init(panels: [.plot(plot)], columns: 1) }
}

extension Figure {
  /// The figure as an SVG document: light, and dark where the reader prefers it.
  ///
  /// - Throws: `DataFileError` if a picture in it cannot be encoded, which only a lack of memory explains.
  public func svg() throws -> String { try drawing().svg() }

  /// The same for a place inside another document, which has margins of its own.
  ///
  /// - Throws: as `svg()`.
  package func inlineSVG() throws -> String { try drawing(margin: 2).svg(isInline: true) }

  /// Writes the figure as an SVG file, which appears complete or not at all.
  ///
  /// - Throws: `FileError`.
  public func writeSVG(to path: String) throws {
    try AtomicFile.write(Array(try svg().utf8), to: URL(fileURLWithPath: path))
  }

  /// The figure as pixels.
  ///
  /// - Parameter scale: Pixels per point of SVG.
  /// - Precondition: `scale` is from 0.1 to 10.
  public func picture(theme: Theme = .light, scale: Double = 2) -> ColorPicture {
    precondition((0.1...10).contains(scale), "Figure: need a scale from 0.1 to 10; got \(scale)")
    return drawing().picture(theme: theme, scale: scale)
  }

  /// Writes the figure as a PNG file, which appears complete or not at all.
  ///
  /// - Throws: `FileError`.
  /// - Precondition: `scale` is from 0.1 to 10.
  public func writePNG(to path: String, theme: Theme = .light, scale: Double = 2) throws {
    try AtomicFile.write(try picture(theme: theme, scale: scale).encodedPNG(), to: URL(fileURLWithPath: path))
  }

  /// The figure in characters, one panel below the other.
  public func terminal(_ style: TerminalStyle = .ofStandardOutput) -> String {
    var blocks = panels.map { panel in
      switch panel {
      case .plot(let plot): plot.terminalLines(style)
      case .matrix(let matrix): matrix.terminalLines(style)
      case .sheet(let sheet): sheet.terminalLines(style)
      }
    }
    if !title.isEmpty { blocks.insert([style.bold(title)], at: 0) }
    return blocks.map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
  }

  /// Everything in its place.
  func drawing(margin: Double = 18) -> Drawing {
    let gap = 30.0
    let columns = max(1, min(columns, panels.count))
    let sizes = panels.map { $0.size(ofPlots: plotSize) }
    let rows = stride(from: 0, to: panels.count, by: columns).map { $0..<min($0 + columns, panels.count) }
    let widths = (0..<columns).map { column in
      rows.compactMap { $0.count > column ? sizes[$0.lowerBound + column].width : nil }.max() ?? 0
    }
    let heights = rows.map { $0.map { sizes[$0].height }.max() ?? 0 }
    let top = title.isEmpty ? margin : margin + 32
    let natural = widths.reduce(0, +) + gap * Double(columns - 1)
    let width = max(natural, StrokeFont.width(of: title, size: 16, isBold: true)) + 2 * margin
    var drawing = Drawing(
      width: width.rounded(.up), height: (top + heights.reduce(0) { $0 + $1 + gap } - gap + margin).rounded(.up),
      title: title.isEmpty ? panels.map(\.title).filter { !$0.isEmpty }.joined(separator: ", ") : title)
    drawing.text(title, Point(margin, margin + 15), Drawing.TextStyle(size: 16, isBold: true))
    var y = top
    for (row, height) in zip(rows, heights) {
      var x = margin
      for (column, index) in row.enumerated() {
        panels[index].draw(in: Frame(x: x, y: y, width: widths[column], height: height), on: &drawing)
        x += widths[column] + gap
      }
      y += height + gap
    }
    return drawing
  }
}

extension Figure.Panel {
  fileprivate var title: String {
    switch self {
    case .plot(let plot): plot.title
    case .matrix(let matrix): matrix.title
    case .sheet(let sheet): sheet.title
    }
  }

  fileprivate func size(ofPlots plotSize: (width: Double, height: Double)) -> (width: Double, height: Double) {
    switch self {
    case .plot: plotSize
    case .matrix(let matrix): matrix.size
    case .sheet(let sheet): sheet.size
    }
  }

  fileprivate func draw(in frame: Frame, on drawing: inout Drawing) {
    switch self {
    case .plot(let plot): plot.draw(in: frame, on: &drawing)
    case .matrix(let matrix): matrix.draw(in: frame, on: &drawing)
    case .sheet(let sheet): sheet.draw(in: frame, on: &drawing)
    }
  }
}
