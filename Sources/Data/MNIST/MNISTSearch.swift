import Foundation

/// The search for MNIST with everything it depends on, so that a test can decide each.
package struct MNISTSearch {
  package var directory: String?
  package var trainingLimit: Int?
  package var environment: [String: String]
  package var mirrors = MNISTFiles.mirrors
  package var files = MNISTFiles.published
  package var timeouts = DownloadTimeouts()
  package var progress: @Sendable (DownloadProgress) -> Void = { _ in }
  private var notes: [String] = []

  /// The generator draws the same digits for everyone, as MNIST is the same for everyone.
  private static let generatorSeed: UInt64 = 1

  package init(environment: [String: String]) {
    self.environment = environment
  }

  package mutating func run() throws -> MNIST {
    if let directory { return try read(directory) }
    if let named = setting("MARTLET_DATA") {
      do {
        return try read(named)
      } catch let error as MNISTError where error.isAbsence {
        notes.append("MARTLET_DATA: \(error)")
      }
    }
    if let found = try searchCache() { return found }
    notes.append(
      "these are not MNIST's digits but drawn ones; for the real ones name a directory that has the files, "
        + "or connect to the network")
    return MNIST(drawnWith: Self.generatorSeed, notes: notes, trainingLimit: trainingLimit)
  }

  private func read(_ directory: String) throws -> MNIST {
    try MNIST(in: directory, source: .files(directory: directory), notes: notes, trainingLimit: trainingLimit)
  }

  /// What the user's cache holds, completed by a download where it can be.
  private mutating func searchCache() throws -> MNIST? {
    guard let cache else {
      notes.append("no cache: neither XDG_CACHE_HOME nor HOME is set")
      return nil
    }
    do {
      return try read(cache)
    } catch let error as MNISTError where error.isAbsence {
      // Nothing there yet: the ordinary case, of which nobody need be told.
    } catch let error as DataFileError {
      notes.append("the cached copy was not used: \(error)")
      if case .unreadable = error.problem { return nil }
      // All four: which of two files that do not fit each other is the wrong one cannot be known.
      for path in files.map({ "\(cache)/\($0.name)" }) + [error.file] {
        try? FileManager.default.removeItem(atPath: path)
      }
    }

    guard setting("MARTLET_OFFLINE") != "1" else {
      notes.append("nothing was downloaded, because MARTLET_OFFLINE is 1")
      return nil
    }
    do {
      try FileStore.withLock(on: cache) { try downloadMissingFiles(into: cache) }
    } catch let error as DownloadError {
      notes.append("MNIST could not be downloaded: \(error)")
      return nil
    }
    return try MNIST(in: cache, source: .download(directory: cache), notes: notes, trainingLimit: trainingLimit)
  }

  private func downloadMissingFiles(into cache: String) throws {
    var mirrors = mirrors
    for file in files where !FileManager.default.fileExists(atPath: "\(cache)/\(file.name)") {
      try file.download(into: cache, from: &mirrors, timeouts: timeouts, progress: progress)
    }
  }

  /// The user's cache by the XDG Base Directory Specification, which ignores relative paths.
  private var cache: String? {
    if let base = setting("XDG_CACHE_HOME"), base.hasPrefix("/") { return "\(base)/martlet/mnist" }
    return setting("HOME").map { "\($0)/.cache/martlet/mnist" }
  }

  /// An environment variable; an empty one counts as not set.
  private func setting(_ name: String) -> String? {
    environment[name].flatMap { $0.isEmpty ? nil : $0 }
  }
}
