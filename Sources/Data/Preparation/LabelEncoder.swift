/// Numbers the classes of a target: 0, 1, … in the order of the categories.
public struct LabelEncoder<Label: Category>: Equatable, Sendable {
  private let codebook: Codebook<Label>

  /// Learns the classes that occur, in their order.
  ///
  /// - Throws: `PreparationError.empty` where there are none.
  public init(fitting labels: [Label]) throws {
    guard !labels.isEmpty else { throw PreparationError.empty(purpose: "learn classes from") }
    codebook = Codebook(seenIn: labels)
  }

  /// Takes classes in an order of one's own.
  ///
  /// - Precondition: none occurs twice.
  public init(classes: [Label]) { codebook = Codebook(classes) }

  /// The classes; a class has its position as code.
  public var classes: [Label] { codebook.categories }

  /// The code of each label.
  ///
  /// - Throws: `PreparationError.unseenCategory` for a label that is none of the classes.
  public func encoded(_ labels: [Label]) throws -> [Int] {
    try labels.enumerated().map { row, label in
      guard let code = codebook.code(of: label) else { throw codebook.unseen(label, row: row, column: 0) }
      return code
    }
  }

  /// The label of each code.
  ///
  /// - Throws: `PreparationError.unknownCode` for a code that no class has.
  public func decoded(_ codes: [Int]) throws -> [Label] {
    try codes.enumerated().map { row, code in
      guard classes.indices.contains(code) else {
        throw PreparationError.unknownCode(Double(code), row: row, categoryCount: classes.count)
      }
      return classes[code]
    }
  }
}
