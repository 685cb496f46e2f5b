import Foundation
import MartletBackend

extension Sequential {
  /// A table of the layers, as Keras prints it: name and type, shape of the result, number of parameters, and the totals.
  ///
  /// - Parameter lineLength: The width of the table; 76 is what Keras uses on a terminal of 80 columns, 88 its widest.
  public func summary(lineLength: Int = 76) -> String {
    let names = SummaryNames.names(of: layers)
    let rows = layers.indices.map { index in
      [
        "\(names[index]) (\(type(of: layers[index]).typeName))",
        index < outputShapes.count ? SummaryText.shape(outputShapes[index]) : "?",
        layers[index].parameterCount.grouped,
      ]
    }
    let table = SummaryTable(lineLength: lineLength, header: ["Layer (type)", "Output Shape", "Param #"], rows: rows)
    return SummaryText.text(title: name ?? "sequential", table: table, parameters: parameters)
  }
}

extension Model {
  /// A table of the inputs and layers, as Keras prints it: name and type, shape of the result, number of parameters, what the layer
  /// is connected to, and the totals. A layer that is applied several times has one row.
  ///
  /// - Parameter lineLength: The width of the table; 76 is what Keras uses on a terminal of 80 columns, 108 its widest.
  public func summary(lineLength: Int = 76) -> String {
    // Uses of the same layer follow from its parameters; whatever has none is a layer of its own each time.
    var owners: [Set<ObjectIdentifier>: Int] = [:]
    let firstUses = steps.indices.map { index in
      let identity = Set(steps[index].part.parameters.map(ObjectIdentifier.init))
      guard !identity.isEmpty else { return index }
      owners[identity] = owners[identity] ?? index
      return owners[identity] ?? index
    }
    let kinds =
      inputNames.map { ($0, "InputLayer") }
      + steps.indices.filter { firstUses[$0] == $0 }.map { (steps[$0].part.name, steps[$0].part.typeName) }
    let names = SummaryNames.names(of: kinds)
    var rows = zip(names, inputShapes).map { ["\($0) (InputLayer)", SummaryText.shape($1), "0", "-"] }
    // How rows refer to each value: the layer that made it, and which of its uses that was.
    var values = names.prefix(inputShapes.count).map { "\($0)[0][0]" }
    var used: [Int: (row: Int, count: Int)] = [:]
    for (index, step) in steps.enumerated() {
      let connections = step.operands.map { values[$0] }.joined(separator: ", ")
      let use = used[firstUses[index]] ?? (rows.count, 0)
      used[firstUses[index]] = (use.row, use.count + 1)
      values.append("\(names[use.row])[\(use.count)][0]")
      if use.row < rows.count {
        rows[use.row][3] += ", " + connections
      } else {
        let count = step.part.parameters.reduce(0) { $0 + $1.elementCount }
        rows.append([
          "\(names[use.row]) (\(step.part.typeName))", SummaryText.shape(step.outputShape), count.grouped, connections,
        ])
      }
    }
    let table = SummaryTable(
      lineLength: lineLength, header: ["Layer (type)", "Output Shape", "Param #", "Connected to"], rows: rows)
    return SummaryText.text(title: name ?? "functional", table: table, parameters: parameters)
  }
}

/// The parts of a summary around its table.
package enum SummaryText {
  package static func text(title: String, table: SummaryTable, parameters: [Parameter]) -> String {
    """
    Model: "\(title)"
    \(table.text)
    \(total("Total params", parameters))
    \(total("Trainable params", parameters.filter(\.isTrainable)))
    \(total("Non-trainable params", parameters.filter { !$0.isTrainable }))
    """
  }

  /// `(None, 26, 26, 32)`: the batch may have any size.
  static func shape(_ shape: Shape) -> String {
    shape.isEmpty ? "(None,)" : "(None, " + shape.map(String.init).joined(separator: ", ") + ")"
  }

  /// With commas between groups of three digits.
  package static func grouped(_ count: Int) -> String { count.grouped }

  private static func total(_ label: String, _ parameters: [Parameter]) -> String {
    let count = parameters.reduce(0) { $0 + $1.elementCount }
    return " \(label): \(count.grouped) (\(readable(byteCount: 4 * count)))"
  }

  private static func readable(byteCount: Int) -> String {
    var size = Double(byteCount)
    var unit = 0
    let units = ["B", "KB", "MB", "GB", "TB", "PB"]
    while size >= 1024 && unit < units.count - 1 {
      size /= 1024
      unit += 1
    }
    return String(format: "%.2f %@", size, units[unit])
  }
}

extension Int {
  /// With commas between groups of three digits.
  fileprivate var grouped: String {
    var text = ""
    for (position, digit) in String(magnitude).reversed().enumerated() {
      if position > 0 && position.isMultiple(of: 3) { text.append(",") }
      text.append(digit)
    }
    return (self < 0 ? "-" : "") + String(text.reversed())
  }
}

/// What layers are called in a summary: their own name, or their type in small letters, numbered from the second on.
package enum SummaryNames {
  package static func names(of layers: [any Layer]) -> [String] {
    names(of: layers.map { ($0.name, type(of: $0).typeName) })
  }

  static func names(of layers: [(name: String?, typeName: String)]) -> [String] {
    var counts: [String: Int] = [:]
    return layers.map { layer in
      if let name = layer.name { return name }
      let base = snakeCase(layer.typeName)
      let earlier = counts[base, default: 0]
      counts[base] = earlier + 1
      return earlier == 0 ? base : "\(base)_\(earlier)"
    }
  }

  /// `MaxPooling2D` → `max_pooling2d`, `Conv2D` → `conv2d`.
  static func snakeCase(_ name: String) -> String {
    let characters = Array(name)
    var result = ""
    for (index, character) in characters.enumerated() {
      if character.isUppercase && index > 0 {
        let previous = characters[index - 1]
        let isNextLowercase = index + 1 < characters.count && characters[index + 1].isLowercase
        if previous.isLowercase || (previous.isUppercase && isNextLowercase) { result += "_" }
      }
      result += character.lowercased()
    }
    return result
  }
}

/// A table with a heavy head and light rows.
package struct SummaryTable {
  let text: String

  /// Makes the table from a head and rows of three or four columns, the third aligned to the right.
  package init(lineLength: Int, header: [String], rows: [[String]]) {
    let shares = header.count == 3 ? [0.45, 0.8, 1] : [0.3, 0.56, 0.74, 1]
    let widths = Self.columnWidths(lineLength: max(lineLength, 40), shares: shares)
    func rule(_ left: String, _ line: String, _ middle: String, _ right: String) -> String {
      left + widths.map { String(repeating: line, count: $0) }.joined(separator: middle) + right
    }
    func lines(_ row: [String], border: String) -> [String] {
      let cells = zip(row, widths).map { Self.wrapped($0, width: $1 - 2) }
      return (0..<(cells.map(\.count).max() ?? 0)).map { line in
        let texts = cells.enumerated().map { column, cell in
          let text = line < cell.count ? cell[line] : ""
          let space = String(repeating: " ", count: max(0, widths[column] - 2 - text.count))
          return column == 2 ? " \(space)\(text) " : " \(text)\(space) "
        }
        return border + texts.joined(separator: border) + border
      }
    }
    var result = [rule("┏", "━", "┳", "┓")] + lines(header, border: "┃") + [rule("┡", "━", "╇", "┩")]
    for (index, row) in rows.enumerated() {
      if index > 0 { result.append(rule("├", "─", "┼", "┤")) }
      result += lines(row, border: "│")
    }
    result.append(rule("└", "─", "┴", "┘"))
    text = result.joined(separator: "\n")
  }

  /// Columns that end at shares of the line, plus margins, less what is then too much, shared out evenly.
  private static func columnWidths(lineLength: Int, shares: [Double]) -> [Int] {
    let ends = shares.map { Int(Double(lineLength) * $0) }
    var widths = zip(ends, [0] + ends).map { $0 - $1 + 2 }
    var excess = widths.reduce(0, +) - (lineLength - shares.count - 1)
    for column in widths.indices {
      let share = Int((Double(excess) / Double(widths.count - column)).rounded(.toNearestOrEven))
      widths[column] -= share
      excess -= share
    }
    return widths
  }

  /// The text in lines of at most `width` characters, broken at spaces where possible.
  private static func wrapped(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      var rest = word
      if let last = lines.last, last.count + 1 + rest.count <= width {
        lines[lines.count - 1] = last + " " + rest
        continue
      }
      while rest.count > width {
        lines.append(String(rest.prefix(width)))
        rest = rest.dropFirst(width)
      }
      lines.append(String(rest))
    }
    return lines
  }
}
