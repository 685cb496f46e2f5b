import Foundation
import Martlet

/// What one layer should find, computed without descent, beside what it found. In Double.
enum ExactSolution {
  /// The least squares of y ≈ w·x + b: (XᵀX) w = Xᵀy, with a column of ones for b.
  static func leastSquares(_ trained: TrainedNetwork) throws -> (text: String, figures: [String: Double]) {
    let (rows, targets) = design(trained.data.train)
    return try compared(trained, with: solved(rows, weights: rows.map { _ in 1 }, right: targets), as: "least squares")
  }

  /// The maximum likelihood of logistic regression, by Newton's method: each step solves a weighted least squares.
  static func maximumLikelihood(_ trained: TrainedNetwork) throws -> (text: String, figures: [String: Double]) {
    let (rows, targets) = design(trained.data.train)
    var solution = [Double](repeating: 0, count: rows.first?.count ?? 0)
    for _ in 0..<25 {
      let scores = rows.map { dot($0, solution) }
      let probabilities = scores.map { 1 / (1 + exp(-$0)) }
      let weights = probabilities.map { max($0 * (1 - $0), 1e-9) }
      let working = rows.indices.map { scores[$0] + (targets[$0] - probabilities[$0]) / weights[$0] }
      solution = solved(rows, weights: weights, right: working)
    }
    return try compared(trained, with: solution, as: "maximum likelihood")
  }

  private static func compared(
    _ trained: TrainedNetwork, with exact: [Double], as name: String
  ) throws -> (text: String, figures: [String: Double]) {
    let found = try trained.trainer.model.parameters.flatMap { try $0.value.floats() }.map(Double.init)
    let difference = zip(found, exact).map { ($0 - $1).magnitude }.max() ?? 0
    func list(_ values: [Double]) -> String { values.map(ProgressText.number).joined(separator: ", ") }
    let text = """
      found by descent (weights, then bias): \(list(found))
      \(name): \(list(exact))
      largest difference: \(ProgressText.number(difference))
      """
    return (text, ["largest_difference": difference])
  }

  /// Samples as rows that end in 1, and their targets.
  private static func design(_ samples: Dataset) -> (rows: [[Double]], targets: [Double]) {
    let batch = samples.batch(of: 0..<samples.count)
    let rows = (0..<samples.count).map { samples.input(at: $0).map(Double.init) + [1] }
    switch batch.targets {
    case .none: return (rows, [])
    case .labels(let labels): return (rows, labels.map(Double.init))
    case .values(let values, _): return (rows, values.map(Double.init))
    }
  }

  /// The w that makes Σ weight · (row·w - right)² least, by Gauss's elimination of the normal equations.
  private static func solved(_ rows: [[Double]], weights: [Double], right: [Double]) -> [Double] {
    let count = rows.first?.count ?? 0
    var system = (0..<count).map { i in
      (0..<count).map { j in rows.indices.reduce(0) { $0 + weights[$1] * rows[$1][i] * rows[$1][j] } }
        + [rows.indices.reduce(0) { $0 + weights[$1] * rows[$1][i] * right[$1] }]
    }
    for pivot in 0..<count {
      let best = (pivot..<count).max { system[$0][pivot].magnitude < system[$1][pivot].magnitude } ?? pivot
      system.swapAt(pivot, best)
      for row in 0..<count where row != pivot {
        let factor = system[row][pivot] / system[pivot][pivot]
        for column in pivot...count { system[row][column] -= factor * system[pivot][column] }
      }
    }
    return (0..<count).map { system[$0][count] / system[$0][$0] }
  }

  private static func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

}
