/// A change of scale for each column, learned from training data and then applied to any data: never learn it from the data a
/// model is tested with. All are straight lines, so that they can be undone, and `Codable`, to be kept with the model.
public protocol Scaler: Codable, Equatable, Sendable {
  /// The number of columns it was learned from.
  var columnCount: Int { get }

  /// The changed number.
  ///
  /// - Precondition: there is such a column.
  func scaled(_ value: Double, column: Int) -> Double

  /// The number that becomes this one when it is scaled.
  ///
  /// - Precondition: there is such a column.
  func unscaled(_ value: Double, column: Int) -> Double
}

extension Scaler {
  /// The matrix with each column changed.
  ///
  /// - Throws: `PreparationError` where there are more or fewer columns than learned from, or a number is not finite.
  public func transformed(_ x: FeatureMatrix) throws -> FeatureMatrix {
    try check(x)
    return x.mapped(scaled)
  }

  /// The matrix that becomes this one when it is transformed.
  ///
  /// - Throws: `PreparationError` where there are more or fewer columns than learned from, or a number is not finite.
  public func restored(_ y: FeatureMatrix) throws -> FeatureMatrix {
    try check(y)
    return y.mapped(unscaled)
  }

  private func check(_ x: FeatureMatrix) throws {
    guard x.columnCount == columnCount else {
      throw PreparationError.columnMismatch(learned: columnCount, given: x.columnCount)
    }
    try x.checkFinite()
  }
}

extension FeatureMatrix {
  /// The columns to learn a scale from.
  ///
  /// - Throws: `PreparationError` where there are none, or a number is not finite.
  func columnsToLearnFrom() throws -> [[Double]] {
    guard rowCount > 0 else { throw PreparationError.empty(purpose: "learn a scale from") }
    try checkFinite()
    return (0..<columnCount).map(column)
  }
}

/// What to divide a column by that spans `range`: 1 where the range is no more than rounding, so that constant columns become 0
/// instead of noise (scikit-learn's bound).
func divisor(forRange range: Double) -> Double { range < 10 * Double.ulpOfOne ? 1 : range }
