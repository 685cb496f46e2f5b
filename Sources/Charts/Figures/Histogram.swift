import Foundation
import MartletLayers

/// How many values fall into each of some bins.
public struct Histogram: Hashable, Sendable, Codable {
  /// The ends of the bins, one more than there are bins.
  public let edges: [Double]
  /// How many values are in each bin: at least its lower end, less than its upper one; the last bin has its upper end too.
  public let counts: [Int]
  /// How many values were no finite numbers.
  public let brokenCount: Int

  /// Counts in bins of equal width from the smallest value to the largest.
  ///
  /// - Precondition: `bins` is positive.
  public init(of values: [Float], bins: Int = 40) {
    precondition(bins > 0, "Histogram: need at least one bin; got \(bins)")
    let finite = values.filter(\.isFinite)
    let low = Double(finite.min() ?? 0), high = Double(finite.max() ?? 0)
    // All alike: one value wide around it, so that there is something to see.
    let room = low == high ? max(low.magnitude * 0.1, 0.5) : 0
    let start = low - room, width = (high + room - start) / Double(bins)
    edges = (0..<bins).map { start + Double($0) * width } + [high + room]
    var counts = [Int](repeating: 0, count: bins)
    for value in finite { counts[min(max(Int((Double(value) - start) / width), 0), bins - 1)] += 1 }
    self.counts = counts
    brokenCount = values.count - finite.count
  }

  /// Counts that were made before.
  ///
  /// - Precondition: one more edge than counts.
  public init(edges: [Double], counts: [Int]) {
    precondition(edges.count == counts.count + 1, "Histogram: \(edges.count) edges for \(counts.count) bins")
    (self.edges, self.counts, brokenCount) = (edges, counts, 0)
  }

  /// As a plot.
  public func plot(title: String, paint: Paint = .series(0)) -> Plot {
    var plot = Plot(title, y: Plot.Axis(wholeNumbers: true, includesZero: true))
    plot.add(Plot.Series("", x: edges, y: counts.map(Double.init), style: .bars, paint: paint))
    return plot
  }

  /// As a figure.
  public func figure(title: String = "") -> Figure { Figure(plot(title: title)) }
}

extension Layer {
  /// How the values of each parameter are spread.
  ///
  /// - Parameter limit: No more parameters than this, first to last.
  /// - Throws: `BackendError` when a value cannot be read.
  /// - Precondition: the model was built.
  public func weightFigure(title: String = "", bins: Int = 40, limit: Int = 24) throws -> Figure {
    let plots = try parameters.prefix(limit).map { parameter in
      Histogram(of: try parameter.value.detached.floats(), bins: bins)
        .plot(title: "\(parameter.name)  \(parameter.shape.map { $0.map(String.init).joined(separator: "×") } ?? "")")
    }
    return Figure(title, panels: plots.map { .plot($0) }, columns: 2)
  }
}
