/// Why a file could not be downloaded.
public enum DownloadError: Error, Equatable, CustomStringConvertible {
  /// No connection, or no answer in time.
  case unreachable(url: String, reason: String)
  /// The server answered, but not with the file.
  case badStatus(url: String, status: Int)
  /// The connection ended before the file did; what came is kept, to go on from there.
  case interrupted(url: String, receivedByteCount: Int, reason: String)
  /// The server sends more than the file can be long.
  case tooLong(url: String, limit: Int)
  /// What came is not the file that was published.
  case wrongChecksum(url: String, expected: String, found: String)
  /// The file cannot be stored.
  case cannotStore(path: String, reason: String)
  /// No mirror could give the file; one reason for each attempt.
  case noMirror(file: String, attempts: [DownloadError])

  /// What failed and why.
  public var description: String {
    switch self {
    case .unreachable(let url, let reason):
      "\(url) cannot be reached: \(reason)"
    case .badStatus(let url, let status):
      "\(url) answers with HTTP status \(status)"
    case .interrupted(let url, let receivedByteCount, let reason):
      "\(url) broke off after \(receivedByteCount) bytes: \(reason)"
    case .tooLong(let url, let limit):
      "\(url) sends more than \(limit) bytes, too many for this file"
    case .wrongChecksum(let url, let expected, let found):
      "\(url) sends another file than the one published: the SHA-256 of its contents is \(found) instead of \(expected)"
    case .cannotStore(let path, let reason):
      "\(path) cannot be written: \(reason)"
    case .noMirror(let file, let attempts):
      "no mirror could give \(file): \(attempts.map(\.description).joined(separator: "; "))"
    }
  }
}

/// How far the download of one file has come.
public struct DownloadProgress: Equatable, Sendable {
  /// The name of the file.
  public let file: String
  /// The number of bytes already here, those of earlier attempts included.
  public let receivedByteCount: Int
  /// The number of bytes of the whole file, if the server says.
  public let totalByteCount: Int?
}
