/// How a text file separates its cells.
public struct CSVFormat: Hashable, Sendable {
  /// What stands between cells: a comma, a semicolon, a tab.
  public var separator: Character
  /// Whether the first row holds the names of the columns; otherwise they are called `0`, `1`, ….
  public var hasHeader: Bool
  /// What stands for a missing value beside nothing at all; only where it is not in quotes.
  public var missing: Set<String>

  /// The format.
  ///
  /// - Precondition: the separator is one ASCII character, and neither a quote nor the end of a line.
  public init(
    separator: Character = ",", hasHeader: Bool = true,
    missing: Set<String> = ["NA", "N/A", "NaN", "nan", "null", "NULL"]
  ) {
    precondition(
      separator.isASCII && separator != "\"" && !separator.isNewline,
      "CSVFormat: the separator has to be one ASCII character other than a quote and a line end; got \(separator)")
    self.separator = separator
    self.hasHeader = hasHeader
    self.missing = missing
  }
}

/// Reads comma-separated values as RFC 4180 has them: a cell in quotes may hold separators, line ends and doubled quotes. Line ends may
/// be of any kind, a byte order mark is skipped, empty lines are too.
struct CSVReader {
  struct Row {
    /// Where it begins, counted from 1.
    var line: Int
    /// `nil` for missing.
    var cells: [String?] = []
  }

  private let bytes: [UInt8]
  private let file: String
  private let format: CSVFormat
  private let separator: UInt8
  private var position = 0
  private var line = 1

  private static let quote = UInt8(ascii: "\"")
  private static let lineFeed = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")

  init(_ bytes: [UInt8], file: String, format: CSVFormat) {
    self.bytes = bytes
    self.file = file
    self.format = format
    separator = format.separator.asciiValue ?? UInt8(ascii: ",")
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
  }

  /// The next row that is not empty; `nil` at the end.
  ///
  /// - Throws: `DataFileError` with the line.
  mutating func next() throws -> Row? {
    while position < bytes.count {
      if endLine() { continue }
      var row = Row(line: line)
      while true {
        row.cells.append(try cell(row.cells.count))
        if position == bytes.count || endLine() { return row }
        position += 1  // the separator
      }
    }
    return nil
  }

  /// Goes past the end of a line, if one is here.
  private mutating func endLine() -> Bool {
    guard bytes[position] == Self.lineFeed || bytes[position] == Self.carriageReturn else { return false }
    position += bytes[position...].starts(with: [Self.carriageReturn, Self.lineFeed]) ? 2 : 1
    line += 1
    return true
  }

  private func isEnd(_ byte: UInt8) -> Bool {
    byte == separator || byte == Self.lineFeed || byte == Self.carriageReturn
  }

  private mutating func cell(_ index: Int) throws -> String? {
    if position < bytes.count, bytes[position] == Self.quote { return try quotedCell(index) }
    let start = position
    while position < bytes.count, !isEnd(bytes[position]) { position += 1 }
    let text = try text(bytes[start..<position], index)
    let trimmed = text.drop { $0 == " " }
    return trimmed.isEmpty || format.missing.contains(String(trimmed)) ? nil : text
  }

  private mutating func quotedCell(_ index: Int) throws -> String? {
    let openingLine = line
    var content: [UInt8] = []
    position += 1
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == Self.quote {
        guard position < bytes.count, bytes[position] == Self.quote else {
          guard position == bytes.count || isEnd(bytes[position]) else {
            throw DataFileError(file: file, at: .line(line, cell: index + 1), .textAfterQuote)
          }
          return content.isEmpty ? nil : try text(content[...], index)
        }
        position += 1
      } else if byte == Self.lineFeed
        || byte == Self.carriageReturn && !bytes[position...].starts(with: [Self.lineFeed])
      {
        line += 1
      }
      content.append(byte)
    }
    throw DataFileError(file: file, at: .line(openingLine, cell: index + 1), .unclosedQuote)
  }

  private func text(_ bytes: ArraySlice<UInt8>, _ index: Int) throws -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw DataFileError(file: file, at: .line(line, cell: index + 1), .notUTF8)
    }
    return text
  }
}
