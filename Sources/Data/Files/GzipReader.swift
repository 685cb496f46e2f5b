import CMartletZlib

/// Unpacks gzip data piece by piece, so that the caller decides how much memory that may take.
///
/// It is a class because zlib's state must stay where it is and must be released.
final class GzipReader {
  /// Deflate needs at least two bits for a copy of 258 bytes: nothing unpacks to more than 1032 times its size.
  static let largestRatio = 1032

  private let packed: [UInt8]
  private let file: String
  private let stream: UnsafeMutablePointer<z_stream>
  private var consumedCount = 0
  private var isAtEnd = false

  static func isGzip(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: [0x1F, 0x8B])
  }

  /// The bytes as they are if they are not packed, and otherwise what they unpack to.
  ///
  /// - Throws: `DataFileError`.
  static func contents(of bytes: [UInt8], file: String) throws -> [UInt8] {
    guard isGzip(bytes) else { return bytes }
    let reader = try GzipReader(bytes, file: file)
    var contents: [UInt8] = []
    while true {
      let piece = try reader.read(1 << 20)
      if piece.isEmpty { return contents }
      contents += piece
    }
  }

  init(_ packed: [UInt8], file: String) throws {
    self.packed = packed
    self.file = file
    self.stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // 15: the largest window; + 16: a gzip header and checksum are required.
    let code = inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard code == Z_OK else {
      stream.deallocate()
      throw DataFileError(file: file, .damagedGzip(reason: "zlib cannot start (code \(code))"))
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// No more than this many bytes can still come.
  var largestRemainingCount: Int {
    (packed.count - consumedCount) * Self.largestRatio + Self.largestRatio
  }

  /// The next `count` bytes, or fewer at the end of the data, whose checksum has then been compared.
  ///
  /// - Throws: `DataFileError`.
  func read(_ count: Int) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: count) { output, filled in
      filled = try read(into: output)
    }
  }

  private func read(into output: UnsafeMutableBufferPointer<UInt8>) throws -> Int {
    var filled = 0
    while filled < output.count && !isAtEnd {
      let produced = try inflateSome(into: UnsafeMutableBufferPointer(rebasing: output[filled...]))
      filled += produced
    }
    return filled
  }

  /// One call of zlib; both sides are cut to what its 32-bit counters hold.
  private func inflateSome(into output: UnsafeMutableBufferPointer<UInt8>) throws -> Int {
    let room = min(output.count, 1 << 30)
    let offered = min(packed.count - consumedCount, 1 << 30)
    let code = packed.withUnsafeBufferPointer { input in
      stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress.map { $0 + consumedCount })
      stream.pointee.avail_in = UInt32(offered)
      stream.pointee.next_out = output.baseAddress
      stream.pointee.avail_out = UInt32(room)
      return inflate(stream, Z_NO_FLUSH)
    }
    let taken = offered - Int(stream.pointee.avail_in)
    let produced = room - Int(stream.pointee.avail_out)
    consumedCount += taken

    switch code {
    case Z_OK where taken > 0 || produced > 0:
      return produced
    case Z_STREAM_END:
      try finishMember()
      return produced
    case Z_OK, Z_BUF_ERROR:
      throw damaged("it ends before its last block and checksum")
    default:
      throw damaged(stream.pointee.msg.map { String(cString: $0) } ?? "zlib code \(code)")
    }
  }

  /// A gzip file may be several, one after another; anything else after the first is not gzip.
  private func finishMember() throws {
    if consumedCount == packed.count {
      isAtEnd = true
    } else if packed[consumedCount] == 0x1F {
      inflateReset(stream)
    } else {
      throw damaged("other data follows its end")
    }
  }

  private func damaged(_ reason: String) -> DataFileError {
    DataFileError(file: file, at: .byte(consumedCount), .damagedGzip(reason: reason))
  }
}
