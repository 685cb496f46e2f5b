import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// How long a download waits before it gives up, in seconds.
package struct DownloadTimeouts: Sendable {
  /// Until the answer must have begun, the time to look up and reach the server included.
  package var answer = 5.0
  /// Between two pieces of the answer.
  package var silence = 15.0

  package init() {}
}

/// One HTTP request that writes its answer to a partial file, beginning where an earlier one broke off.
struct Transfer {
  let url: URL
  /// Where the bytes go; what is there already is not asked for again.
  let partialPath: String
  /// No answer may be longer.
  let byteLimit: Int
  let timeouts: DownloadTimeouts

  /// Whether the answer continued a partial file.
  enum Outcome {
    case whole
    case resumed
  }

  /// Runs the request to its end; blocks the calling thread.
  ///
  /// - Throws: `DownloadError`. Unless the file cannot be stored, what was received stays in the partial file.
  func run(progress: @escaping @Sendable (_ received: Int, _ total: Int?) -> Void) throws -> Outcome {
    let handle = try openPartialFile()
    defer { try? handle.close() }
    let present = Int((try? handle.seekToEnd()) ?? 0)

    var request = URLRequest(url: url)
    // The file is to arrive as it is stored: packed, and with byte numbers that an earlier attempt agrees with.
    request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
    if present > 0 { request.setValue("bytes=\(present)-", forHTTPHeaderField: "Range") }

    let receiver = TransferReceiver(handle, present: present, transfer: self, progress: progress)
    let configuration = URLSessionConfiguration.ephemeral
    configuration.timeoutIntervalForRequest = timeouts.answer + timeouts.silence
    let session = URLSession(configuration: configuration, delegate: receiver, delegateQueue: nil)
    let task = session.dataTask(with: request)
    task.resume()
    defer { session.invalidateAndCancel() }
    return try receiver.wait()
  }

  private func openPartialFile() throws -> FileHandle {
    let descriptor = open(partialPath, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else {
      throw DownloadError.cannotStore(path: partialPath, reason: String(cString: strerror(errno)))
    }
    return FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
  }
}

/// Writes what the session delivers and lets the calling thread wait for the end.
private final class TransferReceiver: NSObject, URLSessionDataDelegate, @unchecked Sendable {
  // Sendable because every access to the variables below holds the lock of `condition`.
  private let condition = NSCondition()
  private let handle: FileHandle
  private let transfer: Transfer
  private let progress: @Sendable (Int, Int?) -> Void
  private var received: Int
  private var total: Int?
  private var outcome: Transfer.Outcome?
  private var end: Result<Transfer.Outcome, DownloadError>?
  private var deadline: Date

  init(
    _ handle: FileHandle, present: Int, transfer: Transfer, progress: @escaping @Sendable (Int, Int?) -> Void
  ) {
    self.handle = handle
    self.transfer = transfer
    self.progress = progress
    self.received = present
    self.deadline = Date(timeIntervalSinceNow: transfer.timeouts.answer)
  }

  private var url: String { transfer.url.absoluteString }

  /// Blocks until the transfer has ended or been silent for too long.
  func wait() throws -> Transfer.Outcome {
    try condition.withLock {
      while end == nil {
        let limit = deadline
        if !condition.wait(until: limit) && deadline <= Date() { finish(.failure(silence)) }
      }
      guard let end else { preconditionFailure("Transfer: waiting ended before the transfer") }
      return try end.get()
    }
  }

  private var silence: DownloadError {
    outcome == nil
      ? .unreachable(url: url, reason: "no answer within \(transfer.timeouts.answer) seconds")
      : broken("nothing came for \(transfer.timeouts.silence) seconds")
  }

  private func broken(_ reason: String) -> DownloadError {
    .interrupted(url: url, receivedByteCount: received, reason: reason)
  }

  /// The first end counts; whatever the session still delivers is ignored.
  private func finish(_ result: Result<Transfer.Outcome, DownloadError>) {
    if end == nil { end = result }
    condition.broadcast()
  }

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
  ) {
    let accepted = condition.withLock { () -> Bool in
      guard end == nil else { return false }
      do {
        try begin(with: response)
        deadline = Date(timeIntervalSinceNow: transfer.timeouts.silence)
        condition.broadcast()
        return true
      } catch let error as DownloadError {
        finish(.failure(error))
      } catch {
        finish(.failure(.cannotStore(path: transfer.partialPath, reason: "\(error)")))
      }
      return false
    }
    completionHandler(accepted ? .allow : .cancel)
  }

  /// Decides from the head of the answer where its bytes belong.
  private func begin(with response: URLResponse) throws {
    guard let head = response as? HTTPURLResponse else {
      throw DownloadError.unreachable(url: url, reason: "the answer is not HTTP")
    }
    switch head.statusCode {
    case 206 where head.value(forHTTPHeaderField: "Content-Range")?.hasPrefix("bytes \(received)-") == true:
      outcome = .resumed
    case 200:
      // The server does not continue files: begin again.
      try handle.truncate(atOffset: 0)
      received = 0
      outcome = .whole
    case 206, 416:
      // The partial file is not the beginning of this file: the next attempt must not build on it.
      try handle.truncate(atOffset: 0)
      throw DownloadError.badStatus(url: url, status: head.statusCode)
    default:
      throw DownloadError.badStatus(url: url, status: head.statusCode)
    }
    if response.expectedContentLength >= 0 { total = received + Int(response.expectedContentLength) }
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    let state = condition.withLock { () -> (Int, Int?)? in
      guard end == nil else { return nil }
      guard received + data.count <= transfer.byteLimit else {
        finish(.failure(.tooLong(url: url, limit: transfer.byteLimit)))
        return nil
      }
      do {
        try handle.write(contentsOf: data)
      } catch {
        finish(.failure(.cannotStore(path: transfer.partialPath, reason: "\(error)")))
        return nil
      }
      received += data.count
      deadline = Date(timeIntervalSinceNow: transfer.timeouts.silence)
      return (received, total)
    }
    if let state { progress(state.0, state.1) }
  }

  func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
    condition.withLock {
      switch (error, outcome) {
      case (let error?, nil):
        finish(.failure(.unreachable(url: url, reason: error.localizedDescription)))
      case (let error?, _):
        finish(.failure(broken(error.localizedDescription)))
      case (nil, let outcome?):
        if let total, received < total {
          finish(.failure(broken("\(total) bytes were announced")))
        } else {
          finish(.success(outcome))
        }
      case (nil, nil):
        finish(.failure(.unreachable(url: url, reason: "the answer is empty")))
      }
    }
  }
}
