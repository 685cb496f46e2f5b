import CMartletZlib

/// Packing by zlib, to make files for the readers under test.
enum Deflate {
  enum Container: Int32 {
    case zlib = 15
    case gzip = 31
  }

  static func packed(_ bytes: [UInt8], as container: Container, level: Int32 = 6) -> [UInt8] {
    var stream = z_stream()
    let size = Int32(MemoryLayout<z_stream>.size)
    let code = deflateInit2_(&stream, level, Z_DEFLATED, container.rawValue, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
    precondition(code == Z_OK, "zlib cannot start: \(code)")
    defer { deflateEnd(&stream) }
    var input = bytes
    return [UInt8](unsafeUninitializedCapacity: Int(deflateBound(&stream, UInt(bytes.count))) + 64) { output, filled in
      let capacity = output.count
      input.withUnsafeMutableBufferPointer { input in
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(capacity)
        let code = deflate(&stream, Z_FINISH)
        precondition(code == Z_STREAM_END, "zlib cannot finish: \(code)")
      }
      filled = capacity - Int(stream.avail_out)
    }
  }

  static func crc32(of bytes: [UInt8]) -> UInt32 {
    UInt32(CMartletZlib.crc32(0, bytes, UInt32(bytes.count)))
  }
}
