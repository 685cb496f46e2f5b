/// How the columns of a table become features, learned from the rows one trains with and applied to all others in the same way.
///
///     let plan: [ColumnPlan] = [.number("Age", filling: .median), .category("Sex"), .number("Fare", scaling: .robust)]
///     let preparation = try TablePreparation(plan, fitting: training)
///     let samples = try preparation.dataset(from: training, labels: "Survived")
///     let others = try preparation.dataset(from: heldOut, labels: "Survived")
///
/// `Codable`, to be kept with the weights: who predicts needs the same numbers as who trained.
public struct TablePreparation: Codable, Equatable, Sendable {
  private let columns: [LearnedColumn]

  /// Learns what fills gaps, scales and categories from a table.
  ///
  /// - Throws: `TableError` where a column does not exist, holds no numbers although it should, or has nothing to learn from.
  public init(_ plan: [ColumnPlan], fitting table: Table) throws {
    columns = try plan.map { try LearnedColumn($0, fitting: table) }
  }

  /// The names of the features: of the column, or of column and category.
  public var featureNames: [String] { columns.flatMap(\.featureNames) }

  /// The features of every row.
  ///
  /// - Throws: `TableError` where a column is missing, a number is none, or a value is missing that nothing fills.
  public func features(of table: Table) throws -> FeatureMatrix {
    guard !featureNames.isEmpty else { throw PreparationError.empty(purpose: "make features of") }
    let blocks = try columns.map { try $0.features(of: table) }
    let values = (0..<table.rowCount).flatMap { row in blocks.flatMap { $0[row] } }
    return FeatureMatrix(values, columnCount: featureNames.count)
  }

  /// The features of every row, with the values of a column as classes.
  ///
  /// - Parameter classNames: The classes in the order they are to have; by default those that occur, sorted. Give them where a part
  ///   of the data may lack one.
  /// - Throws: `TableError` as `features(of:)`, and where a row has no class; `PreparationError` for a class that is not among the
  ///   names.
  public func dataset(from table: Table, labels column: String, classNames: [String]? = nil) throws -> Dataset {
    let labels = try table.texts(column).enumerated().map { row, label in
      guard let label else { throw TableError.missing(column: column, row: row, line: table.line(of: row)) }
      return label
    }
    let encoder = try classNames.map(LabelEncoder.init(classes:)) ?? LabelEncoder(fitting: labels)
    return try Dataset(features(of: table), labels: try encoder.encoded(labels), classNames: encoder.classes)
  }

  /// The features of every row, with the numbers of a column as targets.
  ///
  /// - Throws: `TableError` as `features(of:)`, and where a row has no target.
  public func dataset(from table: Table, targets column: String) throws -> Dataset {
    let targets = try table.numbers(column).enumerated().map { row, target in
      guard let target else { throw TableError.missing(column: column, row: row, line: table.line(of: row)) }
      return target
    }
    return try Dataset(features(of: table), targets: FeatureMatrix(targets, columnCount: 1))
  }
}

/// What becomes of one column.
public enum ColumnPlan: Hashable, Sendable {
  /// A number, as one feature.
  case number(String, filling: NumberFilling = .none, scaling: ColumnScaling = .standard)
  /// A category, as a feature of 0 or 1 for each value; values not seen when learning are 0 everywhere.
  case category(String, filling: CategoryFilling = .none)
  /// 1 where the value is missing, else 0.
  case isMissing(String)

  /// What stands in for a missing number.
  public enum NumberFilling: Hashable, Sendable {
    /// Nothing: it is an error.
    case none
    /// The mean of the others.
    case mean
    /// The median of the others.
    case median
    /// A number.
    case constant(Double)
  }

  /// What stands in for a missing category.
  public enum CategoryFilling: Hashable, Sendable {
    /// Nothing: all features are 0.
    case none
    /// The most frequent category, the first of equals.
    case mostFrequent
    /// A text.
    case constant(String)
  }

  /// How numbers are scaled.
  public enum ColumnScaling: Hashable, Sendable {
    /// Not at all.
    case none
    /// To mean 0 and standard deviation 1.
    case standard
    /// To 0…1.
    case minMax
    /// By median and quartiles.
    case robust
  }
}

private enum LearnedColumn: Codable, Equatable, Sendable {
  case number(name: String, filling: Double?, offset: Double, divisor: Double)
  case category(name: String, filling: String?, categories: [String])
  case isMissing(name: String)

  init(_ plan: ColumnPlan, fitting table: Table) throws {
    switch plan {
    case .isMissing(let name):
      _ = try table.texts(name)
      self = .isMissing(name: name)
    case .number(let name, let filling, let scaling):
      let present = try table.numbers(name).compactMap(\.self)
      guard !present.isEmpty else { throw TableError.emptyColumn(name) }
      let column = FeatureMatrix(present, columnCount: 1)
      let filler: Double? =
        switch filling {
        case .none: nil
        case .mean: try StandardScaler(fitting: column).mean[0]
        case .median: try RobustScaler(fitting: column).center[0]
        case .constant(let value): value
        }
      let complete = FeatureMatrix(try table.numbers(name).compactMap { $0 ?? filler }, columnCount: 1)
      let zero: Double
      let one: Double
      switch scaling {
      case .none: (zero, one) = (0, 1)
      case .standard: (zero, one) = try Self.ends(of: StandardScaler(fitting: complete))
      case .minMax: (zero, one) = try Self.ends(of: MinMaxScaler(fitting: complete))
      case .robust: (zero, one) = try Self.ends(of: RobustScaler(fitting: complete))
      }
      self = .number(name: name, filling: filler, offset: zero, divisor: one - zero)
    case .category(let name, let filling):
      let present = try table.texts(name).compactMap(\.self)
      let counts = Dictionary(grouping: present) { $0 }.mapValues(\.count)
      let sorted = counts.keys.sorted(by: String.areInOrder)
      let filler: String? =
        switch filling {
        case .none: nil
        case .mostFrequent: sorted.max { counts[$0, default: 0] < counts[$1, default: 0] }
        case .constant(let text): text
        }
      let isNew = filler.map { !sorted.contains($0) } ?? false
      let categories = isNew ? (sorted + [filler].compactMap(\.self)).sorted(by: String.areInOrder) : sorted
      guard !categories.isEmpty else { throw TableError.emptyColumn(name) }
      self = .category(name: name, filling: filler, categories: categories)
    }
  }

  /// Which numbers become 0 and 1: all there is to know of a straight line.
  private static func ends(of scaler: some Scaler) throws -> (zero: Double, one: Double) {
    (scaler.unscaled(0, column: 0), scaler.unscaled(1, column: 0))
  }

  var featureNames: [String] {
    switch self {
    case .number(let name, _, _, _): [name]
    case .category(let name, _, let categories): categories.map { "\(name)=\($0)" }
    case .isMissing(let name): ["\(name) is missing"]
    }
  }

  /// One list of features per row.
  func features(of table: Table) throws -> [[Double]] {
    switch self {
    case .number(let name, let filling, let offset, let divisor):
      return try table.numbers(name).enumerated().map { row, number in
        guard let number = number ?? filling else {
          throw TableError.missing(column: name, row: row, line: table.line(of: row))
        }
        return [(number - offset) / divisor]
      }
    case .category(let name, let filling, let categories):
      return try table.texts(name).map { text in
        let value = text ?? filling
        return categories.map { $0 == value ? 1 : 0 }
      }
    case .isMissing(let name):
      return try table.texts(name).map { [$0 == nil ? 1 : 0] }
    }
  }
}
