import Foundation
import Synchronization

/// An HTTP server on this machine that serves bytes from memory, and misbehaves as told.
final class FileServer: Sendable {
  /// How to answer requests for one path.
  struct Answer: Sendable {
    var body: [UInt8]
    var status = 200
    /// Whether a `Range` header is respected.
    var resumes = true
    /// Breaks the connection after this many bytes of a body.
    var breaksAfter: Int?
    /// Answers nothing at all until the client gives up.
    var isSilent = false
  }

  struct Request: Equatable, Sendable {
    let path: String
    let range: String?
  }

  let url: URL
  private let listener: Int32
  private let state: Mutex<(answers: [String: [Answer]], requests: [Request])>

  /// Serves each path; of several answers each serves one request, the last all that follow.
  init(_ answers: [String: [Answer]]) throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(listener, address, length) | listen(listener, 16) | getsockname(listener, address, &length)
      }
    }
    guard code == 0, let url = URL(string: "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))/") else {
      throw POSIXError(.EADDRNOTAVAIL)
    }
    self.url = url
    self.listener = listener
    self.state = Mutex((answers, []))
    Thread.detachNewThread { [weak self] in
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return }
        Thread.detachNewThread { [weak self] in
          self?.serve(connection)
          close(connection)
        }
      }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  var requests: [Request] { state.withLock { $0.requests } }

  private func serve(_ connection: Int32) {
    guard let head = Self.head(from: connection) else { return }
    let lines = head.split(separator: "\r\n").map(String.init)
    let path = lines.first?.split(separator: " ").dropFirst().first.map { String($0.dropFirst()) } ?? ""
    let range = lines.first { $0.lowercased().hasPrefix("range: ") }.map { String($0.dropFirst("range: ".count)) }
    let answer = state.withLock { state -> Answer in
      state.requests.append(Request(path: path, range: range))
      guard let answers = state.answers[path], let first = answers.first else { return Answer(body: [], status: 404) }
      if answers.count > 1 { state.answers[path]?.removeFirst() }
      return first
    }
    if answer.isSilent {
      // Returns when the client closes.
      _ = Self.head(from: connection)
      return
    }
    send(answer, range: range, over: connection)
  }

  private func send(_ answer: Answer, range: String?, over connection: Int32) {
    let start = answer.resumes ? range.flatMap { Int($0.dropFirst("bytes=".count).dropLast()) } : nil
    var head = "HTTP/1.1 \(answer.status) Status\r\n"
    var body = answer.body[...]
    if let start, answer.status == 200 {
      guard start < answer.body.count else {
        Self.write(Array("HTTP/1.1 416 Status\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".utf8), connection)
        return
      }
      body = answer.body[start...]
      head = "HTTP/1.1 206 Status\r\nContent-Range: bytes \(start)-\(answer.body.count - 1)/\(answer.body.count)\r\n"
    }
    head += "Content-Length: \(body.count)\r\nConnection: close\r\n\r\n"
    Self.write(Array(head.utf8) + body.prefix(answer.breaksAfter ?? .max), connection)
  }

  private static func head(from connection: Int32) -> String? {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4096)
    while !bytes.suffix(4).elementsEqual([13, 10, 13, 10]) {
      let count = recv(connection, &piece, piece.count, 0)
      guard count > 0 else { return nil }
      bytes += piece[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func write(_ bytes: [UInt8], _ connection: Int32) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Foundation.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      sent += count
    }
  }
}
