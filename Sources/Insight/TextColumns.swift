import Foundation

/// Columns two spaces apart.
enum TextColumns {
  /// - Parameters:
  ///   - leading: So many columns are flush left, the others flush right.
  ///   - barColumn: One more that is flush left.
  static func aligned(_ rows: [[String]], leading: Int, barColumn: Int? = nil) -> String {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
    return rows.map { row in
      var line = row.indices.map { column in
        let padding = String(repeating: " ", count: widths[column] - row[column].count)
        return column < leading || column == barColumn ? row[column] + padding : padding + row[column]
      }.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line
    }.joined(separator: "\n") + "\n"
  }
}

/// A quantity as a length.
enum Bar {
  private static let eighths: [Character] = [" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]

  /// Six decades in 24 characters: full for the largest, nothing for a millionth of it.
  static func decades(_ value: Double, below largest: Double) -> String {
    guard value > 0, value.isFinite, largest > 0 else { return "" }
    return length(min(max(1 + log10(value / largest) / 6, 0), 1), of: 24)
  }

  /// A share of a width.
  static func length(_ share: Double, of width: Int) -> String {
    let steps = Int((min(max(share, 0), 1) * Double(width) * 8).rounded())
    let full = String(repeating: "█", count: steps / 8)
    return steps % 8 == 0 ? full : full + String(eighths[steps % 8])
  }
}
