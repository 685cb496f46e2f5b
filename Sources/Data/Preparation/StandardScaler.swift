/// Brings each column to mean 0 and standard deviation 1.
///
///     y = (x - mean) / scale        scale: the population standard deviation √(Σ (x - mean)² / n), or 1 for a constant column
///
/// The same numbers as scikit-learn's `StandardScaler`.
public struct StandardScaler: Scaler {
  /// The mean of each column.
  public let mean: [Double]
  /// What each column is divided by.
  public let scale: [Double]
  /// Whether the mean is taken away.
  public let centers: Bool

  /// Learns from the columns of a matrix.
  ///
  /// - Parameters:
  ///   - centering: Whether the mean is taken away.
  ///   - scaling: Whether columns are divided by their standard deviation.
  /// - Throws: `PreparationError` where there are no rows, or a number is not finite.
  public init(fitting x: FeatureMatrix, centering: Bool = true, scaling: Bool = true) throws {
    let columns = try x.columnsToLearnFrom()
    mean = columns.map(Self.mean)
    scale = zip(columns, mean).map { scaling ? Self.scale(of: $0, around: $1) : 1 }
    centers = centering
  }

  /// The number of columns it was learned from.
  public var columnCount: Int { mean.count }

  /// The changed number; see `Scaler`.
  public func scaled(_ value: Double, column: Int) -> Double {
    (centers ? value - mean[column] : value) / scale[column]
  }

  /// The number before; see `Scaler`.
  public func unscaled(_ value: Double, column: Int) -> Double {
    centers ? value * scale[column] + mean[column] : value * scale[column]
  }

  private static func mean(_ column: [Double]) -> Double { column.reduce(0, +) / Double(column.count) }

  private static func scale(of column: [Double], around mean: Double) -> Double {
    let count = Double(column.count)
    let deviations = column.map { $0 - mean }
    // What rounding of the mean left over is taken out again (Chan, Golub and LeVeque 1983, eq. 1.7).
    let rest = deviations.reduce(0, +)
    let variance = (deviations.reduce(0) { $0 + $1 * $1 } - rest * rest / count) / count
    // Below this the column is constant but for rounding (scikit-learn's bound).
    let noise = count * Double.ulpOfOne * variance + (count * mean * Double.ulpOfOne) * (count * mean * Double.ulpOfOne)
    return variance <= noise ? 1 : variance.squareRoot()
  }
}
