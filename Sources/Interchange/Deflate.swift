import CMartletZlib

/// Deflate without a container, as it lies in a zip file, and the checksum beside it.
package enum Deflate {
  /// Deflate needs at least two bits for a copy of 258 bytes: nothing unpacks to more than 1032 times its size.
  package static let largestRatio = 1032

  /// CRC-32, as zip and gzip have it.
  package static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let bytes = Array(bytes)
    return bytes.withUnsafeBufferPointer { buffer in
      var sum: UInt = 0
      var rest = buffer[...]
      while !rest.isEmpty {
        let part = rest.prefix(1 << 30)
        sum = crc32(sum, UnsafeBufferPointer(rebasing: part).baseAddress, UInt32(part.count))
        rest = rest.dropFirst(part.count)
      }
      return UInt32(truncatingIfNeeded: sum)
    }
  }

  /// The packed form; `nil` where zlib cannot start.
  package static func packed(_ bytes: [UInt8]) -> [UInt8]? {
    var stream = z_stream()
    // -15: the largest window, and neither header nor checksum.
    guard
      deflateInit2_(
        &stream, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { return nil }
    defer { deflateEnd(&stream) }
    var result: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 1 << 16)
    return bytes.withUnsafeBufferPointer { input in
      var offered = 0
      while true {
        let part = min(input.count - offered, 1 << 30)
        stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress.map { $0 + offered })
        stream.avail_in = UInt32(part)
        let flush = offered + part == input.count ? Z_FINISH : Z_NO_FLUSH
        let (code, produced) = room.withUnsafeMutableBufferPointer { output in
          stream.next_out = output.baseAddress
          stream.avail_out = UInt32(output.count)
          let code = deflate(&stream, flush)
          return (code, output.count - Int(stream.avail_out))
        }
        offered += part - Int(stream.avail_in)
        result += room[..<produced]
        if code == Z_STREAM_END { return result }
        guard code == Z_OK || code == Z_BUF_ERROR else { return nil }
      }
    }
  }

  /// What packed bytes unpack to, which has to be `count` bytes and to end with them; `nil` otherwise. Memory grows with what is really
  /// there, not with what is promised.
  package static func unpacked(_ bytes: ArraySlice<UInt8>, count: Int) -> [UInt8]? {
    var stream = z_stream()
    guard inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { return nil }
    defer { inflateEnd(&stream) }
    var result: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 1 << 16)
    return bytes.withUnsafeBufferPointer { input in
      var offered = 0
      while true {
        let part = min(input.count - offered, 1 << 30)
        stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress.map { $0 + offered })
        stream.avail_in = UInt32(part)
        let (code, produced) = room.withUnsafeMutableBufferPointer { output in
          stream.next_out = output.baseAddress
          stream.avail_out = UInt32(output.count)
          let code = inflate(&stream, Z_NO_FLUSH)
          return (code, output.count - Int(stream.avail_out))
        }
        offered += part - Int(stream.avail_in)
        result += room[..<produced]
        guard result.count <= count else { return nil }
        if code == Z_STREAM_END { return offered == input.count && result.count == count ? result : nil }
        guard code == Z_OK else { return nil }
      }
    }
  }
}
