import Foundation

/// The pieces of progress lines, in Keras' look.
package enum ProgressText {
  /// ` - name: 0.1234`, names in alphabetical order, those of the validation last.
  package static func values(_ values: [String: Double]) -> String { parts(values).joined(separator: " - ") }

  /// The same one by one.
  package static func parts(_ values: [String: Double]) -> [String] {
    let (validation, training) = (
      values.keys.filter { $0.hasPrefix("val_") }, values.keys.filter { !$0.hasPrefix("val_") }
    )
    return (training.sorted() + validation.sorted()).map { "\($0): \(number(values[$0] ?? .nan))" }
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
}
