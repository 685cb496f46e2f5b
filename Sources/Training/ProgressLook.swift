import Foundation

/// What the terminal on standard error can show of a bar: how wide it is, whether in colours, whether beyond ASCII.
package struct ProgressLook: Sendable {
  /// How many characters a line has; `nil` where nobody knows, and lines are as long as they are.
  package var columns: Int?
  package var hasColors: Bool
  package var isUnicode: Bool

  package init(columns: Int? = nil, hasColors: Bool = true, isUnicode: Bool = true) {
    (self.columns, self.hasColors, self.isUnicode) = (columns, hasColors, isUnicode)
  }

  /// The terminal as it is now; people change its width at any time.
  package static func current(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> ProgressLook {
    var size = winsize()
    let isKnown = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    // The first that is set decides, as in setlocale(3). In containers none is, and terminals show everything all the same.
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { environment[$0] }.first { !$0.isEmpty } ?? "UTF-8"
    let encoding = locale.uppercased().replacingOccurrences(of: "-", with: "")
    return ProgressLook(
      columns: isKnown ? Int(size.ws_col) : environment["COLUMNS"].flatMap { Int($0) },
      hasColors: environment["NO_COLOR"].map(\.isEmpty) ?? true, isUnicode: encoding.contains("UTF8"))
  }

  /// The line of a bar, as Keras draws it. Where the terminal is too narrow it would be broken, and a new piece of it left behind by every
  /// update: so the bar shrinks first, then what does not fit is left out.
  ///
  /// - Parameters:
  ///   - done: How much of the bar is filled, of `total`.
  ///   - isLast: The finished line of an epoch is not drawn again, so nothing is left out of it: it goes on below.
  package func line(
    count: String, done: Int, of total: Int, time: String, perStep: String, values: [String], isLast: Bool = false
  ) -> String {
    // The last column stays free: a cursor behind it would be on the next line.
    let room = columns.map { $0 - 1 } ?? .max
    let (mostCells, fewestCells) = (20, 5)
    let margin = count.count + 1
    let besideBar = margin + time.count + 1
    // The finished line keeps its bar; one that will be drawn again gives that up first.
    var cells = isLast ? min(mostCells, max(fewestCells, room - besideBar - perStep.count - 1)) : fewestCells
    var length = besideBar + cells
    var rest = ""
    for part in [" \(perStep)"] + values.map({ " - \($0)" }) {
      if length + part.count > room {
        guard isLast else { break }
        rest += "\n" + String(repeating: " ", count: margin - 1)
        length = margin - 1
      }
      rest += part
      length += part.count
    }
    if !isLast { cells = min(mostCells, room - length + fewestCells) }
    let bar = cells < fewestCells ? "" : bar(done, of: total, cells: cells) + " "
    return bold(count) + " " + bar + bold(time) + rest
  }

  /// The share that is done in green, the rest in grey; by other characters where there are no colours.
  private func bar(_ done: Int, of total: Int, cells: Int) -> String {
    let filled = total == 0 ? cells : cells * min(done, total) / total
    guard hasColors && isUnicode else {
      let (full, empty) = isUnicode ? ("━", "╌") : ("=", ".")
      return String(repeating: full, count: filled) + String(repeating: empty, count: cells - filled)
    }
    let green = filled > 0 ? "\u{1B}[32m" + String(repeating: "━", count: filled) + "\u{1B}[0m" : ""
    return green + "\u{1B}[37m" + String(repeating: "━", count: cells - filled) + "\u{1B}[0m"
  }

  private func bold(_ text: String) -> String { hasColors ? "\u{1B}[1m\(text)\u{1B}[0m" : text }
}
