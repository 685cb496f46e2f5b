/// Reads the header of an `.npy` file: a dictionary in the notation of Python with three known keys, and no other Python.
struct NPYHeader {
  /// What the header says.
  struct Declaration {
    var type: String
    var isFortran: Bool
    var shape: [Int]
  }

  private let bytes: [UInt8]
  private let end: Int
  private var position: Int

  init(bytes: [UInt8], range: Range<Int>) {
    self.bytes = bytes
    position = range.lowerBound
    end = range.upperBound
  }

  mutating func declaration() throws -> Declaration {
    let start = position
    var (type, isFortran, shape): (String?, Bool?, [Int]?) = (nil, nil, nil)
    try expect("{")
    while !takes("}") {
      let place = position
      let key = try text()
      try expect(":")
      switch key {
      case "descr" where type == nil:
        skipSpace()
        if position < end, bytes[position] == UInt8(ascii: "[") {
          throw fault("its elements are records; save each field as an array of its own")
        }
        type = try text()
      case "fortran_order" where isFortran == nil: isFortran = try truth()
      case "shape" where shape == nil: shape = try extents()
      default: throw NumPyError(position: place, reason: "unexpected or doubled key '\(key)' in the header")
      }
      guard takes(",") else {
        try expect("}")
        break
      }
    }
    skipSpace()
    guard position == end else { throw fault("something follows the header's closing brace") }
    guard let type, let isFortran, let shape else {
      throw NumPyError(position: start, reason: "the header needs 'descr', 'fortran_order' and 'shape'")
    }
    return Declaration(type: type, isFortran: isFortran, shape: shape)
  }

  private mutating func text() throws -> String {
    skipSpace()
    guard position < end, bytes[position] == UInt8(ascii: "'") || bytes[position] == UInt8(ascii: "\"") else {
      throw fault("a text in quotes has to stand here")
    }
    let quote = bytes[position]
    position += 1
    guard let close = bytes[position..<end].firstIndex(of: quote) else { throw fault("a quote is never closed") }
    let content = bytes[position..<close]
    guard !content.contains(UInt8(ascii: "\\")), let text = String(validating: content, as: UTF8.self) else {
      throw fault("the text is not plain UTF-8")
    }
    position = close + 1
    return text
  }

  private mutating func truth() throws -> Bool {
    skipSpace()
    for (word, value) in [("True", true), ("False", false)] where bytes[position..<end].starts(with: word.utf8) {
      position += word.utf8.count
      return value
    }
    throw fault("True or False has to stand here")
  }

  private mutating func extents() throws -> [Int] {
    try expect("(")
    var values: [Int] = []
    while !takes(")") {
      values.append(try number())
      guard takes(",") else {
        try expect(")")
        break
      }
    }
    return values
  }

  private mutating func number() throws -> Int {
    skipSpace()
    let digits = bytes[position..<end].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard !digits.isEmpty else { throw fault("a whole number of zero or more has to stand here") }
    guard let value = Int(String(decoding: digits, as: UTF8.self)) else { throw fault("the number is too large") }
    position = digits.endIndex
    // Python 2 marked long numbers so.
    if position < end, bytes[position] == UInt8(ascii: "L") { position += 1 }
    return value
  }

  private mutating func skipSpace() {
    while position < end, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
  }

  private mutating func takes(_ sign: Unicode.Scalar) -> Bool {
    skipSpace()
    guard position < end, bytes[position] == UInt8(ascii: sign) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ sign: Unicode.Scalar) throws {
    guard takes(sign) else { throw fault("'\(sign)' has to stand here") }
  }

  private func fault(_ reason: String) -> NumPyError { NumPyError(position: position, reason: reason) }
}
