import Foundation
import MartletTraining

extension History {
  /// What was measured, epoch by epoch: a plot for the loss, one for each metric, training and validation in each, and one for the
  /// learning rate where it changed.
  ///
  /// - Parameter title: What stands above.
  public func figure(title: String = "") -> Figure {
    var plots = curveNames.map { curve($0) }
    let rates = self["learning_rate"]
    if rates.count == epochs.count, let low = rates.min(), let high = rates.max(), low < high {
      var plot = Plot("learning rate", x: Self.epochAxis, y: Plot.Axis(isLogarithmic: low > 0 && high / low > 100))
      plot.add(Plot.Series("", x: epochs.map { Double($0.epoch) }, y: rates, paint: .series(2)))
      plots.append(plot)
    }
    return Figure(title, panels: plots.map { .plot($0) }, columns: plots.count == 1 ? 1 : 2)
  }

  /// The plot of one quantity.
  ///
  /// - Parameter name: The name of its training values; those of the validation have `val_` in front.
  public func curve(_ name: String) -> Plot {
    // A loss that falls by orders of magnitude would be a corner and a flat line.
    let values = (self[name] + self["val_" + name]).filter(\.isFinite)
    let isLogarithmic = name == "loss" && (values.min().map { $0 > 0 && (values.max() ?? 0) > 15 * $0 } ?? false)
    var plot = Plot(
      Self.words(name) + (isLogarithmic ? ", logarithmic" : ""), x: Self.epochAxis,
      y: Plot.Axis(isLogarithmic: isLogarithmic))
    let numbers = epochs.map { Double($0.epoch) }
    let training = epochs.map { $0[name] ?? .nan }, validation = epochs.map { $0["val_" + name] ?? .nan }
    if training.contains(where: { !$0.isNaN }) {
      plot.add(Plot.Series("training", x: numbers, y: training, paint: .series(0)))
    }
    if validation.contains(where: { !$0.isNaN }) {
      plot.add(Plot.Series("validation", x: numbers, y: validation, style: .dashed, paint: .series(1)))
    }
    if let best = bestOfValidation, epochs.count > 1, let record = epochs.first(where: { $0.epoch == best }) {
      plot.marks = [Plot.Mark("best: epoch \(best)", x: Double(best), y: record["val_" + name])]
    }
    return plot
  }

  /// The epoch whose weights were kept; of a history that says nothing about it, the one with the smallest validation loss.
  var bestOfValidation: Int? {
    bestEpoch
      ?? epochs.filter { !($0["val_loss"] ?? .nan).isNaN }.min { ($0["val_loss"] ?? 0) < ($1["val_loss"] ?? 0) }?.epoch
  }

  /// What has a plot: the loss first.
  var curveNames: [String] {
    let plain = Set(names.map { $0.hasPrefix("val_") ? String($0.dropFirst(4)) : $0 }).subtracting(["learning_rate"])
    return plain.sorted { ($0 == "loss" ? 0 : 1, $0) < ($1 == "loss" ? 0 : 1, $1) }
  }

  private static let epochAxis = Plot.Axis("epoch", wholeNumbers: true)

  /// `mean absolute error`.
  static func words(_ name: String) -> String { name.replacingOccurrences(of: "_", with: " ") }
}
