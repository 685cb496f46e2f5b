/// Rows and named columns of texts, as a CSV file has them; what is missing is `nil`. Numbers are made of texts when they are asked
/// for, so that a column of codes like `007` stays what it is.
public struct Table: Equatable, Sendable {
  /// The names of the columns, in their order.
  public let columnNames: [String]
  /// The number of rows.
  public let rowCount: Int
  private let columns: [[String?]]
  /// Where each row stands in its file, for messages.
  private let lines: [Int]

  /// Reads a CSV file.
  ///
  /// - Throws: `DataFileError` naming the line (and cell) at fault.
  public init(contentsOfCSV path: String, format: CSVFormat = CSVFormat()) throws {
    try self.init(csv: FileBytes.read(path), file: path, format: format)
  }

  /// Reads CSV from a text.
  ///
  /// - Throws: `DataFileError` naming the line (and cell) at fault.
  public init(csv text: String, format: CSVFormat = CSVFormat()) throws {
    try self.init(csv: Array(text.utf8), file: "the text", format: format)
  }

  private init(csv bytes: [UInt8], file: String, format: CSVFormat) throws {
    var reader = CSVReader(bytes, file: file, format: format)
    var first = try reader.next()
    guard let width = first?.cells.count else { throw DataFileError(file: file, .noRows) }
    columnNames =
      format.hasHeader
      ? (first?.cells ?? []).enumerated().map { $1 ?? String($0) } : (0..<width).map(String.init)
    let uses = Dictionary(grouping: columnNames, by: \.self)
    if let doubled = columnNames.first(where: { uses[$0, default: []].count > 1 }) {
      throw DataFileError(file: file, at: .line(1, cell: nil), .doubledColumn(doubled))
    }
    var columns = [[String?]](repeating: [], count: width)
    var lines: [Int] = []
    if format.hasHeader { first = try reader.next() }
    while let row = first {
      guard row.cells.count == width else {
        throw DataFileError(
          file: file, at: .line(row.line, cell: nil), .unequalRow(cellCount: row.cells.count, expected: width))
      }
      for (index, cell) in row.cells.enumerated() { columns[index].append(cell) }
      lines.append(row.line)
      first = try reader.next()
    }
    self.columns = columns
    self.lines = lines
    rowCount = lines.count
  }

  private init(columnNames: [String], columns: [[String?]], lines: [Int]) {
    self.columnNames = columnNames
    self.columns = columns
    self.lines = lines
    rowCount = lines.count
  }

  /// What a column holds.
  public enum ColumnKind: Hashable, Sendable {
    /// Nothing but missing values.
    case empty
    /// Numbers, all of them whole.
    case wholeNumber
    /// Numbers.
    case number
    /// Texts that are no numbers.
    case text
  }
}

extension Table {
  /// The cells of a column.
  ///
  /// - Throws: `TableError.noColumn`.
  public func texts(_ name: String) throws -> [String?] { columns[try index(of: name)] }

  /// The numbers of a column.
  ///
  /// - Throws: `TableError` where there is no such column, or a cell is no finite number.
  public func numbers(_ name: String) throws -> [Double?] {
    try texts(name).enumerated().map { row, text in
      guard let text else { return nil }
      guard let number = Self.number(text) else {
        throw TableError.notANumber(text: text, column: name, row: row, line: lines[row])
      }
      return number
    }
  }

  /// What a column holds, judging by all of it.
  ///
  /// - Throws: `TableError.noColumn`.
  public func kind(of name: String) throws -> ColumnKind {
    let cells = try texts(name).compactMap(\.self)
    if cells.isEmpty { return .empty }
    let numbers = cells.compactMap(Self.number)
    guard numbers.count == cells.count else { return .text }
    return numbers.allSatisfy { $0 == $0.rounded() } ? .wholeNumber : .number
  }

  /// How many values of a column are missing.
  ///
  /// - Throws: `TableError.noColumn`.
  public func missingCount(in name: String) throws -> Int { try texts(name).count { $0 == nil } }

  /// The rows at the given places, in that order.
  ///
  /// - Precondition: every place is in `0..<rowCount`.
  public func rows(_ places: [Int]) -> Table {
    Table(
      columnNames: columnNames, columns: columns.map { column in places.map { column[$0] } },
      lines: places.map { lines[$0] })
  }

  /// The table with one more column, or with a column replaced, computed row by row from the others.
  ///
  /// - Parameter compute: From the cells of a row by name to the new cell.
  public func adding(_ name: String, _ compute: (_ cell: (String) -> String?) throws -> String?) rethrows -> Table {
    let places = Dictionary(uniqueKeysWithValues: columnNames.enumerated().map { ($1, $0) })
    let computed = try (0..<rowCount).map { row in
      try compute { name in places[name].flatMap { columns[$0][row] } }
    }
    guard let place = places[name] else {
      return Table(columnNames: columnNames + [name], columns: columns + [computed], lines: lines)
    }
    var changed = columns
    changed[place] = computed
    return Table(columnNames: columnNames, columns: changed, lines: lines)
  }

  /// The rows divided into parts for cross-validation, each of which is held out once; see `Dataset.folds`.
  ///
  /// - Parameter column: Its values are spread evenly over the parts.
  /// - Throws: `TableError.noColumn`, or `DatasetError` where there are fewer rows than parts.
  public func folds(_ count: Int, stratifiedBy column: String, seed: UInt64) throws -> [(
    training: Table, heldOut: Table
  )] {
    try placeDataset(column).folds(count, seed: seed).map { (rows(of: $0.training), rows(of: $0.heldOut)) }
  }

  /// The rows divided into a part to learn from and a part held out; see `Dataset.split`.
  ///
  /// - Parameter column: Its values have the same shares in both parts.
  /// - Throws: `TableError.noColumn`, or `DatasetError` where a part would be empty.
  public func split(
    holdingOut fraction: Double, stratifiedBy column: String, seed: UInt64
  ) throws -> (training: Table, heldOut: Table) {
    let parts = try placeDataset(column).split(holdingOut: fraction, seed: seed)
    return (rows(of: parts.training), rows(of: parts.heldOut))
  }

  /// The places of rows as samples, with the values of a column as classes. Exact up to 2²⁴ rows.
  private func placeDataset(_ column: String) throws -> Dataset {
    let values = try texts(column).map { $0 ?? "" }
    let codes = values.isEmpty ? [] : try LabelEncoder(fitting: values).encoded(values)
    return try Dataset(inputs: (0..<rowCount).map { Float($0) }, shape: [1], labels: codes)
  }

  private func rows(of places: Dataset) -> Table { rows((0..<places.count).map { Int(places.input(at: $0)[0]) }) }

  private func index(of name: String) throws -> Int {
    guard let index = columnNames.firstIndex(of: name) else {
      throw TableError.noColumn(name: name, known: columnNames)
    }
    return index
  }

  private static func number(_ text: String) -> Double? {
    let trimmed = text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
    return Double(String(trimmed)).flatMap { $0.isFinite ? $0 : nil }
  }

  /// The line of a row in its file, for messages.
  func line(of row: Int) -> Int { lines[row] }
}

/// What a table does not have, or has where something else is needed.
public enum TableError: Error, Equatable, CustomStringConvertible {
  /// There is no column of this name.
  case noColumn(name: String, known: [String])
  /// A cell is no finite number.
  case notANumber(text: String, column: String, row: Int, line: Int)
  /// A value is missing where there has to be one.
  case missing(column: String, row: Int, line: Int)
  /// A column has no value at all.
  case emptyColumn(String)

  /// What is wrong, where, and what to do.
  public var description: String {
    switch self {
    case .noColumn(let name, let known):
      "there is no column '\(name)'; there are \(known.joined(separator: ", "))"
    case .notANumber(let text, let column, let row, let line):
      "'\(text)' in column '\(column)' (row \(row), line \(line)) is not a number; "
        + "correct it, take the column as categories, or add the text to the format's `missing`"
    case .missing(let column, let row, let line):
      "the value of column '\(column)' is missing in row \(row), line \(line); leave the row out or choose what fills it"
    case .emptyColumn(let column):
      "column '\(column)' has no values to learn from; leave it out"
    }
  }
}
