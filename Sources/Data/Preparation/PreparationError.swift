/// Why data cannot be prepared as asked: which rule is broken, where, and what to do.
public enum PreparationError: Error, Equatable, CustomStringConvertible {
  /// There is nothing to learn from.
  case empty(purpose: String)
  /// A row has another number of columns than the first.
  case unequalRows(row: Int, count: Int, expected: Int)
  /// A number is NaN or infinite, for example because it is missing.
  case notFinite(row: Int, column: Int, value: Double)
  /// What was learned from so many columns is applied to another number of them.
  case columnMismatch(learned: Int, given: Int)
  /// A category that did not occur where the encoder was made.
  case unseenCategory(String, row: Int, column: Int, known: [String])
  /// A code that stands for no category.
  case unknownCode(Double, row: Int, categoryCount: Int)
  /// The classes cannot be brought to the proportions asked for.
  case impossibleResampling(reason: String)

  /// What is wrong, where, and what to do.
  public var description: String {
    switch self {
    case .empty(let purpose):
      "there is nothing to \(purpose): at least one row and one column with values are needed"
    case .unequalRows(let row, let count, let expected):
      "row \(row) has \(count) values, the first row has \(expected); every row needs the same"
    case .notFinite(let row, let column, let value):
      "the value in row \(row), column \(column) is \(value); fill in or leave out what is missing first"
    case .columnMismatch(let learned, let given):
      "learned from \(learned) columns, applied to \(given); give the same columns in the same order"
    case .unseenCategory(let category, let row, let column, let known):
      "'\(category)' in row \(row), column \(column) is none of the categories learned: "
        + known.prefix(12).joined(separator: ", ") + (known.count > 12 ? ", …" : "")
        + "; learn from data that has all of them, or choose what stands for others"
    case .unknownCode(let code, let row, let categoryCount):
      "the code \(code) in row \(row) stands for no category; codes are 0…\(categoryCount - 1)"
    case .impossibleResampling(let reason):
      reason
    }
  }
}
