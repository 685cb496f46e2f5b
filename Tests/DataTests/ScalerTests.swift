import Foundation
import MartletData
import Testing

@Suite("Scalers") struct ScalerTests {
  private func column(_ values: Double...) -> FeatureMatrix { FeatureMatrix(values, columnCount: 1) }

  private func expectEqual(
    _ matrix: FeatureMatrix, _ expected: [Double], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(matrix.values.count == expected.count, sourceLocation: sourceLocation)
    for (a, e) in zip(matrix.values, expected) {
      #expect((a - e).magnitude <= 1e-12 * max(1, e.magnitude), "\(matrix.values)", sourceLocation: sourceLocation)
    }
  }

  @Test("the standard scaler takes away the mean and divides by the population deviation")
  func standard() throws {
    // Mean 5, squared distances 9, 1, 1, 1, 0, 0, 4, 16: their mean is 4.
    let x = column(2, 4, 4, 4, 5, 5, 7, 9)
    let scaler = try StandardScaler(fitting: x)
    #expect(scaler.mean == [5] && scaler.scale == [2])
    expectEqual(try scaler.transformed(column(9, 1)), [2, -2])
    expectEqual(try scaler.restored(column(2, -2)), [9, 1])
    expectEqual(try StandardScaler(fitting: x, centering: false).transformed(column(9)), [4.5])
    expectEqual(try StandardScaler(fitting: x, scaling: false).transformed(column(9)), [4])
  }

  @Test("constant columns, and constant but for rounding, are divided by 1")
  func constants() throws {
    for value in [0, 0.1, -7, 1e9 + 0.1] {
      let x = FeatureMatrix([Double](repeating: value, count: 11), columnCount: 1)
      #expect(try StandardScaler(fitting: x).scale == [1])
      expectEqual(try MinMaxScaler(fitting: x, range: -1...1).transformed(x), [Double](repeating: -1, count: 11))
      #expect(try RobustScaler(fitting: x).scale == [1])
    }
    // 0.1 + 0.2 is not 0.3: the deviation is rounding.
    #expect(try StandardScaler(fitting: column(0.3, 0.1 + 0.2)).scale == [1])
  }

  @Test("the min-max scaler stretches each column over the range, and beyond it what is beyond")
  func minMax() throws {
    let x = FeatureMatrix([1, 10, 3, 30, 2, 50], columnCount: 2)
    let scaler = try MinMaxScaler(fitting: x, range: -1...1)
    expectEqual(try scaler.transformed(x), [-1, -1, 1, 0, 0, 1])
    expectEqual(try scaler.transformed(FeatureMatrix([5, 70], columnCount: 2)), [3, 2])
    expectEqual(try scaler.restored(FeatureMatrix([3, 2], columnCount: 2)), [5, 70])
  }

  @Test("the robust scaler is not moved by a wild number")
  func robust() throws {
    // Median 3, quartiles 2 and 4; quantiles at a tenth lie at 1.4 and 4 + 0.6 · 996.
    let x = column(3, 1000, 1, 4, 2)
    let scaler = try RobustScaler(fitting: x)
    expectEqual(try scaler.transformed(column(3, 1000, 1)), [0, 498.5, -1])
    expectEqual(try scaler.restored(column(498.5)), [1000])
    #expect(abs(try RobustScaler(fitting: x, quantiles: 0.1...0.9).scale[0] - 600.2) < 1e-9)
    #expect(try RobustScaler(fitting: column(5)).center == [5])
  }

  @Test("rows are divided by their length, rows of zeros stay")
  func rowNorms() throws {
    let x = FeatureMatrix([3, -4, 0, 0, 3e200, 4e200], columnCount: 2)
    expectEqual(try x.rowsNormalized(.l2), [0.6, -0.8, 0, 0, 0.6, 0.8])
    expectEqual(try x.rowsNormalized(.l1), [3.0 / 7, -4.0 / 7, 0, 0, 3.0 / 7, 4.0 / 7])
    expectEqual(try x.rowsNormalized(.max), [0.75, -1, 0, 0, 0.75, 1])
  }

  @Test("what cannot be learned from or applied to is said with its place")
  func errors() throws {
    let missing = FeatureMatrix([1, 2, 3, .nan], columnCount: 2)
    #expect {
      try StandardScaler(fitting: missing)
    } throws: { "\($0)".contains("row 1, column 1 is nan") }
    #expect(throws: PreparationError.empty(purpose: "learn a scale from")) {
      try RobustScaler(fitting: FeatureMatrix([], columnCount: 3))
    }
    let scaler = try MinMaxScaler(fitting: FeatureMatrix([1, 2, 3, 4], columnCount: 2))
    #expect(throws: PreparationError.columnMismatch(learned: 2, given: 1)) { try scaler.transformed(column(1)) }
    #expect {
      try scaler.transformed(FeatureMatrix([.infinity, 0], columnCount: 2))
    } throws: { "\($0)".contains("row 0, column 0 is inf") }
    #expect(throws: PreparationError.unequalRows(row: 1, count: 3, expected: 2)) {
      try FeatureMatrix(rows: [[1, 2], [1, 2, 3]])
    }
  }

  @Test("scalers are kept as JSON without losing a digit")
  func coding() throws {
    let scaler = try StandardScaler(fitting: column(0.1, 0.2, 0.7))
    let decoded = try JSONDecoder().decode(StandardScaler.self, from: JSONEncoder().encode(scaler))
    #expect(decoded == scaler)
  }
}
