import ArgumentParser
import Foundation
import Martlet
import Synchronization

/// Turns the first Ctrl-C into a request to stop; a second one ends the process at once.
enum Interrupt {
  private static let requested = Atomic<Int32>(0)

  /// Whether Ctrl-C was pressed, or somebody asked for an end otherwise.
  static var isRequested: Bool { requested.load(ordering: .relaxed) != 0 }

  /// By what, in words.
  static var reason: String {
    switch requested.load(ordering: .relaxed) {
    case SIGTERM: "by a request to end"
    case SIGHUP: "as the terminal was closed"
    default: "by Ctrl-C"
    }
  }

  /// What shells call an end by that signal.
  static var exitCode: ExitCode {
    let signal = requested.load(ordering: .relaxed)
    return ExitCode(128 + (signal == 0 ? SIGINT : signal))
  }

  /// Begins to listen for Ctrl-C, for a polite request to end, and for the end of the terminal.
  static func listen() {
    for number in [SIGINT, SIGTERM] { listen(to: number) }
    // Under nohup the end of the terminal is to mean nothing.
    if let handler = listen(to: SIGHUP), unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) {
      signal(SIGHUP, SIG_IGN)
    }
  }

  @discardableResult
  private static func listen(to number: Int32) -> sighandler_t? {
    signal(number) { number in
      Interrupt.requested.store(number, ordering: .relaxed)
      signal(number, SIG_DFL)
    }
  }
}
