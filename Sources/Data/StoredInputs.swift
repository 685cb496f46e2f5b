/// What a dataset stores for its inputs, row-major, sample after sample.
enum StoredInputs: Sendable {
  case bytes([UInt8], divisor: Float)
  case floats([Float])

  /// The samples of `size` values at the given rows, one after another, as they are stored.
  ///
  /// - Precondition: the rows are there, and the memory has room for them.
  func copyRows(_ rows: [Int], size: Int, to memory: UnsafeMutableRawBufferPointer) {
    switch self {
    case .bytes(let bytes, _): bytes.withUnsafeBytes { Self.copy(rows, byteCount: size, from: $0, to: memory) }
    case .floats(let floats): floats.withUnsafeBytes { Self.copy(rows, byteCount: 4 * size, from: $0, to: memory) }
    }
  }

  private static func copy(
    _ rows: [Int], byteCount: Int, from source: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer
  ) {
    for (slot, row) in rows.enumerated() {
      UnsafeMutableRawBufferPointer(rebasing: target[slot * byteCount..<(slot + 1) * byteCount])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[row * byteCount..<(row + 1) * byteCount]))
    }
  }

  /// The same as values: bytes divided by the divisor.
  func values(ofRows rows: [Int], size: Int) -> [Float] {
    [Float](unsafeUninitializedCapacity: rows.count * size) { values, count in
      count = rows.count * size
      switch self {
      case .floats:
        copyRows(rows, size: size, to: UnsafeMutableRawBufferPointer(values))
      case .bytes(let bytes, let divisor):
        bytes.withUnsafeBufferPointer { bytes in
          for (slot, row) in rows.enumerated() {
            for element in 0..<size {
              values.initializeElement(at: slot * size + element, to: Float(bytes[row * size + element]) / divisor)
            }
          }
        }
      }
    }
  }
}
