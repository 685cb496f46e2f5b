/// Brings the smallest and the largest number of each column to the ends of a range; numbers outside what was learned from land
/// outside it.
///
///     y = (x - minimum) / (maximum - minimum) · (upper - lower) + lower        dividing by 1 where a column is constant
///
/// The same numbers as scikit-learn's `MinMaxScaler`.
public struct MinMaxScaler: Scaler {
  /// The smallest number of each column.
  public let minimum: [Double]
  /// The largest number of each column.
  public let maximum: [Double]
  /// Where the smallest and the largest go.
  public let range: ClosedRange<Double>

  /// Learns from the columns of a matrix.
  ///
  /// - Throws: `PreparationError` where there are no rows, or a number is not finite.
  /// - Precondition: the range is finite and has a length.
  public init(fitting x: FeatureMatrix, range: ClosedRange<Double> = 0...1) throws {
    precondition(
      range.lowerBound < range.upperBound && range.lowerBound.isFinite && range.upperBound.isFinite,
      "MinMaxScaler: the range has to be finite and have a length; got \(range)")
    let columns = try x.columnsToLearnFrom()
    minimum = columns.map { $0.reduce(.infinity, Swift.min) }
    maximum = columns.map { $0.reduce(-.infinity, Swift.max) }
    self.range = range
  }

  /// The number of columns it was learned from.
  public var columnCount: Int { minimum.count }

  /// The changed number; see `Scaler`.
  public func scaled(_ value: Double, column: Int) -> Double {
    (value - minimum[column]) * factor(column) + range.lowerBound
  }

  /// The number before; see `Scaler`.
  public func unscaled(_ value: Double, column: Int) -> Double {
    (value - range.lowerBound) / factor(column) + minimum[column]
  }

  private func factor(_ column: Int) -> Double {
    (range.upperBound - range.lowerBound) / divisor(forRange: maximum[column] - minimum[column])
  }
}
