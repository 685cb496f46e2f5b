import Foundation
import Martlet

/// What the command says and writes, on streams and in files that may be closed, full, or no files at all.
enum Output {
  /// Makes the process live on where nobody reads any more, and notice at its end when results were not written.
  static func prepare() {
    // `martlet train … | head` closes the stream long before the network is saved.
    signal(SIGPIPE, SIG_IGN)
    // A limit on the size of files (ulimit -f) is a full disk, and not the end of the process.
    signal(SIGXFSZ, SIG_IGN)
    atexit {
      guard fflush(nil) != 0 else { return }
      let reason = errno
      // A reader that went away has seen what it wanted; the code is what the shell calls a broken pipe.
      if reason == EPIPE { _exit(128 + SIGPIPE) }
      _ = try? Output.write(
        Data("Error: cannot write standard output: \(String(cString: strerror(reason)))\n".utf8), to: 2)
      _exit(1)
    }
  }

  /// Writes all of it; ends the process quietly where nobody reads its results any more.
  ///
  /// - Throws: `FileError` when the stream cannot take it.
  static func write(_ data: Data, to stream: Int32) throws {
    try data.withUnsafeBytes { buffer in
      var rest = buffer[...]
      while !rest.isEmpty {
        let count = Foundation.write(stream, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count < 0 && errno == EINTR { continue }
        if count < 0 && errno == EPIPE && stream == STDOUT_FILENO { _exit(128 + SIGPIPE) }
        guard count > 0 else {
          let name = stream == STDOUT_FILENO ? "standard output" : "standard error"
          throw FileError(action: "write", path: name, reason: String(cString: strerror(errno)))
        }
        rest = rest.dropFirst(count)
      }
    }
  }

  /// Writes results to a file, which is there completely or not at all, or for `-` to standard output.
  ///
  /// - Throws: `FileError`.
  static func write(_ data: Data, toFile path: String) throws {
    guard path == "-" else { return try AtomicFile.write([UInt8](data), to: URL(fileURLWithPath: path)) }
    // What was printed before comes first.
    fflush(nil)
    try write(data, to: STDOUT_FILENO)
  }
}
