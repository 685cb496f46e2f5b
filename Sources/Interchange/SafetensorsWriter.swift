import MartletBackend

extension Safetensors {
  /// The bytes of a file with these contents.
  ///
  /// Arrays are laid down by element size, the largest first, and then by name, so that each lies at a multiple of its element
  /// size; spaces after the header put the first at a multiple of 64 bytes. Nothing depends on the order of a dictionary.
  package static func encoded(_ entries: [String: Entry], metadata: [String: String] = [:]) -> [UInt8] {
    let ordered = entries.sorted { a, b in
      let (sizeA, sizeB) = (a.value.dtype.byteCount, b.value.dtype.byteCount)
      return sizeA == sizeB ? a.key.utf8.lexicographicallyPrecedes(b.key.utf8) : sizeA > sizeB
    }

    var members: [String] = []
    if !metadata.isEmpty {
      let notes = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      members.append("\"__metadata__\":{" + notes.map { "\(quoted($0)):\(quoted($1))" }.joined(separator: ",") + "}")
    }
    var position = 0
    for (name, entry) in ordered {
      let end = position + entry.bytes.count
      let shape = entry.shape.map(String.init).joined(separator: ",")
      members.append(
        "\(quoted(name)):{\"dtype\":\"\(entry.dtype.safetensorsName)\",\"shape\":[\(shape)],"
          + "\"data_offsets\":[\(position),\(end)]}")
      position = end
    }

    var header = Array(("{" + members.joined(separator: ",") + "}").utf8)
    while !(8 + header.count).isMultiple(of: 64) { header.append(UInt8(ascii: " ")) }

    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 + header.count + position)
    withUnsafeBytes(of: UInt64(header.count).littleEndian) { bytes.append(contentsOf: $0) }
    bytes += header
    for (_, entry) in ordered { bytes += entry.bytes }
    return bytes
  }

  /// A JSON string. Only what has to be escaped is.
  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\u{0}"..<"\u{20}":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

extension DType {
  /// The name of the type in a safetensors header.
  var safetensorsName: String {
    switch self {
    case .float32: "F32"
    case .int32: "I32"
    case .bool: "BOOL"
    case .uint8: "U8"
    }
  }

  /// The type with a name in a safetensors header, where Martlet has it.
  init?(safetensorsName: String) {
    guard let match = DType.allCases.first(where: { $0.safetensorsName == safetensorsName }) else { return nil }
    self = match
  }
}
