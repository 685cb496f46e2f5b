extension NetworkDrawing {
  private static let terminalUnitLimit = 8

  /// The drawing in characters: a column for each layer, in bands below each other where the terminal is too narrow for all.
  ///
  ///     input        dense        dense_1
  ///                 sigmoid
  ///
  ///             ┌──    ●    ──┐
  ///       ●   ──┤             ├──    ●
  ///             ├──    ●    ──┤
  ///       ●   ──┤             ├──    ●
  ///             └──    ●    ──┘
  ///
  ///       2            3             2
  ///
  /// - Parameter width: Columns of the terminal.
  public func terminalPicture(width: Int = 80) -> String {
    var bands: [[Int]] = [[]]
    var used = 0
    for index in columns.indices {
      let needed = cellWidth(index) + (bands[bands.count - 1].isEmpty ? 0 : Self.jointWidth)
      if used + needed > width, !bands[bands.count - 1].isEmpty {
        bands.append([])
        used = 2  // The arrow that the next band begins with.
      }
      used += needed
      bands[bands.count - 1].append(index)
    }
    return bands.enumerated().map { number, band in picture(of: band, continuing: number > 0) }.joined(separator: "\n")
      + skips.map { "\n  \(columns[$0.from].title) ──▶ \(columns[$0.to].title)" }.joined()
      + (skips.isEmpty ? "" : "\n") + "\n\(grouped(parameterCount)) parameters\n"
  }

  private static let jointWidth = 7

  private func picture(of band: [Int], continuing: Bool) -> String {
    let height = band.map { cells($0).count }.max() ?? 1
    // Title, activation and a blank line above the body; a blank line and the number of units below.
    func framed(_ head: [String], _ body: [String], _ foot: String, width: Int) -> [String] {
      (head + [""] + body + ["", foot]).map { centered($0, width) }
    }
    var lines = [String](repeating: "", count: height + 5)
    func add(_ cells: [String]) { for (row, cell) in cells.enumerated() { lines[row] += cell } }
    for (position, index) in band.enumerated() {
      if position > 0 {
        add(framed(["", ""], joint(index - 1, height: height), "", width: Self.jointWidth))
      } else if continuing {
        add(framed(["", ""], (0..<height).map { $0 == height / 2 ? "▶" : "" }, "", width: 2))
      }
      let column = columns[index]
      let units = column.shape.count == 1 ? column.shapeText : ""
      add(
        framed(
          [column.title, column.activation], centered(cells(index), height: height), units, width: cellWidth(index)))
    }
    return lines.map { line in
      var line = line
      while line.last == " " { line.removeLast() }
      return line
    }.joined(separator: "\n") + "\n"
  }

  /// The rows of a column: a unit in every second one, or a box.
  private func cells(_ index: Int) -> [String] {
    guard let units = columns[index].units(limit: Self.terminalUnitLimit) else {
      let text = columns[index].shapeText
      let edge = String(repeating: "─", count: text.count + 2)
      return ["┌\(edge)┐", "│ \(text) │", "└\(edge)┘"]
    }
    return Array(units.map { [$0 == nil ? "⋮" : "●"] }.joined(separator: [" "]))
  }

  private func cellWidth(_ index: Int) -> Int {
    max(columns[index].title.count, columns[index].activation.count, columns[index].shapeText.count + 4)
  }

  /// What stands between two columns: a rail that every unit on both sides is tied to, or an arrow.
  private func joint(_ index: Int, height: Int) -> [String] {
    guard case .dense = connections[index] else {
      if case .none = connections[index] { return [String](repeating: blank(Self.jointWidth), count: height) }
      return (0..<height).map { $0 == height / 2 ? " ───▶  " : blank(Self.jointWidth) }
    }
    let left = ties(of: index, height: height)
    let right = ties(of: index + 1, height: height)
    let rows = left.union(right)
    guard let top = rows.min(), let bottom = rows.max() else { return [] }
    return (0..<height).map { row in
      let rail = Self.rail(
        up: row > top && row <= bottom, down: row >= top && row < bottom, left: left.contains(row),
        right: right.contains(row))
      return " " + (left.contains(row) ? "──" : "  ") + rail + (right.contains(row) ? "──" : "  ") + " "
    }
  }

  /// The rows in which a column has a unit.
  private func ties(of index: Int, height: Int) -> Set<Int> {
    let rows = centered(cells(index), height: height)
    return Set(rows.indices.filter { rows[$0] == "●" })
  }

  private static func rail(up: Bool, down: Bool, left: Bool, right: Bool) -> String {
    switch (up, down, left, right) {
    case (true, true, true, true): "┼"
    case (true, true, true, false): "┤"
    case (true, true, false, true): "├"
    case (true, true, false, false): "│"
    case (false, true, true, true): "┬"
    case (false, true, true, false): "┐"
    case (false, true, false, true): "┌"
    case (true, false, true, true): "┴"
    case (true, false, true, false): "┘"
    case (true, false, false, true): "└"
    case (false, false, _, _): left || right ? "─" : " "
    case (true, false, false, false): "╵"
    case (false, true, false, false): "╷"
    }
  }

  private func blank(_ width: Int) -> String { String(repeating: " ", count: width) }

  private func centered(_ text: String, _ width: Int) -> String {
    let before = max(0, (width - text.count) / 2)
    return blank(before) + text + blank(max(0, width - text.count - before))
  }

  private func centered(_ rows: [String], height: Int) -> [String] {
    let above = (height - rows.count) / 2
    return [String](repeating: "", count: above) + rows
      + [String](repeating: "", count: max(0, height - rows.count - above))
  }
}
