import Foundation

/// Why a file could not be read or written.
public struct FileError: Error, Hashable, CustomStringConvertible {
  /// What was attempted: `read`, `write`.
  public let action: String
  /// The file.
  public let path: String
  /// What the system said.
  public let reason: String

  package init(action: String, path: String, reason: String) {
    self.action = action
    self.path = path
    self.reason = reason
  }

  /// What, where and why in one sentence.
  public var description: String { "cannot \(action) \(path): \(reason)" }

  /// All bytes of a file.
  package static func bytes(of url: URL) throws -> [UInt8] { [UInt8](try reading(url) { try Data(contentsOf: url) }) }

  /// Reads a file with a Foundation call, whose own errors do not say much.
  package static func reading<Content>(_ url: URL, _ read: () throws -> Content) throws -> Content {
    let file = open(url.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else {
      throw FileError(action: "read", path: url.path, reason: String(cString: strerror(errno)))
    }
    defer { close(file) }
    // A pipe or a device may never end.
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      let isFolder = status.st_mode & S_IFMT == S_IFDIR
      throw FileError(
        action: "read", path: url.path, reason: isFolder ? "it is a folder" : "it is not a regular file")
    }
    do {
      return try read()
    } catch {
      throw FileError(action: "read", path: url.path, reason: error.localizedDescription)
    }
  }
}

/// Files that are there completely or not at all.
package enum AtomicFile {
  /// Writes a file under a temporary name beside its place, has it stored on the medium, and then renames it, so that a crash or
  /// a full disk leaves what was there before.
  ///
  /// - Throws: `FileError`.
  package static func write(_ bytes: [UInt8], to url: URL) throws {
    let path = try resolved(url.path)
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG, status.st_mode & S_IFMT != S_IFDIR {
      return try writeThrough(bytes, to: path)
    }
    // The process number keeps two programs that save to the same place out of each other's way.
    let temporary = "\(path).\(getpid()).partial"
    let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw failure(path) }
    do {
      defer { close(file) }
      try writeAll(bytes, to: file, path: path)
      guard fsync(file) == 0 else { throw failure(path) }
    } catch {
      unlink(temporary)
      throw error
    }
    guard rename(temporary, path) == 0 else {
      let error = failure(path)
      unlink(temporary)
      throw error
    }
    // The new name is an entry of the folder, which is stored on its own. A file system that cannot is no reason to fail.
    let folder = open(URL(fileURLWithPath: path).deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
    if folder >= 0 {
      fsync(folder)
      close(folder)
    }
  }

  /// A symbolic link stays one: what it leads to is replaced.
  private static func resolved(_ path: String) throws -> String {
    guard let target = realpath(path, nil) else {
      if errno == ELOOP { throw failure(path) }
      return path
    }
    defer { free(target) }
    return String(cString: target)
  }

  /// A device or a pipe is written to; put in its place would be a file.
  private static func writeThrough(_ bytes: [UInt8], to path: String) throws {
    let file = open(path, O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { throw failure(path) }
    defer { close(file) }
    try writeAll(bytes, to: file, path: path)
  }

  private static func writeAll(_ bytes: [UInt8], to file: Int32, path: String) throws {
    try bytes.withUnsafeBytes { buffer in
      var rest = buffer[...]
      while !rest.isEmpty {
        let count = Foundation.write(file, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { throw failure(path) }
        rest = rest.dropFirst(count)
      }
    }
  }

  private static func failure(_ path: String) -> FileError {
    FileError(action: "write", path: path, reason: String(cString: strerror(errno)))
  }
}
