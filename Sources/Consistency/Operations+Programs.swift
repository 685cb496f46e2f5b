import MartletBackend

extension Operation {
  /// Programs of any instructions in any combination. Errors of one step grow without bound in the next, so only equality
  /// can judge them.
  static let programs = Operation(name: "programs", caseCount: 50) { g in
    let shape = g.shape(elements: 1500)
    let drawn = RandomProgram(&g, rank: shape.rank)
    let inputs = drawn.program.inputs.map { g.input(shape, g.dtype(for: $0), g.values()) }
    let outputs = drawn.program.outputTypes.map { g.output(shape, g.dtype(for: $0)) }
    let count = inputs.count
    return Case(
      setting: "\(drawn.program)", operands: inputs + outputs, outputs: Array(count..<count + outputs.count),
      tolerance: nil
    ) { backend, views in
      backend.map(
        drawn.program, inputs: Array(views.prefix(count)), parameters: drawn.parameters,
        outputs: Array(views.dropFirst(count)))
    }
  }
}

/// A program with arguments, drawn instruction by instruction.
struct RandomProgram {
  let program: ElementwiseProgram
  let parameters: [Scalar]

  /// - Parameters:
  ///   - leading: Types of the first inputs, which the program is sure to read.
  ///   - outputCount: By default one to four.
  init(_ g: inout CaseGenerator, rank: Int, leading: [LaneType] = [], outputs: [LaneType]? = nil) {
    let types: [LaneType] = [.float32, .float32, .int32, .bool]
    let further = leading.isEmpty ? g.pick([0, 1, 1, 2, 3, 5, 16]) : g.int(0...2)
    let inputs = leading + (0..<further).map { _ in g.pick(types) }
    // Four words for random bits, and one argument of each type.
    let key = RandomKey(seed: UInt64(g.word()), stream: g.word(), draw: g.word())
    let parameters =
      key.parameters + [
        .float32(Float(g.int(-300...300)) / 100), .int32(Int32(g.int(-9...9))), .bool(g.chance(0.5)),
      ]
    let length = g.pick([1, 3, 6, 12, 20, 36])
    let wanted = outputs ?? (0..<g.int(1...4)).map { _ in g.pick(types) }
    self.parameters = parameters
    program = ElementwiseProgram(inputs: inputs, parameters: parameters.map(\.type)) { x, p in
      var lanes = x + p.suffix(3) + [.integer(3), 0.75, .bool(true)]
      if rank > 0 { lanes.append(.coordinate(axis: g.int(0...rank - 1))) }
      if g.chance(0.3) { lanes.append(.randomBits(firstParameter: 0, salt: g.int(0...9))) }
      for lane in x.prefix(leading.count) { lanes.append(Self.step(using: lanes, first: lane, &g)) }
      for _ in 0..<length { lanes.append(Self.step(using: lanes, first: nil, &g)) }
      return wanted.map { Self.last(of: $0, in: lanes, &g) }
    }
  }

  /// One of the later lanes of a type, so that most of the program is alive.
  private static func last(of type: LaneType, in lanes: [Lane], _ g: inout CaseGenerator) -> Lane {
    let fitting = lanes.filter { $0.type == type }.suffix(3)
    return g.pick(Array(fitting))
  }

  private static func step(using lanes: [Lane], first: Lane?, _ g: inout CaseGenerator) -> Lane {
    func any(_ type: LaneType) -> Lane { g.pick(lanes.filter { $0.type == type }) }
    let a = first ?? g.pick(Array(lanes.suffix(8)))
    let b = any(a.type)
    let choice = g.int(0...99)
    switch (a.type, choice) {
    case (_, 90...): return .select(any(.bool), a, b)
    case (_, 84..<90): return a.cast(to: g.pick([.float32, .int32, .bool]))
    case (_, 76..<84): return [a .== b, a .!= b, a .< b, a .<= b, a .> b, a .>= b][choice % 6]
    case (.float32, 36...): return [a + b, a - b, a * b, a / b, .minimum(a, b), .maximum(a, b)][choice % 6]
    case (.float32, 30..<36): return .fusedMultiplyAdd(a, b, any(.float32))
    case (.float32, 26..<30): return .power(a, b)
    case (.float32, _): return unary(a, choice)
    case (.int32, 40...): return [a + b, a - b, a * b, a / b, a % b, .minimum(a, b), .maximum(a, b)][choice % 7]
    case (.int32, 20..<40): return [a & b, a | b, a ^ b, a << b, a >> b][choice % 5]
    case (.int32, _): return [-a, a.absolute(), a.sign(), !a][choice % 4]
    case (.bool, _): return [a & b, a | b, a ^ b, !a][choice % 4]
    }
  }

  private static func unary(_ a: Lane, _ choice: Int) -> Lane {
    switch choice % 16 {
    case 0: -a
    case 1: a.absolute()
    case 2: a.sign()
    case 3: a.floor()
    case 4: a.ceiling()
    case 5: a.round()
    case 6: a.squareRoot()
    case 7: a.exp()
    case 8: a.expm1()
    case 9: a.log()
    case 10: a.log1p()
    // Huge arguments of circular functions mean nothing, yet their bits are specified as well.
    case 11: a.sin()
    case 12: a.cos()
    case 13: a.tanh()
    case 14: a.erf()
    default: a.sigmoid()
    }
  }
}
