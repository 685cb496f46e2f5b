/// What a column of categories can hold: texts, whole numbers, truth values. Categories have an order, by which codes are given.
public protocol Category: Codable, Hashable, Sendable {
  /// Whether a comes before b.
  static func areInOrder(_ a: Self, _ b: Self) -> Bool
}

extension Category where Self: Comparable {
  /// Whether a is less than b.
  public static func areInOrder(_ a: Self, _ b: Self) -> Bool { a < b }
}

extension Int: Category {}
extension Int32: Category {}
extension Double: Category {}

extension String: Category {
  /// By Unicode scalar values, as Python sorts: independent of language and version.
  public static func areInOrder(_ a: String, _ b: String) -> Bool {
    a.unicodeScalars.lexicographicallyPrecedes(b.unicodeScalars)
  }
}

extension Bool: Category {
  /// False comes before true.
  public static func areInOrder(_ a: Bool, _ b: Bool) -> Bool { !a && b }
}

/// Categories in their order, and the place of each.
struct Codebook<Value: Category>: Equatable, Sendable {
  let categories: [Value]
  private let codes: [Value: Int]

  /// The categories that occur, sorted.
  init(seenIn values: some Sequence<Value>) { self.init(Set(values).sorted(by: Value.areInOrder)) }

  /// Categories in a given order.
  ///
  /// - Precondition: none occurs twice.
  init(_ categories: [Value]) {
    precondition(
      Set(categories).count == categories.count, "categories have to differ from each other; got \(categories)")
    self.categories = categories
    codes = Dictionary(uniqueKeysWithValues: categories.enumerated().map { ($1, $0) })
  }

  func code(of value: Value) -> Int? { codes[value] }

  func unseen(_ value: Value, row: Int, column: Int) -> PreparationError {
    .unseenCategory("\(value)", row: row, column: column, known: categories.map { "\($0)" })
  }
}
