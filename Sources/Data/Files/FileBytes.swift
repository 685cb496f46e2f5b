import Foundation

/// Reading whole files with their size known beforehand, so that no file can claim more memory than it is long.
package enum FileBytes {
  /// The largest file that is read: far above any data set that is worth holding in memory as a whole.
  package static let limit = 1 << 33

  /// All bytes of a regular file.
  ///
  /// - Throws: `DataFileError` with the operating system's reason.
  package static func read(_ path: String, limit: Int = limit) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw unreadable(path, errno) }
    defer { close(descriptor) }

    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw unreadable(path, errno) }
    // A pipe or a device may never end.
    guard status.st_mode & S_IFMT == S_IFREG else {
      let kind = status.st_mode & S_IFMT == S_IFDIR ? "it is a directory" : "it is not a regular file"
      throw DataFileError(file: path, .unreadable(reason: kind))
    }
    let byteCount = Int(status.st_size)
    guard byteCount <= limit else { throw DataFileError(file: path, .tooLarge(byteCount: byteCount, limit: limit)) }

    return try [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, filled in
      while filled < byteCount {
        let received = Foundation.read(descriptor, buffer.baseAddress.map { $0 + filled }, byteCount - filled)
        if received < 0 && errno == EINTR { continue }
        guard received >= 0 else { throw unreadable(path, errno) }
        // The file became shorter while it was read: what is there is all there is.
        if received == 0 { break }
        filled += received
      }
    }
  }

  /// Writes a file, which is there completely or not at all; a device or a pipe is written to.
  ///
  /// - Throws: `DataFileError` with the operating system's reason.
  static func write(_ bytes: [UInt8], to path: String) throws {
    var status = stat()
    let isThere = stat(path, &status) == 0
    if !isThere && errno == ELOOP {
      throw DataFileError(file: path, .unwritable(reason: String(cString: strerror(ELOOP))))
    }
    let isDevice = isThere && ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT)
    // A symbolic link stays one: what it leads to is replaced.
    let place = URL(fileURLWithPath: path).resolvingSymlinksInPath()
    do {
      try Data(bytes).write(to: place, options: isDevice ? [] : .atomic)
    } catch {
      let cause = (error as? CocoaError)?.underlying as? POSIXError
      let reason = cause.map { String(cString: strerror($0.code.rawValue)) } ?? error.localizedDescription
      throw DataFileError(file: path, .unwritable(reason: reason))
    }
  }

  private static func unreadable(_ path: String, _ code: Int32) -> DataFileError {
    DataFileError(file: path, .unreadable(reason: String(cString: strerror(code))))
  }
}
