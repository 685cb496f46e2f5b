#if OpenCL
  import Synchronization

  /// What a driver says about a context in words, on its own thread and when it likes: often the only hint at which access was wrong.
  ///
  /// A class, because the driver keeps a pointer to it.
  final class DriverNotices: Sendable {
    private let text = Mutex<String?>(nil)

    /// The latest.
    var latest: String? { text.withLock { $0 } }

    /// What the driver calls, by way of a C function.
    static func receive(_ words: UnsafePointer<CChar>?, for receiver: UnsafeMutableRawPointer?) {
      guard let words, let receiver else { return }
      let text = String(cString: words).trimmingWhitespace()
      Unmanaged<DriverNotices>.fromOpaque(receiver).takeUnretainedValue().text.withLock { $0 = text }
    }
  }
#endif
