// For people: the counts, and what follows from them, as text for a terminal.
extension ConfusionMatrix {
  /// The counts as a table, true classes downwards and predicted ones across, with the totals of rows and columns.
  ///
  ///     true \ predicted  cat  dog  total
  ///     cat                 8    2     10
  ///     dog                 1    9     10
  ///     total               9   11     20
  ///
  /// - Parameter classNames: One name per class; numbers where it is `nil`.
  /// - Precondition: as many names as classes.
  public func table(classNames: [String]? = nil) -> String {
    let names = names(classNames)
    let header = ["true \\ predicted"] + names + ["total"]
    let body = zip(names, rows).map { name, row in [name] + (row + [row.reduce(0, +)]).map(String.init) }
    let columns = (0..<classCount).map { column in rows.reduce(0) { $0 + $1[column] } }
    let totals = ["total"] + (columns + [sampleCount]).map(String.init)
    return Self.aligned([header] + body + [totals])
  }

  /// Precision, recall, F1 and support of every class, and their averages.
  ///
  ///     class         precision  recall      f1  support
  ///     cat              0.8889  0.8000  0.8421       10
  ///     dog              0.8182  0.9000  0.8571       10
  ///     accuracy                         0.8500       20
  ///     macro average    0.8535  0.8500  0.8496       20
  ///     weighted average …
  ///
  /// - Precondition: as many names as classes.
  public func report(classNames: [String]? = nil) -> String {
    var lines = [["class", "precision", "recall", "f1", "support"]]
    for (label, name) in names(classNames).enumerated() {
      let values = [precision(ofClass: label), recall(ofClass: label), f1(ofClass: label)]
      lines.append([name] + values.map(Self.fourDigits) + ["\(support(ofClass: label))"])
    }
    lines.append(["accuracy", "", "", Self.fourDigits(accuracy), "\(sampleCount)"])
    for (name, average) in [("macro average", ClassAverage.macro), ("weighted average", .weighted)] {
      let values = [precision(averaging: average), recall(averaging: average), f1(averaging: average)]
      lines.append([name] + values.map(Self.fourDigits) + ["\(sampleCount)"])
    }
    return Self.aligned(lines)
  }

  private func names(_ given: [String]?) -> [String] {
    let names = given ?? (0..<classCount).map(String.init)
    precondition(names.count == classCount, "ConfusionMatrix: \(names.count) names for \(classCount) classes")
    return names
  }

  /// Four digits after the point, without Foundation's locale.
  private static func fourDigits(_ value: Double) -> String {
    guard value.isFinite else { return "-" }
    let digits = String(Int((abs(value) * 10_000).rounded()))
    let padded = String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    return (value < 0 ? "-" : "") + padded.dropLast(4) + "." + padded.suffix(4)
  }

  /// Columns two spaces apart, the first flush left, the others flush right, no blanks at the end of a line.
  private static func aligned(_ lines: [[String]]) -> String {
    let columnCount = lines.map(\.count).max() ?? 0
    let widths = (0..<columnCount).map { column in lines.map { $0[column].count }.max() ?? 0 }
    return lines.map { cells in
      let padded = cells.indices.map { column in
        let padding = String(repeating: " ", count: widths[column] - cells[column].count)
        return column == 0 ? cells[column] + padding : padding + cells[column]
      }
      return padded.joined(separator: "  ")
    }.joined(separator: "\n")
  }
}
