/// Bytes on their way from a device to the host.
public protocol PendingDownload: Sendable {
  /// Whether `bytes()` returns, or throws, without waiting.
  var hasArrived: Bool { get }
  /// The bytes; waits where they have not come yet.
  ///
  /// - Throws: `BackendError`, why they will not come.
  func bytes() throws -> [UInt8]
}

/// Bytes that are there already, or will never be.
public struct FinishedDownload: PendingDownload {
  private let result: Result<[UInt8], any Error>

  /// What came of a download.
  public init(_ result: Result<[UInt8], any Error>) { self.result = result }

  /// Always.
  public var hasArrived: Bool { true }

  /// The bytes. See `PendingDownload`.
  public func bytes() throws -> [UInt8] { try result.get() }
}

extension Backend {
  /// At once, for backends that compute while they are called; see `Backend`.
  public func beginDownload(_ storage: Storage, atByte offset: Int, byteCount: Int) -> any PendingDownload {
    FinishedDownload(
      Result {
        var bytes = [UInt8](repeating: 0, count: byteCount)
        try bytes.withUnsafeMutableBytes { try download(storage, atByte: offset, into: $0) }
        return bytes
      })
  }
}
