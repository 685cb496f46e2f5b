/// Writes PNG files of every kind from their definition, to test the reading of them.
///
/// - Source: ISO/IEC 15948, "Portable Network Graphics".
struct PNGWriter {
  enum Color: UInt8 {
    case gray = 0
    case rgb = 2
    case palette = 3
    case grayAlpha = 4
    case rgba = 6

    var channelCount: Int {
      switch self {
      case .gray, .palette: 1
      case .grayAlpha: 2
      case .rgb: 3
      case .rgba: 4
      }
    }
  }

  var width: Int
  var height: Int
  var color: Color
  var bitDepth: Int
  var isInterlaced = false
  /// Red, green and blue of each entry.
  var palette: [[UInt8]] = []
  /// The channels of the pixel at a row and a column.
  var sample: (_ row: Int, _ column: Int) -> [Int]

  var bytes: [UInt8] {
    var bytes: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    let header = Self.word(width) + Self.word(height) + [UInt8(bitDepth), color.rawValue, 0, 0, isInterlaced ? 1 : 0]
    bytes += Self.chunk("IHDR", header)
    if color == .palette { bytes += Self.chunk("PLTE", palette.flatMap(\.self)) }
    bytes += Self.chunk("IDAT", Deflate.packed(rows, as: .zlib))
    return bytes + Self.chunk("IEND", [])
  }

  /// First column, first row, column step and row step of the seven passes of Adam7.
  private static let passes = [
    (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2),
  ]

  /// The rows of all passes, each begun with the number of its filter, 0: none.
  private var rows: [UInt8] {
    var bytes: [UInt8] = []
    for (firstColumn, firstRow, columnStep, rowStep) in isInterlaced ? Self.passes : [(0, 0, 1, 1)] {
      guard firstColumn < width else { continue }
      for row in stride(from: firstRow, to: height, by: rowStep) {
        let samples = stride(from: firstColumn, to: width, by: columnStep).flatMap { sample(row, $0) }
        bytes += [0] + packed(samples)
      }
    }
    return bytes
  }

  private func packed(_ samples: [Int]) -> [UInt8] {
    if bitDepth == 16 { return samples.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] } }
    var bytes = [UInt8](repeating: 0, count: (samples.count * bitDepth + 7) / 8)
    for (index, sample) in samples.enumerated() {
      let bit = index * bitDepth
      bytes[bit / 8] |= UInt8(sample << (8 - bitDepth - bit % 8))
    }
    return bytes
  }

  private static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
    let content = Array(name.utf8) + data
    return word(data.count) + content + word(Int(Deflate.crc32(of: content)))
  }

  private static func word(_ value: Int) -> [UInt8] {
    stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> $0) }
  }
}
