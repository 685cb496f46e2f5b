import Foundation

/// Reads the JSON of a safetensors header, and no other JSON: an object of objects with known members. Written by hand so that
/// every fault has a position, doubled names are noticed, and nothing nests deep enough to exhaust the stack.
struct HeaderParser {
  /// What the header says about one array.
  struct DeclaredArray {
    var dtype: String
    var shape: [Int]
    var offsets: Range<Int>
  }

  /// One member of the header.
  struct Member {
    enum Content {
      case metadata([String: String])
      case array(DeclaredArray)
    }

    var name: String
    /// Where its name begins in the file.
    var position: Int
    var content: Content
  }

  private let bytes: Data
  private let end: Int
  private var position: Int

  init(bytes: Data, range: Range<Int>) {
    self.bytes = bytes
    position = range.lowerBound
    end = range.upperBound
  }

  /// All members in the order of the header.
  consuming func members() throws -> [Member] {
    var members: [Member] = []
    var names: Set<String> = []
    try object { parser, name, position in
      guard names.insert(name).inserted else {
        throw SafetensorsError(position: position, reason: "the name '\(name)' occurs twice")
      }
      let content: Member.Content =
        name == "__metadata__" ? .metadata(try parser.metadata()) : .array(try parser.array(named: name))
      members.append(Member(name: name, position: position, content: content))
    }
    skipSpace()
    guard position == end else { throw fault("something follows the header's closing brace") }
    return members
  }

  private mutating func metadata() throws -> [String: String] {
    var notes: [String: String] = [:]
    try object { parser, key, position in
      guard notes.updateValue(try parser.string(), forKey: key) == nil else {
        throw SafetensorsError(position: position, reason: "the note '\(key)' occurs twice")
      }
    }
    return notes
  }

  private mutating func array(named name: String) throws -> DeclaredArray {
    let start = position
    var dtype: String?
    var shape: [Int]?
    var offsets: [Int]?
    try object { parser, key, position in
      switch key {
      case "dtype" where dtype == nil: dtype = try parser.string()
      case "shape" where shape == nil: shape = try parser.numbers()
      case "data_offsets" where offsets == nil: offsets = try parser.numbers()
      default: throw SafetensorsError(position: position, reason: "'\(name)': unexpected or doubled member '\(key)'")
      }
    }
    guard let dtype, let shape, let offsets else {
      throw SafetensorsError(position: start, reason: "'\(name)' needs dtype, shape and data_offsets")
    }
    guard offsets.count == 2, offsets[0] <= offsets[1] else {
      throw SafetensorsError(
        position: start, reason: "'\(name)': data_offsets \(offsets) are not a beginning and an end")
    }
    return DeclaredArray(dtype: dtype, shape: shape, offsets: offsets[0]..<offsets[1])
  }
}

// The pieces of JSON that occur.
extension HeaderParser {
  private mutating func object(_ member: (inout HeaderParser, String, Int) throws -> Void) throws {
    try expect("{")
    if try takes("}") { return }
    repeat {
      skipSpace()
      let start = position
      let name = try string()
      try expect(":")
      try member(&self, name, start)
    } while try takes(",")
    try expect("}")
  }

  private mutating func numbers() throws -> [Int] {
    try expect("[")
    if try takes("]") { return [] }
    var values: [Int] = []
    repeat { values.append(try number()) } while try takes(",")
    try expect("]")
    return values
  }

  private mutating func number() throws -> Int {
    skipSpace()
    let start = position
    var value = 0
    while let digit = try? current(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) {
      let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(Int(digit - UInt8(ascii: "0")))
      guard !overflow && !carry else { throw SafetensorsError(position: start, reason: "the number is too large") }
      value = sum
      position += 1
    }
    guard position > start else { throw fault("a whole number of zero or more has to stand here") }
    return value
  }

  private mutating func string() throws -> String {
    try expect("\"")
    let start = position
    var text: [UInt8] = []
    while true {
      let byte = try current()
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else {
          throw SafetensorsError(position: start, reason: "the text is not UTF-8")
        }
        return string
      case UInt8(ascii: "\\"):
        text += Array(String(try escapedCharacter()).utf8)
      case 0..<0x20:
        position -= 1
        throw fault("a control character stands in a text")
      default:
        text.append(byte)
      }
    }
  }

  private mutating func escapedCharacter() throws -> Character {
    let byte = try current()
    position += 1
    switch byte {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      var units = [try codeUnit()]
      if UTF16.isLeadSurrogate(units[0]) {
        try expectExactly("\\")
        try expectExactly("u")
        units.append(try codeUnit())
      }
      if let text = String(validating: units, as: UTF16.self), let character = text.first { return character }
      throw fault("the escaped character does not exist")
    default:
      position -= 1
      throw fault("an unknown escape sequence")
    }
  }

  private mutating func codeUnit() throws -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let digit = Character(UnicodeScalar(try current())).hexDigitValue else {
        throw fault("a hexadecimal digit has to stand here")
      }
      unit = unit << 4 | UInt16(digit)
      position += 1
    }
    return unit
  }

  private mutating func skipSpace() {
    while let byte = try? current(), [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
  }

  /// Steps over a sign if it comes next.
  private mutating func takes(_ sign: Unicode.Scalar) throws -> Bool {
    skipSpace()
    guard try current() == UInt8(ascii: sign) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ sign: Unicode.Scalar) throws {
    skipSpace()
    try expectExactly(sign)
  }

  private mutating func expectExactly(_ sign: Unicode.Scalar) throws {
    guard try current() == UInt8(ascii: sign) else { throw fault("'\(sign)' has to stand here") }
    position += 1
  }

  private func current() throws -> UInt8 {
    guard position < end else { throw fault("the header ends in the middle") }
    return bytes[bytes.startIndex + position]
  }

  private func fault(_ reason: String) -> SafetensorsError { SafetensorsError(position: position, reason: reason) }
}
