import Foundation

/// A published file that several servers hold, recognised by the checksum of its contents.
///
/// The checksum is that of the unpacked contents, because mirrors pack the same file differently.
package struct MirroredFile: Sendable {
  /// The name of the file on the servers and in the cache.
  package let name: String
  /// The SHA-256 of what the file holds, unpacked, in hexadecimal.
  package let contentsSHA256: String
  /// No correct answer is longer.
  package let byteLimit: Int

  package init(name: String, contentsSHA256: String, byteLimit: Int) {
    self.name = name
    self.contentsSHA256 = contentsSHA256
    self.byteLimit = byteLimit
  }

  /// How often an interrupted transfer that was making progress is taken up again at the same server.
  private static let resumptionLimit = 3

  /// Downloads the file into the directory; under its name it appears there complete and checked, or not at all.
  ///
  /// A server that could not be reached is taken off `mirrors`, so that the next file need not wait for it again.
  ///
  /// - Throws: `DownloadError`.
  package func download(
    into directory: String, from mirrors: inout [URL], timeouts: DownloadTimeouts,
    progress: @escaping @Sendable (DownloadProgress) -> Void
  ) throws {
    var attempts: [DownloadError] = []
    for mirror in mirrors {
      do {
        return try download(into: directory, from: mirror, timeouts: timeouts, progress: progress)
      } catch let error as DownloadError {
        attempts.append(error)
        if case .unreachable = error { mirrors.removeAll { $0 == mirror } }
        if case .cannotStore = error { break }
      }
    }
    throw DownloadError.noMirror(file: name, attempts: attempts)
  }

  private func download(
    into directory: String, from mirror: URL, timeouts: DownloadTimeouts,
    progress: @escaping @Sendable (DownloadProgress) -> Void
  ) throws {
    let partialPath = "\(directory)/\(name).part"
    let transfer = Transfer(
      url: mirror.appendingPathComponent(name), partialPath: partialPath, byteLimit: byteLimit, timeouts: timeouts)
    let name = name
    let report: @Sendable (Int, Int?) -> Void = { received, total in
      progress(DownloadProgress(file: name, receivedByteCount: received, totalByteCount: total))
    }

    var resumptionCount = 0
    while true {
      let before = FileStore.byteCount(of: partialPath)
      do {
        let outcome = try transfer.run(progress: report)
        do {
          try check(partialPath, from: transfer.url)
          return try FileStore.publish(partialPath, as: "\(directory)/\(name)")
        } catch DownloadError.wrongChecksum(let url, let expected, let found) {
          try? FileManager.default.removeItem(atPath: partialPath)
          // The earlier part may have been the wrong one: once more, from the beginning.
          guard case .resumed = outcome else {
            throw DownloadError.wrongChecksum(url: url, expected: expected, found: found)
          }
        }
      } catch let error as DownloadError {
        guard error.isWorthAnotherAttempt(before: before), resumptionCount < Self.resumptionLimit else { throw error }
        resumptionCount += 1
      }
    }
  }

  private func check(_ path: String, from url: URL) throws {
    let found: String
    do {
      found = SHA256.hexDigest(of: try GzipReader.contents(of: FileBytes.read(path, limit: byteLimit), file: path))
    } catch let error as DataFileError {
      found = "unknown (\(error.problem))"
    }
    guard found == contentsSHA256 else {
      throw DownloadError.wrongChecksum(url: url.absoluteString, expected: contentsSHA256, found: found)
    }
  }
}

extension DownloadError {
  /// Whether the same server may do better the next time, `before` bytes having been here the last time.
  fileprivate func isWorthAnotherAttempt(before: Int) -> Bool {
    switch self {
    case .interrupted(_, let received, _): received > before
    // The partial file did not fit and has been emptied.
    case .badStatus(_, let status): (status == 416 || status == 206) && before > 0
    default: false
    }
  }
}

/// Files in a cache that several processes may use at once.
enum FileStore {
  static func byteCount(of path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
  }

  /// Gives a finished file its name in one step, after its bytes have reached the disk.
  static func publish(_ path: String, as name: String) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(name) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0, rename(path, name) == 0 else { throw failure(name) }
  }

  /// Runs the work while no other process does the same in this directory, which is made if need be.
  static func withLock<Result>(on directory: String, _ work: () throws -> Result) throws -> Result {
    do {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    } catch {
      throw DownloadError.cannotStore(path: directory, reason: error.localizedDescription)
    }
    // The system lifts the lock when the process ends, however it ends.
    let descriptor = open("\(directory)/.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure("\(directory)/.lock") }
    defer { close(descriptor) }
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else { throw failure("\(directory)/.lock") }
    }
    return try work()
  }

  private static func failure(_ path: String) -> DownloadError {
    .cannotStore(path: path, reason: String(cString: strerror(errno)))
  }
}
