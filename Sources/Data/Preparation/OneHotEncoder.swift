/// Turns columns of categories into columns of 0 and 1, one for each category.
public struct OneHotEncoder<Value: Category>: Equatable, Sendable {
  private let codebooks: [Codebook<Value>]
  /// What happens to categories that were not seen when learning.
  public let unseen: UnseenCategory

  /// What happens to categories that were not seen when learning.
  public enum UnseenCategory: Hashable, Sendable {
    /// All columns of that feature are 0.
    case zeros
    /// It is an error.
    case error
  }

  /// Learns the categories of each column, in their order.
  ///
  /// - Parameter rows: One value per column in each.
  /// - Throws: `PreparationError` where there is nothing, or rows differ in length.
  public init(fitting rows: [[Value]], unseen: UnseenCategory = .error) throws {
    codebooks = try Codebook.columns(of: rows)
    self.unseen = unseen
  }

  /// Takes the categories of each column in an order of one's own.
  ///
  /// - Precondition: there are columns, and no category occurs twice in one.
  public init(categories: [[Value]], unseen: UnseenCategory = .error) {
    precondition(!categories.joined().isEmpty, "OneHotEncoder: there have to be categories")
    codebooks = categories.map(Codebook.init)
    self.unseen = unseen
  }

  /// The categories of each column.
  public var categories: [[Value]] { codebooks.map(\.categories) }

  /// The number of columns of 0 and 1.
  public var outputCount: Int { codebooks.reduce(0) { $0 + $1.categories.count } }

  /// A row of 0 and 1 for each row of categories.
  ///
  /// - Throws: `PreparationError` for a category that was not seen (unless those are zeros), or rows of another length.
  public func transformed(_ rows: [[Value]]) throws -> FeatureMatrix {
    var values = [Double](repeating: 0, count: rows.count * outputCount)
    for (row, categories) in rows.enumerated() {
      guard categories.count == codebooks.count else {
        throw PreparationError.columnMismatch(learned: codebooks.count, given: categories.count)
      }
      var start = row * outputCount
      for (column, category) in categories.enumerated() {
        if let code = codebooks[column].code(of: category) {
          values[start + code] = 1
        } else if unseen == .error {
          throw codebooks[column].unseen(category, row: row, column: column)
        }
        start += codebooks[column].categories.count
      }
    }
    return FeatureMatrix(values, columnCount: outputCount)
  }
}

extension Codebook {
  /// One for each column of the rows.
  static func columns(of rows: [[Value]]) throws -> [Codebook] {
    guard let first = rows.first, !first.isEmpty else {
      throw PreparationError.empty(purpose: "learn categories from")
    }
    if let odd = rows.firstIndex(where: { $0.count != first.count }) {
      throw PreparationError.unequalRows(row: odd, count: rows[odd].count, expected: first.count)
    }
    return first.indices.map { column in Codebook(seenIn: rows.lazy.map { $0[column] }) }
  }
}
