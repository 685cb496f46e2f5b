import Foundation
import Martlet
import Synchronization

/// Turns the first Ctrl-C into a request to stop; a second one ends the process at once.
enum Interrupt {
  private static let requested = Atomic<Bool>(false)

  /// Whether Ctrl-C was pressed.
  static var isRequested: Bool { requested.load(ordering: .relaxed) }

  /// Begins to listen for Ctrl-C and for a polite request to terminate.
  static func listen() {
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in
        Interrupt.requested.store(true, ordering: .relaxed)
        signal(number, SIG_DFL)
      }
    }
  }
}
