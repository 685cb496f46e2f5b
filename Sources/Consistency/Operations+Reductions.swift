import MartletBackend

extension Operation {
  static var reductions: [Operation] {
    let combiners: [(String, Combiner)] = [
      ("sum", .sum), ("product", .product), ("maximum", .maximum), ("minimum", .minimum),
      ("argmax", .argumentOfMaximum), ("argmin", .argumentOfMinimum),
    ]
    return combiners.map(reduction) + [fusedReduction]
  }

  /// One combiner over one input, float32 or int32.
  private static func reduction(_ name: String, _ combiner: Combiner) -> Operation {
    Operation(name: name, caseCount: 40) { g in
      let shape = g.reducedShape()
      let axes = g.axes(of: shape)
      let type: LaneType = g.index % 4 == 3 ? .int32 : .float32
      let isArgument = combiner == .argumentOfMaximum || combiner == .argumentOfMinimum
      // Products of numbers near one stay finite in any order; of others only the specified order can be judged.
      let isTame = combiner == .product && g.chance(0.5)
      let values: CaseGenerator.Values =
        isArgument && g.chance(0.6) ? .ties : isTame ? .interval(0.97...1.03) : g.values()
      let output = g.output(shape.reduced(along: axes), isArgument ? .int32 : type.dtype)
      return Case(
        setting: "\(name) along \(axes)", operands: [g.input(shape, type.dtype, values), output], outputs: [1],
        tolerance: tolerance(of: combiner, over: axes.reduce(1) { $0 * shape[$1] }, isTame)
      ) { backend, views in
        backend.reduce(
          identity(type), combiners: [combiner], axes: axes, inputs: [views[0]], parameters: [], epilogue: nil,
          outputs: [views[1]])
      }
    }
  }

  private static func tolerance(of combiner: Combiner, over count: Int, _ isTame: Bool) -> Tolerance? {
    switch combiner {
    case .sum: Tolerance(termCount: count)
    case .product: isTame ? Tolerance(ulp: Double(count)) : nil
    default: .exact
    }
  }

  /// A prologue with several results, an epilogue over them, inputs to both.
  private static let fusedReduction = Operation(name: "reduce with programs", caseCount: 36) { g in
    let shape = g.reducedShape()
    let axes = g.axes(of: shape)
    let prologue = RandomProgram(
      &g, rank: shape.rank, leading: [.float32],
      outputs: g.pick([[.float32], [.int32, .float32], [.float32, .float32, .int32]]))
    let all: [Combiner] = [.sum, .product, .maximum, .minimum, .argumentOfMaximum, .argumentOfMinimum]
    let combiners = prologue.program.outputs.map { _ in g.pick(all) }
    let results = zip(combiners, prologue.program.outputTypes).map { combiner, type in
      combiner == .argumentOfMaximum || combiner == .argumentOfMinimum ? LaneType.int32 : type
    }
    let reduced = shape.reduced(along: axes)
    let epilogue = g.chance(0.6) ? RandomProgram(&g, rank: shape.rank, leading: results) : nil

    let sources = prologue.program.inputs.map { g.input(shape, g.dtype(for: $0), g.values()) }
    let further =
      epilogue?.program.inputs.dropFirst(results.count).map { g.input(reduced, g.dtype(for: $0), g.values()) } ?? []
    let targets = (epilogue?.program.outputTypes ?? results).map { g.output(reduced, $0.dtype) }
    let (first, last) = (sources.count, sources.count + further.count)
    return Case(
      setting: "\(combiners) along \(axes) of \(prologue.program)" + (epilogue.map { " then \($0.program)" } ?? ""),
      operands: sources + further + targets, outputs: Array(last..<last + targets.count),
      tolerance: nil
    ) { backend, views in
      let epilogue = epilogue.map {
        Epilogue($0.program, inputs: Array(views[first..<last]), parameters: $0.parameters)
      }
      backend.reduce(
        prologue.program, combiners: combiners, axes: axes, inputs: Array(views.prefix(first)),
        parameters: prologue.parameters, epilogue: epilogue, outputs: Array(views.dropFirst(last)))
    }
  }
}

extension CaseGenerator {
  /// A shape with at least one axis; often two axes of which one crosses a chunk.
  fileprivate mutating func reducedShape() -> Shape {
    if isLarge || chance(0.5) { return shape(elements: 5000, minimumRank: 1) }
    let long = extent(upTo: 2049)
    let short = extent(upTo: 33)
    return chance(0.5) ? [long, short] : [short, long]
  }

  /// One axis or several, ascending.
  fileprivate mutating func axes(of shape: Shape) -> [Int] {
    let chosen = shape.indices.filter { _ in chance(0.5) }
    return chosen.isEmpty ? [int(0...shape.rank - 1)] : Array(chosen)
  }
}
