/// A record as TensorFlow's files have them: its length, a checksum of that, the bytes, a checksum of those. Numbers are little-endian.
package enum RecordFrame {
  /// The record around some bytes.
  package static func framed(_ payload: [UInt8]) -> [UInt8] {
    let length = bytes(of: UInt64(payload.count))
    return length + bytes(of: masked(CRC32C.checksum(length))) + payload + bytes(of: masked(CRC32C.checksum(payload)))
  }

  /// What is inside the records of a file; ends where one is cut off or damaged.
  package static func payloads(_ file: [UInt8]) -> [[UInt8]] {
    var payloads: [[UInt8]] = []
    var rest = file[...]
    while rest.count >= 16 {
      let length = Array(rest.prefix(8))
      let count = number(length)
      guard number(rest.dropFirst(8).prefix(4)) == UInt64(masked(CRC32C.checksum(length))),
        count <= UInt64(rest.count - 16)
      else { break }
      let payload = Array(rest.dropFirst(12).prefix(Int(count)))
      guard number(rest.dropFirst(12 + Int(count)).prefix(4)) == UInt64(masked(CRC32C.checksum(payload))) else { break }
      payloads.append(payload)
      rest = rest.dropFirst(16 + Int(count))
    }
    return payloads
  }

  /// A checksum that is stored beside what it is of, made different from one: turned right by 15 bits, and a constant added.
  static func masked(_ checksum: UInt32) -> UInt32 { (checksum >> 15 | checksum << 17) &+ 0xA282_EAD8 }

  private static func bytes(of number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }

  private static func number(_ bytes: some Collection<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

/// The cyclic redundancy check with Castagnoli's polynomial, as in iSCSI (RFC 3720, appendix B.4).
package enum CRC32C {
  /// What each byte does to a checksum. The polynomial is 0x1EDC6F41, bits in reverse order.
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in value >> 1 ^ (value & 1 == 1 ? 0x82F6_3B78 : 0) }
  }

  /// The checksum of some bytes.
  package static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ $0 >> 8 }
  }
}
