import MartletBackend

extension Operation {
  static var rows: [Operation] {
    [softmax("softmax", logarithmic: false), softmax("log softmax", logarithmic: true), scan, sort]
  }

  private static func softmax(_ name: String, logarithmic: Bool) -> Operation {
    Operation(name: name, caseCount: 30) { g in
      let shape = g.rowShape()
      let kinds: [CaseGenerator.Values] = [.ordinary, .interval(-90...90), .interval(-1e4...1e4), .special]
      let values = kinds[g.index % kinds.count]
      let tolerance =
        logarithmic ? Tolerance(ulp: 4, absolute: 0x1p-20) : Tolerance(ulp: 16)
      return Case(
        setting: name, operands: [g.input(shape, .float32, values), g.output(shape)], outputs: [1], tolerance: tolerance
      ) { backend, views in
        backend.softmaxRows(views[0], logarithmic: logarithmic, output: views[1])
      }
    }
  }

  private static let scan = Operation(name: "scan", caseCount: 32) { g in
    let shape = g.rowShape()
    let dtype: DType = g.index % 4 == 3 ? .int32 : .float32
    let (exclusive, reversed) = (g.index / 4 % 2 == 1, g.index / 8 % 2 == 1)
    return Case(
      setting: "scan\(exclusive ? ", exclusive" : "")\(reversed ? ", reversed" : "")",
      operands: [g.input(shape, dtype, g.values()), g.output(shape, dtype)], outputs: [1],
      tolerance: Tolerance(termCount: shape[1])
    ) { backend, views in
      backend.scan(views[0], exclusive: exclusive, reversed: reversed, output: views[1])
    }
  }

  private static let sort = Operation(name: "sort", caseCount: 32) { g in
    let shape = g.rowShape()
    let dtype: DType = g.index % 4 == 3 ? .int32 : .float32
    let descending = g.index / 4 % 2 == 1
    let values: CaseGenerator.Values = g.chance(0.5) ? .ties : g.values()
    return Case(
      setting: descending ? "sort, descending" : "sort",
      operands: [g.input(shape, dtype, values), g.output(shape, dtype), g.output(shape, .int32)], outputs: [1, 2]
    ) { backend, views in
      backend.sort(views[0], descending: descending, values: views[1], indices: views[2])
    }
  }
}

extension Operation {
  static var indexing: [Operation] { [gather, scatterAdd] }

  private static let gather = Operation(name: "gather", caseCount: 32) { g in
    let dtype = DType.allCases[g.index % DType.allCases.count]
    let (table, m) = (g.tableShape(), g.extent(upTo: 65))
    let indices = g.input([m], .int32, .range(-2...table[1] + 1))
    return Case(
      setting: "gather",
      operands: [g.input(table, dtype, .special), indices, g.output([table[0], m, table[2]], dtype)],
      outputs: [2]
    ) { backend, views in
      backend.gather(views[0], indices: views[1], output: views[2])
    }
  }

  private static let scatterAdd = Operation(name: "scatterAdd", caseCount: 32) { g in
    let dtype: DType = g.index % 4 == 3 ? .int32 : .float32
    let (table, m) = (g.tableShape(), g.extent(upTo: 129))
    // Few rows for many updates, so that several meet.
    let indices = g.input([m], .int32, .range(-2...min(table[1], 9) + 1))
    let (updates, output) = (
      g.input([table[0], m, table[2]], dtype, g.values()), g.output(table, dtype, g.values())
    )
    return Case(
      setting: "scatterAdd", operands: [updates, indices, output], outputs: [2], tolerance: Tolerance(termCount: m + 1)
    ) { backend, views in
      backend.scatterAdd(views[0], indices: views[1], output: views[2])
    }
  }
}

extension CaseGenerator {
  fileprivate mutating func rowShape() -> Shape {
    let columns = extent(upTo: 2049)
    if isLarge { return [min(largestExtent, 150_000 / max(columns, 1)), columns] }
    return [extent(upTo: max(1, min(129, 6000 / max(columns, 1)))), columns]
  }

  fileprivate mutating func tableShape() -> Shape {
    [extent(upTo: isLarge ? 65 : 5), extent(upTo: 65), extent(upTo: isLarge ? 251 : 33)]
  }
}
