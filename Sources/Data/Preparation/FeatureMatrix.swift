/// Numbers in rows, one per sample, and columns, one per feature; in Double, in host memory: what scalers and encoders work on.
public struct FeatureMatrix: Equatable, Sendable {
  /// The number of samples.
  public let rowCount: Int
  /// The number of features.
  public let columnCount: Int
  /// All numbers, row after row.
  public private(set) var values: [Double]

  /// Makes a matrix of numbers laid out row after row.
  ///
  /// - Precondition: the numbers are a whole number of rows.
  public init(_ values: [Double], columnCount: Int) {
    precondition(
      columnCount > 0 && values.count.isMultiple(of: columnCount),
      "FeatureMatrix: \(values.count) values are not a whole number of rows of \(columnCount)")
    self.rowCount = values.count / columnCount
    self.columnCount = columnCount
    self.values = values
  }

  /// Makes a matrix of rows.
  ///
  /// - Throws: `PreparationError.unequalRows` naming the first row that is not as long as the others, `.empty` where there is
  ///   nothing.
  public init(rows: [[Double]]) throws {
    guard let first = rows.first, !first.isEmpty else { throw PreparationError.empty(purpose: "make a matrix of") }
    if let odd = rows.firstIndex(where: { $0.count != first.count }) {
      throw PreparationError.unequalRows(row: odd, count: rows[odd].count, expected: first.count)
    }
    self.init(Array(rows.joined()), columnCount: first.count)
  }

  /// One number.
  ///
  /// - Precondition: there is such a row and column.
  public subscript(row: Int, column: Int) -> Double {
    get { values[offset(row, column)] }
    set { values[offset(row, column)] = newValue }
  }

  /// The numbers of one feature, from the first sample to the last.
  ///
  /// - Precondition: there is such a column.
  public func column(_ column: Int) -> [Double] { (0..<rowCount).map { self[$0, column] } }

  /// The numbers of one sample.
  ///
  /// - Precondition: there is such a row.
  public func row(_ row: Int) -> [Double] { Array(values[offset(row, 0)..<offset(row, 0) + columnCount]) }

  /// The same with every number changed, knowing its column.
  func mapped(_ change: (_ value: Double, _ column: Int) -> Double) -> FeatureMatrix {
    var result = self
    for index in values.indices { result.values[index] = change(values[index], index % columnCount) }
    return result
  }

  private func offset(_ row: Int, _ column: Int) -> Int {
    precondition(
      row >= 0 && row < rowCount && column >= 0 && column < columnCount,
      "FeatureMatrix: row \(row), column \(column) of a matrix of \(rowCount)×\(columnCount)")
    return row * columnCount + column
  }

  /// That all numbers are numbers.
  func checkFinite() throws {
    if let index = values.firstIndex(where: { !$0.isFinite }) {
      throw PreparationError.notFinite(row: index / columnCount, column: index % columnCount, value: values[index])
    }
  }
}

extension Dataset {
  /// Makes a dataset of rows of features with class labels.
  ///
  /// - Throws: `DatasetError`, naming the sample at fault.
  public init(_ features: FeatureMatrix, labels: [some BinaryInteger], classNames: [String]? = nil) throws {
    try self.init(
      inputs: features.values.map { Float($0) }, shape: [features.columnCount], labels: labels, classNames: classNames)
  }

  /// Makes a dataset of rows of features with numbers as targets, one or more per row.
  ///
  /// - Throws: `DatasetError`.
  public init(_ features: FeatureMatrix, targets: FeatureMatrix) throws {
    try self.init(
      inputs: features.values.map { Float($0) }, shape: [features.columnCount],
      targets: targets.values.map { Float($0) }, targetShape: [targets.columnCount])
  }
}
