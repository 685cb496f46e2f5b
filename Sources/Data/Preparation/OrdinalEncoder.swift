/// Turns columns of categories into columns of codes 0, 1, … in the order of the categories. Make the order yourself where it means
/// something (`small`, `medium`, `large`); where it means nothing, prefer `OneHotEncoder`, since codes pretend to be quantities.
public struct OrdinalEncoder<Value: Category>: Equatable, Sendable {
  private let codebooks: [Codebook<Value>]
  /// The code for categories that were not seen when learning; `nil` makes them an error.
  public let unseenCode: Double?

  /// Learns the categories of each column, in their order.
  ///
  /// - Throws: `PreparationError` where there is nothing, or rows differ in length.
  public init(fitting rows: [[Value]], unseenCode: Double? = nil) throws {
    codebooks = try Codebook.columns(of: rows)
    self.unseenCode = unseenCode
  }

  /// Takes the categories of each column in an order of one's own.
  ///
  /// - Precondition: there are columns, and no category occurs twice in one.
  public init(categories: [[Value]], unseenCode: Double? = nil) {
    precondition(!categories.isEmpty, "OrdinalEncoder: there have to be columns")
    codebooks = categories.map(Codebook.init)
    self.unseenCode = unseenCode
  }

  /// The categories of each column; a category has its position as code.
  public var categories: [[Value]] { codebooks.map(\.categories) }

  /// The codes.
  ///
  /// - Throws: `PreparationError` for a category that was not seen (unless there is a code for those), or rows of another length.
  public func transformed(_ rows: [[Value]]) throws -> FeatureMatrix {
    let codes = try rows.enumerated().flatMap { row, categories in
      guard categories.count == codebooks.count else {
        throw PreparationError.columnMismatch(learned: codebooks.count, given: categories.count)
      }
      return try categories.enumerated().map { column, category -> Double in
        if let code = codebooks[column].code(of: category) { return Double(code) }
        guard let unseenCode else { throw codebooks[column].unseen(category, row: row, column: column) }
        return unseenCode
      }
    }
    return FeatureMatrix(codes, columnCount: codebooks.count)
  }

  /// The categories that codes stand for.
  ///
  /// - Throws: `PreparationError` for a code that no category has, or another number of columns.
  public func restored(_ codes: FeatureMatrix) throws -> [[Value]] {
    guard codes.columnCount == codebooks.count else {
      throw PreparationError.columnMismatch(learned: codebooks.count, given: codes.columnCount)
    }
    return try (0..<codes.rowCount).map { row in
      try codebooks.enumerated().map { column, codebook in
        guard let code = Int(exactly: codes[row, column]), codebook.categories.indices.contains(code) else {
          throw PreparationError.unknownCode(codes[row, column], row: row, categoryCount: codebook.categories.count)
        }
        return codebook.categories[code]
      }
    }
  }
}
