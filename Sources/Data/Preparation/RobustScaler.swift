/// Brings the median of each column to 0 and the distance between two quantiles to 1, so that a few wild numbers change little.
///
///     y = (x - median) / (upper quantile - lower quantile)        dividing by 1 where the quantiles coincide
///
/// Quantiles lie on straight lines between neighbours (the default of NumPy). The same numbers as scikit-learn's `RobustScaler`.
public struct RobustScaler: Scaler {
  /// The median of each column; 0 where columns are not centered.
  public let center: [Double]
  /// What each column is divided by.
  public let scale: [Double]

  /// Learns from the columns of a matrix.
  ///
  /// - Parameters:
  ///   - quantiles: Shares between 0 and 1; by default the quartiles.
  ///   - centering: Whether the median is taken away.
  ///   - scaling: Whether columns are divided.
  /// - Throws: `PreparationError` where there are no rows, or a number is not finite.
  /// - Precondition: the shares lie in 0...1.
  public init(
    fitting x: FeatureMatrix, quantiles: ClosedRange<Double> = 0.25...0.75, centering: Bool = true, scaling: Bool = true
  ) throws {
    precondition(
      quantiles.lowerBound >= 0 && quantiles.upperBound <= 1,
      "RobustScaler: quantiles are shares between 0 and 1; got \(quantiles)")
    let columns = try x.columnsToLearnFrom().map { $0.sorted() }
    center = columns.map { centering ? Self.quantile(0.5, ofSorted: $0) : 0 }
    scale = columns.map { column in
      let lower = Self.quantile(quantiles.lowerBound, ofSorted: column)
      let upper = Self.quantile(quantiles.upperBound, ofSorted: column)
      return scaling ? divisor(forRange: upper - lower) : 1
    }
  }

  /// The number of columns it was learned from.
  public var columnCount: Int { center.count }

  /// The changed number; see `Scaler`.
  public func scaled(_ value: Double, column: Int) -> Double { (value - center[column]) / scale[column] }

  /// The number before; see `Scaler`.
  public func unscaled(_ value: Double, column: Int) -> Double { value * scale[column] + center[column] }

  /// The number below which a share of the others lies; between neighbours on a straight line.
  private static func quantile(_ share: Double, ofSorted column: [Double]) -> Double {
    let position = share * Double(column.count - 1)
    let below = Int(position)
    let above = Swift.min(below + 1, column.count - 1)
    return column[below] + (column[above] - column[below]) * (position - Double(below))
  }
}
