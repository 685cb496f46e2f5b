import Foundation
import MartletData

/// Pictures in rows, each with a few words below it.
public struct Sheet: Sendable {
  /// One picture.
  public struct Tile: Sendable {
    /// What is shown.
    public var picture: ColorPicture
    /// What stands below it, a line each.
    public var captions: [String]
    /// Whether it is right or wrong, where that can be said: wrong ones have a frame.
    public var isRight: Bool?

    /// A picture with words.
    public init(_ picture: ColorPicture, captions: [String] = [], isRight: Bool? = nil) {
      (self.picture, self.captions, self.isRight) = (picture, captions, isRight)
    }
  }

  /// What stands above it.
  public var title: String
  /// The pictures.
  public var tiles: [Tile]
  /// How many stand in a row.
  public var columns: Int
  /// Names of the rows, where rows mean something.
  public var rowNames: [String]

  /// A sheet.
  ///
  /// - Precondition: `columns` is positive.
  public init(_ title: String = "", tiles: [Tile], columns: Int = 8, rowNames: [String] = []) {
    precondition(columns > 0, "Sheet: need at least one column; got \(columns)")
    (self.title, self.tiles, self.columns, self.rowNames) = (title, tiles, columns, rowNames)
  }
}

extension Sheet {
  private static let gap = 10.0
  private static let captionSize = 10.5

  /// Small pictures are enlarged by whole factors, so that their pixels stay equal.
  private var tileSize: (width: Double, height: Double) {
    let (width, height) = (tiles.map(\.picture.width).max() ?? 1, tiles.map(\.picture.height).max() ?? 1)
    let factor = Double(max(1, 64 / max(width, height)))
    let shrink = min(1, 160 / (factor * Double(max(width, height))))
    return (Double(width) * factor * shrink, Double(height) * factor * shrink)
  }

  private var captionCount: Int { tiles.map(\.captions.count).max() ?? 0 }
  private var captionWidth: Double {
    tiles.flatMap(\.captions).map { StrokeFont.width(of: $0, size: Self.captionSize) }.max() ?? 0
  }
  private var cell: (width: Double, height: Double) {
    (
      max(tileSize.width, min(captionWidth, 130)) + Self.gap,
      tileSize.height + 14 * Double(captionCount) + Self.gap + (captionCount > 0 ? 4 : 0)
    )
  }
  private var left: Double {
    let widest = rowNames.map { StrokeFont.width(of: $0, size: 11) }.max() ?? 0
    return widest == 0 ? 0 : widest + 12
  }

  var size: (width: Double, height: Double) {
    let rows = (tiles.count + columns - 1) / columns
    return (
      max(
        left + cell.width * Double(min(columns, max(tiles.count, 1))),
        StrokeFont.width(of: title, size: 13, isBold: true)),
      28 + cell.height * Double(max(rows, 1))
    )
  }

  func draw(in frame: Frame, on drawing: inout Drawing) {
    drawing.text(title, Point(frame.x, frame.y + 13), Drawing.TextStyle(size: 13, isBold: true))
    if tiles.isEmpty {
      drawing.text("nothing to show", Point(frame.x, frame.y + 44), Drawing.TextStyle(paint: .quiet))
    }
    for (row, name) in rowNames.enumerated() {
      drawing.text(
        name, Point(frame.x + left - 12, frame.y + 32 + Double(row) * cell.height + tileSize.height / 2),
        Drawing.TextStyle(paint: .quiet, size: 11, anchor: .end))
    }
    for (index, tile) in tiles.enumerated() {
      let x = frame.x + left + Double(index % columns) * cell.width,
        y = frame.y + 28 + Double(index / columns) * cell.height
      let inset = (cell.width - Self.gap - tileSize.width) / 2
      let place = Frame(x: x + inset, y: y, width: tileSize.width, height: tileSize.height)
      drawing.picture(tile.picture, place)
      let edge = Frame(x: place.x - 1, y: place.y - 1, width: place.width + 2, height: place.height + 2)
      if tile.isRight == false {
        drawing.border(edge, Drawing.Stroke(paint: .bad, width: 2.4))
      } else {
        drawing.border(edge, Drawing.Stroke(paint: .grid, width: 1))
      }
      for (line, caption) in tile.captions.enumerated() {
        drawing.text(
          caption, Point(place.x + place.width / 2, place.bottom + 15 + 14 * Double(line)),
          Drawing.TextStyle(
            paint: tile.isRight == false && line == 0 ? .bad : .quiet, size: Self.captionSize, anchor: .middle))
      }
    }
  }

  /// The pictures in half blocks with their words, as many beside each other as there is room for; without Unicode, the words alone.
  func terminalLines(_ style: TerminalStyle) -> [String] {
    var lines = [style.bold(title)].filter { !$0.isEmpty }
    let words = { (tile: Tile) in tile.captions.joined(separator: ", ") + (tile.isRight == false ? " (wrong)" : "") }
    guard style.isUnicode, let widest = tiles.map(\.picture.width).max(), widest < style.width else {
      return lines + tiles.map(words).filter { !$0.isEmpty }.map { "  " + $0 }
    }
    let perRow = max(1, min(columns, style.width / (widest + 2)))
    for start in stride(from: 0, to: min(tiles.count, 4 * perRow), by: perRow) {
      let row = tiles[start..<min(start + perRow, tiles.count)]
      lines.append(GrayPicture.terminalSheet(of: row.map(\.picture.gray), columns: perRow))
      for line in 0..<(row.map(\.captions.count).max() ?? 0) {
        lines.append(
          row.map { tile in
            let caption = tile.captions.indices.contains(line) ? tile.captions[line] : ""
            return style.painted(
              TerminalStyle.fitted(caption, widest), tile.isRight == false && line == 0 ? .bad : .quiet)
          }.joined(separator: " "))
      }
    }
    if tiles.count > 4 * perRow { lines.append(style.painted("and \(tiles.count - 4 * perRow) more", .quiet)) }
    return lines
  }
}
