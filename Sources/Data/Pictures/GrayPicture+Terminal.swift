extension GrayPicture {
  /// The picture in characters, bright on a dark terminal: two rows of pixels in every line, a column in every character.
  ///
  /// Each pixel is rounded to nothing, half or full brightness, and each pair shown by the block that comes nearest.
  public var terminalPicture: String {
    terminalLines.joined(separator: "\n")
  }

  /// Pictures beside each other in characters, `columns` in a row.
  ///
  /// - Precondition: `columns` is positive.
  public static func terminalSheet(of pictures: [GrayPicture], columns: Int) -> String {
    precondition(columns > 0, "terminalSheet: need at least one column; got \(columns)")
    let rows = stride(from: 0, to: pictures.count, by: columns).map { start in
      pictures[start..<min(start + columns, pictures.count)].map { $0.padded }
    }
    return rows.map { row in
      (0..<(row.map(\.count).max() ?? 0)).map { line in
        row.map { $0.indices.contains(line) ? $0[line] : "" }.joined(separator: " ")
      }.joined(separator: "\n")
    }.joined(separator: "\n")
  }

  private var terminalLines: [String] {
    padded.map { line in
      var line = line[...]
      while line.last == " " { line.removeLast() }
      return String(line)
    }
  }

  /// The lines in full length, so that what stands beside them is in line.
  private var padded: [String] {
    stride(from: 0, to: height, by: 2).map { row in
      String(
        (0..<width).map { column in
          Self.block(upper: level(row, column), lower: row + 1 < height ? level(row + 1, column) : 0)
        })
    }
  }

  /// 0, 1 or 2: nothing, half or full brightness, in thirds of the range.
  private func level(_ row: Int, _ column: Int) -> Int {
    Int(self[row, column]) / 86
  }

  private static func block(upper: Int, lower: Int) -> Character {
    switch (upper, lower) {
    case (0, 0): " "
    case (1, 1): "▒"
    case (1, 0), (0, 1): "░"
    case (2, 2): "█"
    case (2, 1), (1, 2): "▓"
    case (2, _): "▀"
    default: "▄"
    }
  }
}
