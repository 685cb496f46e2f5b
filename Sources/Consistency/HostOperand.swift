import MartletBackend

/// An operand of a case, with its contents, before it is put on any backend.
struct HostOperand: Sendable {
  var layout: Layout
  let dtype: DType
  /// The whole storage; what the layout does not reach belongs to it too, and must not change.
  var bytes: [UInt8]

  /// Every element's position in the storage, in row-major order of the layout.
  var positions: [Int] {
    var positions = [layout.offset]
    if layout.elementCount == 0 { return [] }
    for axis in layout.shape.indices {
      positions = positions.flatMap { start in
        (0..<layout.shape[axis]).map { start + $0 * layout.strides[axis] }
      }
    }
    return positions
  }

  /// The same operand with the magnitude of each float32 element.
  var magnitudes: HostOperand {
    guard dtype == .float32 else { return self }
    var copy = self
    for sign in stride(from: 3, to: bytes.count, by: 4) { copy.bytes[sign] &= 0x7f }
    return copy
  }

  /// Writes a whole number, little end first.
  mutating func setInteger(_ value: Int, at position: Int) {
    for byte in 0..<dtype.byteCount {
      bytes[position * dtype.byteCount + byte] = UInt8(truncatingIfNeeded: value >> (8 * byte))
    }
  }

  /// Copies the operand to a backend.
  func placed(on backend: any Backend) -> View {
    let storage = backend.allocate(byteCount: bytes.count)
    bytes.withUnsafeBytes { backend.upload($0, to: storage, atByte: 0) }
    return View(storage: storage, layout: layout, dtype: dtype)
  }

  /// The element at a position, as in memory; bytes are widened.
  static func bits(of bytes: [UInt8], _ dtype: DType, at position: Int) -> UInt32 {
    guard dtype.byteCount == 4 else { return UInt32(bytes[position]) }
    return bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: position * 4, as: UInt32.self) }
  }

  /// What a reader needs to reproduce the operand: shape, strides where they are not row-major, offset and type.
  var summary: String {
    var text = "\(dtype)\(layout.shape)"
    if !layout.isContiguous { text += " strides \(layout.strides)" }
    if layout.offset != 0 { text += " offset \(layout.offset)" }
    return text
  }
}
