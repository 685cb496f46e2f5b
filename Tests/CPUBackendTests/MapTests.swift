import MartletBackend
import MartletCPUBackend
import Testing

@Suite("CPU map") struct MapTests {
  static let sizes = [0, 1, 15, 16, 17, 61, 1023, 1024, 1025, 2053]

  /// One program per instruction and type.
  static let instructions: [ElementwiseProgram] = {
    typealias Unary = (Lane) -> Lane
    typealias Binary = (Lane, Lane) -> Lane
    let floatUnary: [Unary] = [
      { -$0 }, { $0.absolute() }, { $0.sign() }, { $0.floor() }, { $0.ceiling() }, { $0.round() }, { $0.squareRoot() },
      { $0.exp() }, { $0.expm1() }, { $0.log() }, { $0.log1p() }, { $0.sin() }, { $0.cos() }, { $0.tanh() },
      { $0.erf() }, { $0.cast(to: .int32) }, { $0.cast(to: .bool) },
    ]
    let integerUnary: [Unary] = [
      { -$0 }, { $0.absolute() }, { $0.sign() }, { !$0 }, { $0.cast(to: .float32) }, { $0.cast(to: .bool) },
    ]
    let boolUnary: [Unary] = [{ !$0 }, { $0.cast(to: .float32) }, { $0.cast(to: .int32) }]
    let arithmetic: [Binary] = [
      { $0 + $1 }, { $0 - $1 }, { $0 * $1 }, { $0 / $1 }, { .minimum($0, $1) }, { .maximum($0, $1) },
    ]
    let comparisons: [Binary] = [{ $0 .== $1 }, { $0 .!= $1 }, { $0 .< $1 }, { $0 .<= $1 }]
    let logic: [Binary] = [{ $0 & $1 }, { $0 | $1 }, { $0 ^ $1 }]
    let integerOnly: [Binary] = [{ $0 % $1 }, { $0 << $1 }, { $0 >> $1 }]
    var programs: [ElementwiseProgram] = []
    func add(_ type: LaneType, unary: [Unary], binary: [Binary]) {
      for operation in unary { programs.append(.init(inputs: [type]) { x, _ in [operation(x[0])] }) }
      for operation in binary { programs.append(.init(inputs: [type, type]) { x, _ in [operation(x[0], x[1])] }) }
      programs.append(.init(inputs: [.bool, type, type]) { x, _ in [.select(x[0], x[1], x[2])] })
    }
    add(.float32, unary: floatUnary, binary: arithmetic + comparisons + [{ .power($0, $1) }])
    add(.int32, unary: integerUnary, binary: arithmetic + comparisons + logic + integerOnly)
    add(.bool, unary: boolUnary, binary: comparisons + logic)
    let float = LaneType.float32
    programs.append(.init(inputs: [float, float, float]) { x, _ in [.fusedMultiplyAdd(x[0], x[1], x[2])] })
    programs.append(.init(inputs: []) { _, _ in [.coordinate(axis: 0), Lane(1.5), .bool(true)] })
    let words = Array(repeating: LaneType.int32, count: 4)
    programs.append(
      .init(inputs: [], parameters: words + [.bool]) { _, p in
        [.randomBits(firstParameter: 0, salt: 3), p[1], p[4], !p[4]]
      })
    return programs
  }()

  @Test("computes every instruction as its definition says")
  func everyInstruction() throws {
    var seen: Set<Opcode> = []
    for (number, program) in Self.instructions.enumerated() {
      seen.formUnion(program.instructions.map(\.opcode))
      let key = RandomKey(seed: 0x1234_5678_9abc_def0, stream: 7, draw: 9).parameters + [.bool(true)]
      let parameters = Array(key.prefix(program.parameters.count))
      for size in Self.sizes {
        // Every combination of vectors and single words among the operands.
        for scalars in 0..<(size == 61 ? 1 << program.inputs.count : 1) {
          let inputs = program.inputs.enumerated().map { index, type in
            let stride = scalars >> index & 1 == 1 ? 0 : 1
            return HostOperand(
              Layout(shape: [size], strides: [stride]), type.dtype, seed: UInt64(number * 100 + size * 7 + index))
          }
          try expectMap(program, inputs, parameters, into: program.results([size]), "program \(number)")
        }
      }
    }
    #expect(seen == Set(Opcode.allCases))
  }

  @Test("rounds after each of two instructions that it carries out in one step", arguments: 0..<8)
  func pairs(scalars: Int) throws {
    typealias Pair = (Lane, Lane, Lane) -> Lane
    let pairs: [Pair] = [
      { $0 * $1 + $2 }, { $2 + $0 * $1 }, { $0 * $1 - $2 }, { $2 - $0 * $1 }, { $0 * $1 * $2 }, { $2 * ($0 * $1) },
      { $0 * $1 / $2 }, { $2 / ($0 * $1) }, { $0 + $1 + $2 }, { ($0 + $1) * $2 }, { ($0 - $1) * $2 },
      { .maximum($0 + $1, $2) }, { .maximum($2, $0 + $1) }, { $0.squareRoot() + $2 + $1 },
      { .select($0 .< $1, $2, 0) }, { .select($0 .> 0, $2, 0) }, { .select($0 .<= $1, $2, 0) },
      { .select($0 .< $1, $2, -0.0) }, { $0 * $1 + $0 * $2 },
      {
        let x = $0 * $1; return x * x + $2
      },
    ]
    for (number, pair) in pairs.enumerated() {
      let float = LaneType.float32
      let program = ElementwiseProgram(inputs: [float, float, float]) { x, _ in [pair(x[0], x[1], x[2])] }
      for count in [5, 1500] {
        let inputs = (0..<3).map { index in
          HostOperand(
            Layout(shape: [count], strides: [scalars >> index & 1 == 1 ? 0 : 1]), seed: UInt64(number * 9 + index))
        }
        try expectMap(program, inputs, into: program.results([count]), "pair \(number)")
      }
    }
  }

  /// Views of one shape that are reached in different ways.
  private static func layouts(_ shape: Shape) -> [Layout] {
    var all = [Layout(contiguous: shape), Layout(shape: shape, strides: Strides(repeating: 0, rank: shape.rank))]
    for axis in shape.indices {
      // Varies along one axis, along all but one, and skips and runs backwards along one.
      all.append(Layout(shape: shape, varyingAlong: axis, offset: 3))
      var others = shape
      others[axis] = 1
      all.append(Layout(contiguous: others).repeating(axis: axis, count: shape[axis]))
      var wider = shape
      wider[axis] = 2 * shape[axis] + 1
      let skipping = Layout(contiguous: wider)
      all.append(skipping.sliced(axis: axis, from: 1, count: shape[axis], step: 2))
      all.append(skipping.sliced(axis: axis, from: 2 * shape[axis], count: shape[axis], step: -1))
    }
    let reversed = Array(shape.indices.reversed())
    all.append(Layout(contiguous: Layout(contiguous: shape).transposed(reversed).shape).transposed(reversed))
    return all
  }

  @Test(
    "reads operands of any layout and type",
    arguments: [[2500], [130, 10], [40, 32], [9, 700], [3, 5, 300], [6, 7, 4, 9], [1, 33, 1, 40], [70, 1300]] as [Shape]
  )
  func everyLayout(shape: Shape) throws {
    let program = ElementwiseProgram(inputs: [.float32, .float32, .int32, .bool]) { x, _ in
      let sum = x[0] * x[1] + x[2].cast(to: .float32)
      return [.select(x[3], sum, x[0] - x[1]), .coordinate(axis: shape.rank - 1) + x[2] * .coordinate(axis: 0), x[3]]
    }
    let layouts = Self.layouts(shape)
    let dtypes: [DType] = [.float32, .float32, .int32, .bool]
    for index in layouts.indices {
      let inputs = dtypes.indices.map { position in
        let byte = index % 2 == 0 && dtypes[position] == .int32
        return HostOperand(
          layouts[(index + position * position * 3) % layouts.count], byte ? .uint8 : dtypes[position],
          seed: UInt64(index * 10 + position))
      }
      try expectMap(program, inputs, into: program.results(shape))
    }
  }

  @Test(
    "writes outputs of any layout and type, and nothing beside them",
    arguments: [[300, 10], [5, 600], [7, 9, 33]] as [Shape])
  func everyOutputLayout(shape: Shape) throws {
    let program = ElementwiseProgram(inputs: [.float32, .int32]) { x, _ in
      [x[0].tanh(), x[1] + .integer(1), x[0] .< 0, Lane(4)]
    }
    let inputs = [
      HostOperand(Layout(contiguous: shape), seed: 1), HostOperand(Layout(contiguous: shape), .int32, seed: 2),
    ]
    // A view whose elements are all different ones can be written.
    let layouts = Self.layouts(shape).filter { !$0.strides.contains(0) && Set([$0.strides.count]).count == 1 }
      .filter { layout in
        var seen: Set<Int> = []
        var isInjective = true
        shape.forEachCoordinate { _, at in
          let position = shape.indices.reduce(layout.offset) { $0 + at[$1] * layout.strides[$1] }
          isInjective = isInjective && seen.insert(position).inserted
        }
        return isInjective
      }
    #expect(layouts.count > 3)
    for (index, layout) in layouts.enumerated() {
      let outputs = program.outputTypes.enumerated().map { position, type in
        let dtype = type == .int32 && index % 2 == 1 ? DType.uint8 : type.dtype
        return HostOperand(position == index % 4 ? Layout(contiguous: shape) : layout, dtype, seed: 9)
      }
      try expectMap(program, inputs, into: outputs)
    }
  }

  @Test("may write over its inputs", arguments: [1, 100, 1024, 5000, 300_000])
  func inPlace(count: Int) throws {
    let float = LaneType.float32
    let programs = [
      ElementwiseProgram(inputs: [float, float]) { x, _ in [x[1], x[0]] },
      ElementwiseProgram(inputs: [float, float]) { x, _ in [x[0] + x[1], x[0] - x[1]] },
      ElementwiseProgram(inputs: [float, float]) { x, _ in [x[1] * 2, (x[1] * 2 + x[0]).tanh()] },
      ElementwiseProgram(inputs: [float, float]) { x, _ in [Lane(1), x[0] * x[1]] },
    ]
    let inputs = (1...2).map { HostOperand(Layout(contiguous: [count]), seed: UInt64($0)) }
    for (number, program) in programs.enumerated() {
      let expected = evaluated(program, inputs, [], into: inputs)
      for backend in backendsUnderTest {
        let views = inputs.map { $0.uploaded(to: backend) }
        backend.map(program, inputs: views, parameters: [], outputs: views)
        for (index, view) in views.enumerated() {
          let difference = try inputs[index].downloaded(from: view).difference(from: expected[index])
          #expect(difference == nil, "program \(number), output \(index) on \(backend.capabilities.deviceName)")
        }
      }
    }
  }

  @Test("runs random programs like the evaluator", arguments: 0..<60)
  func randomPrograms(seed: Int) throws {
    var generator = PhiloxGenerator(seed: UInt64(seed), stream: 5)
    let shapes: [Shape] = [[1], [77], [1500], [37, 41], [5, 311], [3, 4, 5, 6]]
    guard let shape = shapes.randomElement(using: &generator) else { return }
    let inputs = (0..<Int.random(in: 0...6, using: &generator)).map { index in
      let types: [DType] = [.float32, .float32, .int32, .bool, .uint8]
      let layouts = Self.layouts(shape)
      return HostOperand(
        layouts[Int.random(in: 0..<layouts.count, using: &generator)],
        types[Int.random(in: 0..<types.count, using: &generator)], seed: UInt64(seed * 31 + index))
    }
    let program = ElementwiseProgram(inputs: inputs.map(\.dtype.laneType), parameters: [.float32, .int32]) { x, p in
      var lanes = x + p + [Lane(0.75), .integer(5), .bool(false), .coordinate(axis: 0)]
      func lane(_ type: LaneType) -> Lane {
        let fitting = lanes.filter { $0.type == type }
        return fitting[Int.random(in: max(0, fitting.count - 6)..<fitting.count, using: &generator)]
      }
      for _ in 0..<Int.random(in: 1...40, using: &generator) {
        switch Int.random(in: 0..<14, using: &generator) {
        case 0: lanes.append(lane(.float32) + lane(.float32))
        case 1: lanes.append(lane(.float32) * lane(.float32))
        case 2: lanes.append(lane(.float32) - lane(.float32))
        case 3: lanes.append(lane(.float32).tanh())
        case 4: lanes.append(.maximum(lane(.float32), lane(.float32)))
        case 5: lanes.append(.fusedMultiplyAdd(lane(.float32), lane(.float32), lane(.float32)))
        case 6: lanes.append(lane(.float32) .< lane(.float32))
        case 7: lanes.append(.select(lane(.bool), lane(.float32), lane(.float32)))
        case 8: lanes.append(.select(lane(.bool), lane(.int32), lane(.int32)))
        case 9: lanes.append(lane(.int32) * lane(.int32) + lane(.int32))
        case 10: lanes.append(lane(.int32).cast(to: .float32))
        case 11: lanes.append(lane(.float32).cast(to: .int32) ^ lane(.int32))
        case 12: lanes.append(lane(.bool) ^ (lane(.int32) .<= lane(.int32)))
        default: lanes.append(lane(.float32).absolute().squareRoot())
        }
      }
      return [lane(.float32), lane(.int32), lane(.bool), lane(.float32)]
    }
    try expectMap(
      program, inputs, [.float32(1.25), .int32(-3)], into: program.results(shape), "seed \(seed)")
  }

  @Test(
    "shares large work among threads without a trace of it",
    arguments: [[200_003], [400, 500], [1000, 1, 210]] as [Shape])
  func large(shape: Shape) throws {
    let float = LaneType.float32
    let program = ElementwiseProgram(inputs: [float, float], parameters: Array(repeating: .int32, count: 4)) { x, _ in
      [x[0] * x[1], (Lane.randomBits(firstParameter: 0) >> .integer(1)) + .coordinate(axis: shape.rank - 1)]
    }
    let bias = Layout(shape: shape, varyingAlong: shape.rank - 1)
    let inputs = [HostOperand(Layout(contiguous: shape), seed: 1), HostOperand(bias, seed: 2)]
    try expectMap(program, inputs, RandomKey(seed: 3).parameters, into: program.results(shape))
  }

  @Test("copies permuted axes", arguments: [[67, 45], [3, 33, 50, 17], [300, 400], [2, 9, 8]] as [Shape])
  func permutations(shape: Shape) throws {
    let copy = ElementwiseProgram(inputs: [.float32]) { x, _ in x }
    let orders = [Array(shape.indices.reversed()), [shape.rank - 1] + Array(0..<(shape.rank - 1))]
    for order in orders {
      let input = HostOperand(Layout(contiguous: shape).transposed(order), seed: 4)
      try expectMap(copy, [input], into: copy.results(input.layout.shape))
    }
  }
}

extension LaneType {
  /// The type of which a lane holds elements without conversion.
  var dtype: DType {
    switch self {
    case .float32: .float32
    case .int32: .int32
    case .bool: .bool
    }
  }
}

extension ElementwiseProgram {
  /// Contiguous outputs, filled with something else.
  func results(_ shape: Shape) -> [HostOperand] {
    outputTypes.map { HostOperand(Layout(contiguous: shape), $0.dtype, seed: 99) }
  }
}
