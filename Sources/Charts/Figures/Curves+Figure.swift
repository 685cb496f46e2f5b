import MartletMetrics

extension ROCCurve {
  /// The curve, with the diagonal of guessing to compare with.
  public func figure(title: String = "") -> Figure {
    Figure(.roc(x: falsePositiveRates, y: truePositiveRates, area: area, title: title))
  }
}

extension PrecisionRecallCurve {
  /// The curve.
  public func figure(title: String = "") -> Figure {
    Figure(.precisionRecall(x: recalls, y: precisions, average: averagePrecision, title: title))
  }
}

extension Plot {
  /// A receiver operating characteristic.
  package static func roc(x: [Double], y: [Double], area: Double, title: String = "") -> Plot {
    var plot = Plot(
      title.isEmpty ? "ROC, area " + NumberText.fixed(area, 4) : title, x: Axis("false positive rate", range: 0...1),
      y: Axis("true positive rate", range: 0...1))
    plot.add(Series("", x: [0, 1], y: [0, 1], style: .reference))
    plot.add(thinned(x, y, paint: .series(0)))
    return plot
  }

  /// Precision over recall.
  package static func precisionRecall(x: [Double], y: [Double], average: Double, title: String = "") -> Plot {
    var plot = Plot(
      title.isEmpty ? "precision and recall, average " + NumberText.fixed(average, 4) : title,
      x: Axis("recall", range: 0...1), y: Axis("precision", range: 0...1))
    plot.add(thinned(x, y, paint: .series(1)))
    return plot
  }

  /// No more points than can be seen.
  private static func thinned(_ x: [Double], _ y: [Double], paint: Paint) -> Series {
    let kept = thinnedPlaces(x.count, limit: 800)
    return Series("", x: kept.map { x[$0] }, y: kept.map { y[$0] }, style: .area, paint: paint)
  }

  /// Places evenly among so many, both ends among them.
  package static func thinnedPlaces(_ count: Int, limit: Int) -> [Int] {
    if count <= limit { return Array(0..<count) }
    return (0..<limit).map { $0 * (count - 1) / (limit - 1) }
  }
}
