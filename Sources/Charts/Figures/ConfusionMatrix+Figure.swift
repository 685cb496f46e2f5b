import MartletMetrics

extension ConfusionMatrix {
  /// What the cells of a drawn matrix say.
  public enum Cells: Hashable, Sendable {
    /// How many samples.
    case counts
    /// Which share of the samples of that class.
    case shares
  }

  /// Who was taken for whom: true classes downwards, predicted ones across. What is right is on the diagonal. Cells are shaded by their
  /// share of the true class, so that rare classes are seen as well.
  ///
  /// - Parameters:
  ///   - classNames: One name per class; numbers where it is `nil`.
  ///   - cells: What the cells say.
  /// - Precondition: as many names as classes.
  public func figure(classNames: [String]? = nil, showing cells: Cells = .counts, title: String = "") -> Figure {
    let names = classNames ?? (0..<classCount).map(String.init)
    let supports = (0..<classCount).map { support(ofClass: $0) }
    let shares = rows.enumerated().map { label, row in
      row.map { supports[label] == 0 ? 0 : Double($0) / Double(supports[label]) }
    }
    let texts =
      switch cells {
      case .counts: rows.map { $0.map { $0 == 0 ? "·" : "\($0)" } }
      case .shares: shares.map { $0.map { $0 == 0 ? "·" : NumberText.fixed(100 * $0, 1) } }
      }
    let heading =
      title.isEmpty ? cells == .counts ? "confusion matrix" : "confusion matrix, % of each true class" : title
    return Figure(
      panels: [
        .matrix(
          Matrix(
            heading, names: names, cells: texts,
            // A few mistakes among many samples have to be seen: the root lifts them.
            shades: shares.enumerated().map { label, row in
              row.enumerated().map { $0.offset == label ? $0.element : $0.element.squareRoot() }
            }, rowLabel: "true", columnLabel: "predicted"))
      ], columns: 1)
  }
}
