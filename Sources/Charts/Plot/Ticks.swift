import Foundation

/// The numbers beside an axis: round ones, as many as can be read, with no more digits than tell them apart.
package struct Ticks: Hashable, Sendable {
  package let values: [Double]
  package let labels: [String]

  /// Round numbers inside a range, multiples of 1, 2 or 5 times a power of ten.
  ///
  /// - Parameters:
  ///   - limit: About as many as this at most.
  ///   - wholeNumbers: Whether what lies between whole numbers means nothing.
  package init(in range: ClosedRange<Double>, limit: Int, wholeNumbers: Bool = false) {
    let step = Self.step(length: range.upperBound - range.lowerBound, limit: limit, wholeNumbers: wholeNumbers)
    let first = (range.lowerBound / step - 1e-9).rounded(.up), last = (range.upperBound / step + 1e-9).rounded(.down)
    // Multiplied, not added up, so that 0.3 is 0.3; and a range around 0 has a zero without sign.
    // No axis has a number where ranges are too long or too short for arithmetic.
    guard step.isFinite, last - first < 1000 else {
      (values, labels) = ([], [])
      return
    }
    values = first <= last ? (0...Int(last - first)).map { (first + Double($0)) * step + 0 } : []
    labels = Self.labels(values, step: step)
  }

  /// Powers of ten inside a range; where there are few, 2 and 5 times them too.
  package init(powersIn range: ClosedRange<Double>, limit: Int) {
    let first = Int(log10(range.lowerBound).rounded(.down)), last = Int(log10(range.upperBound).rounded(.up))
    func inside(_ factors: [Double]) -> [Double] {
      let (low, high): (Double, Double) = (range.lowerBound * (1 - 1e-9), range.upperBound * (1 + 1e-9))
      let decades: [Double] = (first...max(first, last)).map { pow(10, Double($0)) }
      let all: [Double] = decades.flatMap { decade in factors.map { factor in factor * decade } }
      return all.filter { low <= $0 && $0 <= high }
    }
    let few = inside([1, 2, 5])
    var decades = few.count <= limit ? few : inside([1])
    while decades.count > max(limit, 2) {
      decades = stride(from: 0, to: decades.count, by: 2).map { decades[$0] }
    }
    values = decades.isEmpty ? [range.lowerBound] : decades
    labels = values.map { NumberText.short($0) }
  }

  /// The smallest round step that makes at most so many.
  private static func step(length: Double, limit: Int, wholeNumbers: Bool) -> Double {
    let least = max(length, .leastNormalMagnitude) / Double(max(limit, 1))
    let power = pow(10, log10(least).rounded(.down))
    let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= least * (1 - 1e-9) } ?? 10 * power
    return wholeNumbers ? max(step.rounded(), 1) : step
  }

  private static func labels(_ values: [Double], step: Double) -> [String] {
    let largest = values.map(\.magnitude).max() ?? 0
    if largest >= 1e6 || largest > 0 && largest < 1e-3 {
      return values.map { $0 == 0 ? "0" : NumberText.short($0) }
    }
    let digits = max(0, Int((-log10(step) - 1e-9).rounded(.up)))
    return values.map { NumberText.fixed($0, min(digits, 6)) }
  }
}

/// Numbers for people, with a point in every locale.
package enum NumberText {
  /// So many digits after the point; zero has no sign, and a minus is as long as a plus.
  package static func fixed(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite else { return value.isNaN ? "nan" : value > 0 ? "inf" : "-inf" }
    let text = String(format: "%.\(digits)f", value)
    return text.hasPrefix("-") && !text.contains { ("1"..."9").contains($0) } ? String(text.dropFirst()) : text
  }

  /// Three digits that count, without trailing zeros: `0.05`, `1.5e-7`, `2e+6`.
  package static func short(_ value: Double) -> String {
    guard value.isFinite else { return fixed(value, 0) }
    let text = String(format: "%.3g", value)
    guard let exponent = text.firstIndex(of: "e") else { return text }
    // C writes at least two digits: e-07.
    let power = Int(text[text.index(after: exponent)...]) ?? 0
    return text[..<exponent] + "e\(power)"
  }

  /// Four digits that count: for values people compare.
  package static func value(_ value: Double) -> String {
    guard value.isFinite else { return fixed(value, 0) }
    if value == 0 { return "0" }
    if value.magnitude >= 1e6 || value.magnitude < 1e-3 { return short(value) }
    return value == value.rounded()
      ? fixed(value, 0) : fixed(value, max(0, 4 - (value.magnitude < 1 ? 0 : Int(log10(value.magnitude)) + 1)))
  }

  /// A share: `98.3 %`.
  package static func percent(_ share: Double) -> String { fixed(100 * share, 1) + " %" }

  /// `68,770`.
  package static func grouped(_ count: Int) -> String {
    var text = ""
    for (place, digit) in String(count.magnitude).reversed().enumerated() {
      if place > 0 && place.isMultiple(of: 3) { text.append(",") }
      text.append(digit)
    }
    return (count < 0 ? "-" : "") + String(text.reversed())
  }
}
