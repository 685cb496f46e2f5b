import Foundation

/// The pieces of progress lines, in Keras' look.
package enum ProgressText {
  /// ` - name: 0.1234`, names in alphabetical order, those of the validation last.
  package static func values(_ values: [String: Double]) -> String {
    let (validation, training) = (
      values.keys.filter { $0.hasPrefix("val_") }, values.keys.filter { !$0.hasPrefix("val_") }
    )
    return (training.sorted() + validation.sorted()).map { "\($0): \(number(values[$0] ?? .nan))" }
      .joined(separator: " - ")
  }

  /// Four decimals, or an exponent for values near 0.
  package static func number(_ value: Double) -> String {
    if value.isNaN { return "nan" }
    if value.isInfinite { return value < 0 ? "-inf" : "inf" }
    return String(format: abs(value) > 1e-3 ? "%.4f" : "%.4e", value)
  }

  /// `12s`, `1:05`, `2:03:05`.
  package static func duration(_ seconds: Double) -> String {
    let total = Int(min(max(seconds, 0), 1e9))
    let (hours, minutes, rest) = (total / 3600, total % 3600 / 60, total % 60)
    if hours > 0 { return String(format: "%d:%02d:%02d", hours, minutes, rest) }
    return minutes > 0 ? String(format: "%d:%02d", minutes, rest) : "\(rest)s"
  }

  /// `2s/step`, `28ms/step`, `950us/step`.
  package static func perStep(_ seconds: Double) -> String {
    if seconds >= 1 || seconds == 0 { return String(format: "%.0fs/step", seconds) }
    return seconds >= 1e-3
      ? String(format: "%.0fms/step", seconds * 1e3) : String(format: "%.0fus/step", seconds * 1e6)
  }

  /// Twenty cells, the share that is done in green.
  package static func bar(_ done: Int, of total: Int) -> String {
    let width = 20
    let filled = total == 0 ? width : width * done / total
    let green = filled > 0 ? "\u{1B}[32m" + String(repeating: "━", count: filled) + "\u{1B}[0m" : ""
    return green + "\u{1B}[37m" + String(repeating: "━", count: width - filled) + "\u{1B}[0m"
  }

  package static func bold(_ text: String) -> String { "\u{1B}[1m\(text)\u{1B}[0m" }
}
