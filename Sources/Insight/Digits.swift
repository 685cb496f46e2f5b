import Foundation

/// Numbers as text, with a point in every locale.
enum Digits {
  /// So many digits after the point; zero has no sign.
  static func fixed(_ value: Double, _ count: Int) -> String {
    guard value.isFinite else { return value.isNaN ? "nan" : value > 0 ? "∞" : "-∞" }
    let text = String(format: "%.\(count)f", value)
    return text.hasPrefix("-") && !text.contains { ("1"..."9").contains($0) } ? String(text.dropFirst()) : text
  }

  /// Three digits that count: `0.0123`, `1.23e-07`.
  static func significant(_ value: Double) -> String { value == 0 ? "0" : String(format: "%.3g", value) }

  /// A share in percent.
  static func percent(_ share: Double) -> String { fixed(100 * share, 1) + " %" }
}
