import Foundation

/// What a terminal can show.
public struct TerminalStyle: Hashable, Sendable {
  /// Columns.
  public var width: Int
  /// Whether it shows more than ASCII.
  public var isUnicode: Bool
  /// Whether it shows colours.
  public var hasColors: Bool

  /// A style; narrower than 40 columns nothing can be drawn, so that is the least.
  public init(width: Int = 80, isUnicode: Bool = true, hasColors: Bool = true) {
    (self.width, self.isUnicode, self.hasColors) = (max(width, 40), isUnicode, hasColors)
  }

  /// Nothing but ASCII, for files, mails and other programs.
  public static let plain = TerminalStyle(width: 80, isUnicode: false, hasColors: false)

  /// What standard output is: plain where it is no terminal; the terminal's width otherwise, up to 120 columns, colours unless `NO_COLOR`
  /// is set, and Unicode unless the locale is one without.
  public static var ofStandardOutput: TerminalStyle {
    let environment = ProcessInfo.processInfo.environment
    return TerminalStyle(
      environment: environment, isTerminal: isatty(STDOUT_FILENO) == 1, columns: columns(of: STDOUT_FILENO))
  }

  package init(environment: [String: String], isTerminal: Bool, columns: Int?) {
    let width = environment["COLUMNS"].flatMap { Int($0) } ?? columns ?? 80
    guard isTerminal, environment["TERM"] != "dumb" else {
      self = TerminalStyle(
        width: min(environment["COLUMNS"] == nil ? 80 : width, 120), isUnicode: false, hasColors: false)
      return
    }
    // The first that is set decides, as in setlocale(3). In containers none is, and terminals show everything all the same.
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { environment[$0] }.first { !$0.isEmpty } ?? "UTF-8"
    let code = locale.lowercased().replacingOccurrences(of: "-", with: "")
    self = TerminalStyle(
      width: min(width, 120), isUnicode: code.contains("utf8"),
      hasColors: environment["NO_COLOR"].map(\.isEmpty) ?? true)
  }

  private static func columns(of descriptor: Int32) -> Int? {
    var size = winsize()
    return ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : nil
  }
}

extension TerminalStyle {
  /// Text in the colour of a paint.
  func painted(_ text: String, _ paint: Paint?) -> String {
    guard hasColors, let code = paint?.terminalCode else { return text }
    return "\u{1B}[\(code)m\(text)\u{1B}[0m"
  }

  func bold(_ text: String) -> String { hasColors && !text.isEmpty ? "\u{1B}[1m\(text)\u{1B}[0m" : text }

  /// Text cut or filled up to a number of columns.
  static func fitted(_ text: String, _ width: Int, flushRight: Bool = false) -> String {
    if text.count > width { return String(text.prefix(max(width, 0))) }
    let padding = String(repeating: " ", count: width - text.count)
    return flushRight ? padding + text : text + padding
  }
}

extension Paint {
  /// The nearest of the 256 colours terminals have, bright enough on dark ground and dark enough on light.
  fileprivate var terminalCode: String? {
    switch self {
    case .surface, .text: nil
    case .quiet, .grid: "38;5;244"
    case .good: "38;5;35"
    case .bad: "38;5;203"
    case .series(let index):
      "38;5;\([32, 208, 35, 170, 74, 178, 245][(index % Paint.seriesCount + Paint.seriesCount) % Paint.seriesCount])"
    }
  }
}
