import Foundation
import Martlet
import MartletBenchmarks

/// The table of `martlet bench`, whose rows appear as they are measured. On a terminal the last line says what is being timed.
struct BenchTable {
  private let nameWidth: Int
  private let isShown: Bool
  private let isTerminal = isatty(STDOUT_FILENO) == 1

  init(names: [String], isShown: Bool) {
    nameWidth = max(9, names.map(\.count).max() ?? 0)
    self.isShown = isShown
  }

  func begin(device: Device, roofline: Roofline?) throws {
    guard isShown else { return }
    try write("\(device.name): \(device.capabilities.deviceName)\n")
    if let roofline {
      let memory = roofline.memory.map { "\(Roofline.size($0.byteCount)) \(Self.digits($0.bytesPerSecond / 1e9))" }
      try write(
        "at most \(Self.digits(roofline.operationsPerSecond / 1e9)) GFLOP/s; GB/s by size: \(memory.joined(separator: ", "))\n"
      )
    }
    try write("\n")
    try show(["benchmark", "median", "", "time", "spread", "of limit", "limit"])
  }

  /// Says what is going on, on a terminal.
  func announce(_ name: String) throws {
    guard isShown, isTerminal else { return }
    try write("\(name) …")
  }

  func add(_ result: Report.Result) throws {
    guard isShown else { return }
    if isTerminal { try write("\r\u{1B}[K") }
    try show([
      result.name, Self.digits(result.value), result.unit.rawValue, Self.time(result.medianSeconds),
      String(format: "±%.0f %%", result.spread * 50),
      result.rooflineShare.map { String(format: "%.0f %%", $0 * 100) } ?? "–", result.bound?.description ?? "–",
    ])
  }

  private func show(_ cells: [String]) throws {
    let widths = [nameWidth, 9, 9, 9, 6, 8, 0]
    let line = zip(cells, widths).enumerated().map { column, cell in
      let room = String(repeating: " ", count: max(0, cell.1 - cell.0.count))
      // Numbers end in the same column, words begin in it.
      return [1, 3, 4, 5].contains(column) ? room + cell.0 : cell.0 + room
    }
    try write(line.joined(separator: "  ") + "\n")
  }

  /// At once, so that a reader at the end of a pipe sees each row when it is there.
  /// Where that reader is gone, there is nothing to measure for.
  private func write(_ text: String) throws { try Output.write(Data(text.utf8), toFile: "-") }

  /// Three significant digits, or all that stand before the point.
  private static func digits(_ value: Double) -> String {
    String(format: value >= 100 ? "%.0f" : value >= 10 ? "%.1f" : "%.2f", value)
  }

  private static func time(_ seconds: Double) -> String {
    if seconds >= 1 { return digits(seconds) + " s" }
    return seconds >= 1e-3 ? digits(seconds * 1e3) + " ms" : digits(seconds * 1e6) + " µs"
  }
}
