import Foundation
import Synchronization

/// Which folders of runs this process writes to, so that others can tell a run that goes on from one that was killed.
///
/// A claim is a lock on the folder itself, which the system gives up with the process, however that ends, and with the machine. A number of
/// a process in the record would be taken for another one after a restart, and means nothing in another container.
enum RunClaim {
  /// Open folders by the files they are, with the locks on them.
  private static let held = Mutex<[File: Int32]>([:])

  /// What a path leads to, by whichever name.
  private struct File: Hashable {
    let device: UInt64
    let number: UInt64
  }

  /// Claims a folder, until it is given up or the process ends. Again is fine. Where the file system has no locks, nothing is claimed.
  ///
  /// - Throws: `RunError` where another process has claimed it.
  static func take(_ path: String) throws {
    let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0, let file = file(of: folder) else { return }
    let isTaken = held.withLock { held in
      if held[file] != nil {
        close(folder)
        return false
      }
      guard flock(folder, LOCK_EX | LOCK_NB) == 0 else {
        let isTaken = errno == EWOULDBLOCK
        close(folder)
        return isTaken
      }
      held[file] = folder
      return false
    }
    if isTaken { throw RunError(path, "another process is training this run right now") }
  }

  /// Gives a folder up.
  static func release(_ path: String) {
    let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { return }
    defer { close(folder) }
    guard let file = file(of: folder) else { return }
    if let lock = held.withLock({ $0.removeValue(forKey: file) }) { close(lock) }
  }

  /// Whether nobody has claimed a folder; `false` where that cannot be known.
  static func isFree(_ path: String) -> Bool {
    let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { return false }
    // Closing gives the lock up again.
    defer { close(folder) }
    return flock(folder, LOCK_SH | LOCK_NB) == 0
  }

  private static func file(of descriptor: Int32) -> File? {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    return File(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
  }
}
