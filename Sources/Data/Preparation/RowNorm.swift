/// How long a row is said to be.
public enum RowNorm: String, CaseIterable, Hashable, Sendable {
  /// The sum of the magnitudes.
  case l1
  /// The root of the sum of the squares.
  case l2
  /// The largest magnitude.
  case max
}

extension FeatureMatrix {
  /// Each row divided by its length, so that only directions count; rows of zeros stay.
  ///
  /// - Throws: `PreparationError` where a number is not finite.
  public func rowsNormalized(_ norm: RowNorm = .l2) throws -> FeatureMatrix {
    try checkFinite()
    var result = self
    for row in 0..<rowCount {
      let length = norm.length(of: self.row(row))
      guard length > 0 else { continue }
      for column in 0..<columnCount { result[row, column] /= length }
    }
    return result
  }
}

extension RowNorm {
  fileprivate func length(of row: [Double]) -> Double {
    let largest = row.reduce(0) { Swift.max($0, $1.magnitude) }
    switch self {
    case .l1: return row.reduce(0) { $0 + $1.magnitude }
    // Squares of numbers up to 1 cannot overflow.
    case .l2: return largest == 0 ? 0 : largest * row.reduce(0) { $0 + ($1 / largest) * ($1 / largest) }.squareRoot()
    case .max: return largest
    }
  }
}
