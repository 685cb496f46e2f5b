import MartletBackend

extension Operation {
  static var map: [Operation] {
    [memory, copy, inPlace, arithmetic] + elementaryFunctions + [conversion, coordinates, randomBits, programs]
  }

  /// Uploads and downloads in pieces, and what lies between them.
  private static let memory = Operation(name: "memory", caseCount: 12) { g in
    let count = g.extent(upTo: 2049)
    let target = g.contiguous([count], .uint8, .junk)
    let from = g.int(0...target.bytes.count)
    let piece = (0..<g.int(0...target.bytes.count - from)).map { _ in UInt8(truncatingIfNeeded: g.word()) }
    return Case(
      setting: "upload \(piece.count) bytes at byte \(from)", operands: [target], outputs: [0]
    ) { backend, views in
      // What the views do not reach is compared with what it was, so the piece goes through a view of its own.
      let storage = backend.allocate(byteCount: views[0].storage.byteCount)
      var all = [UInt8](repeating: 0, count: views[0].storage.byteCount)
      guard (try? all.withUnsafeMutableBytes { try backend.download(views[0].storage, atByte: 0, into: $0) }) != nil
      else { return }
      all.withUnsafeBytes { backend.upload($0, to: storage, atByte: 0) }
      piece.withUnsafeBytes { backend.upload($0, to: storage, atByte: from) }
      let copied = View(storage: storage, layout: views[0].layout, dtype: .uint8)
      backend.map(identity(.int32), inputs: [copied], parameters: [], outputs: [views[0]])
    }
  }

  /// Every element type from every layout to every layout.
  private static let copy = Operation(name: "copy", caseCount: 60) { g in
    let dtype = DType.allCases[g.index % DType.allCases.count]
    let shape = g.shape(elements: 6000)
    let operands = [g.input(shape, dtype, .special), g.output(shape, dtype)]
    return Case(setting: "copy", operands: operands, outputs: [1]) { backend, views in
      backend.map(identity(dtype.laneType), inputs: [views[0]], parameters: [], outputs: [views[1]])
    }
  }

  /// An output that is one of the inputs.
  private static let inPlace = Operation(name: "map in place", caseCount: 20) { g in
    let shape = g.shape(elements: 6000)
    let operands = [g.output(shape, .float32, g.values()), g.input(shape, .float32, g.values())]
    let program = ElementwiseProgram(inputs: [.float32, .float32], parameters: [.float32]) { x, p in
      [.fusedMultiplyAdd(x[1], p[0], x[0])]
    }
    return Case(
      setting: "x ← fma(y, 0.3, x)", operands: operands, outputs: [0], tolerance: Tolerance(ulp: 1)
    ) { backend, views in
      backend.map(program, inputs: views, parameters: [.float32(0.3)], outputs: [views[0]])
    }
  }

  static func identity(_ type: LaneType) -> ElementwiseProgram {
    ElementwiseProgram(inputs: [type]) { x, _ in [x[0]] }
  }

  // MARK: Instructions

  /// One instruction, as a case needs it.
  private struct Step: Sendable {
    let name: String
    let types: [LaneType]
    let make: @Sendable ([Lane]) -> Lane
    var ulp = 0.0

    init(_ name: String, _ types: [LaneType], ulp: Double = 0, _ make: @escaping @Sendable ([Lane]) -> Lane) {
      self.name = name
      self.types = types
      self.make = make
      self.ulp = ulp
    }
  }

  private static let steps: [Step] = {
    let (f, i, b) = (LaneType.float32, LaneType.int32, LaneType.bool)
    var steps = [
      Step("floor", [f]) { $0[0].floor() }, Step("ceiling", [f]) { $0[0].ceiling() },
      Step("round", [f]) { $0[0].round() }, Step("squareRoot", [f], ulp: 3) { $0[0].squareRoot() },
      Step("fusedMultiplyAdd", [f, f, f], ulp: 1) { .fusedMultiplyAdd($0[0], $0[1], $0[2]) },
      Step("remainder", [i, i]) { $0[0] % $0[1] },
      Step("shiftLeft", [i, i]) { $0[0] << $0[1] }, Step("shiftRight", [i, i]) { $0[0] >> $0[1] },
    ]
    for type in [f, i] {
      steps += [
        Step("negate", [type]) { -$0[0] }, Step("absolute", [type]) { $0[0].absolute() },
        Step("sign", [type]) { $0[0].sign() }, Step("add", [type, type]) { $0[0] + $0[1] },
        Step("subtract", [type, type]) { $0[0] - $0[1] }, Step("multiply", [type, type]) { $0[0] * $0[1] },
        Step("divide", [type, type], ulp: 2.5) { $0[0] / $0[1] },
        Step("minimum", [type, type]) { .minimum($0[0], $0[1]) },
        Step("maximum", [type, type]) { .maximum($0[0], $0[1]) },
      ]
    }
    for type in [i, b] {
      steps += [
        Step("not", [type]) { !$0[0] }, Step("and", [type, type]) { $0[0] & $0[1] },
        Step("or", [type, type]) { $0[0] | $0[1] }, Step("xor", [type, type]) { $0[0] ^ $0[1] },
      ]
    }
    for type in [f, i, b] {
      steps += [
        Step("equal", [type, type]) { $0[0] .== $0[1] }, Step("notEqual", [type, type]) { $0[0] .!= $0[1] },
        Step("less", [type, type]) { $0[0] .< $0[1] }, Step("lessOrEqual", [type, type]) { $0[0] .<= $0[1] },
        Step("select", [b, type, type]) { .select($0[0], $0[1], $0[2]) },
      ]
    }
    return steps
  }()

  private static let arithmetic = Operation(name: "instructions", caseCount: 2 * steps.count) { g in
    stepCase(steps[g.index % steps.count], &g, g.values())
  }

  private static let conversion = Operation(name: "conversions", caseCount: 18) { g in
    let types: [LaneType] = [.float32, .int32, .bool]
    let (source, target) = (types[g.index % 3], types[g.index / 3 % 3])
    return stepCase(Step("cast to \(target)", [source]) { $0[0].cast(to: target) }, &g, .special)
  }

  private static func stepCase(_ step: Step, _ g: inout CaseGenerator, _ values: CaseGenerator.Values) -> Case {
    let shape = g.shape(elements: 3000)
    let program = ElementwiseProgram(inputs: step.types) { x, _ in [step.make(x)] }
    let inputs = step.types.map { g.input(shape, g.dtype(for: $0), values) }
    let output = g.output(shape, program.outputTypes[0].dtype)
    return Case(
      setting: "\(step.name)(\(step.types.map { "\($0)" }.joined(separator: ", ")))", operands: inputs + [output],
      outputs: [inputs.count], tolerance: Tolerance(ulp: step.ulp)
    ) { backend, views in
      backend.map(program, inputs: Array(views.dropLast()), parameters: [], outputs: [views[inputs.count]])
    }
  }

  // MARK: Elementary functions

  /// The bounds for backends that are not canonical are those of OpenCL's full profile plus our own polynomials' error.
  private static var elementaryFunctions: [Operation] {
    let interesting: [ClosedRange<Float>] = [
      -1...1, -10...10, -110...110, 0...3e38, -1e-30...1e-30, 0.5...2, -1e5...1e5,
    ]
    let unary: [(String, Double, @Sendable (Lane) -> Lane)] = [
      ("exp", 4, { $0.exp() }), ("expm1", 7, { $0.expm1() }), ("log", 4, { $0.log() }), ("log1p", 5, { $0.log1p() }),
      ("sin", 6, { $0.sin() }), ("cos", 6, { $0.cos() }), ("tanh", 7, { $0.tanh() }), ("erf", 19, { $0.erf() }),
    ]
    let functions = unary.map { name, ulp, apply in
      Operation(name: name, caseCount: 2 + interesting.count) { g in
        // Circular functions of huge arguments mean nothing.
        let isBounded = name == "sin" || name == "cos"
        let values: CaseGenerator.Values =
          g.index % (interesting.count + 1) == interesting.count
          ? (isBounded ? .wide : .special) : .interval(interesting[g.index % (interesting.count + 1)])
        return functionCase(name, 1, ulp: ulp, &g, values, isBounded: isBounded) { apply($0[0]) }
      }
    }
    let power = Operation(name: "power", caseCount: 12) { g in
      let kinds: [CaseGenerator.Values] = [
        .special, .wide, .ordinary, .range(-9...9), .interval(0...40), .interval(0.9...1.1),
      ]
      return functionCase("power", 2, ulp: 18, &g, kinds[g.index % kinds.count], isBounded: false) {
        .power($0[0], $0[1])
      }
    }
    return functions + [power]
  }

  private static func functionCase(
    _ name: String, _ arity: Int, ulp: Double, _ g: inout CaseGenerator, _ values: CaseGenerator.Values,
    isBounded: Bool,
    _ apply: ([Lane]) -> Lane
  ) -> Case {
    let shape: Shape = [min(1201, g.largestExtent), g.isLarge ? 250 : 3]
    let program = ElementwiseProgram(inputs: Array(repeating: .float32, count: arity)) { x, _ in [apply(x)] }
    let operands = (0..<arity).map { _ in g.input(shape, .float32, values) } + [g.output(shape)]
    return Case(
      setting: name, operands: operands, outputs: [arity],
      tolerance: Tolerance(ulp: ulp, absolute: isBounded ? 4e-7 : 0)
    ) { backend, views in
      backend.map(program, inputs: Array(views.dropLast()), parameters: [], outputs: [views[arity]])
    }
  }

  // MARK: Leaves

  private static let coordinates = Operation(name: "coordinates", caseCount: 12) { g in
    let shape = g.shape(elements: 4000, minimumRank: 1)
    let axes = (0..<2).map { _ in g.int(0...shape.rank - 1) }
    let program = ElementwiseProgram(inputs: [.int32], parameters: [.int32]) { x, p in
      [.coordinate(axis: axes[0]) * p[0] + .coordinate(axis: axes[1]) - x[0]]
    }
    return Case(
      setting: "coordinates along \(axes)", operands: [g.input(shape, .int32), g.output(shape, .int32)], outputs: [1]
    ) { backend, views in
      backend.map(program, inputs: [views[0]], parameters: [.int32(1000)], outputs: [views[1]])
    }
  }

  private static let randomBits = Operation(name: "random numbers", caseCount: 16) { g in
    let shape = g.shape(elements: 5000)
    let salt = g.pick([0, 1, 77, 0xff_ffff])
    let key = RandomKey(seed: UInt64(g.word()) << 32 | UInt64(g.word()), stream: g.word(), draw: g.word())
    let program = ElementwiseProgram(inputs: [], parameters: [.float32, .int32, .int32, .int32, .int32]) { _, _ in
      let bits = Lane.randomBits(firstParameter: 1, salt: salt)
      return [bits, bits.uniform()]
    }
    return Case(
      setting: "\(key), salt \(salt)", operands: [g.output(shape, .int32), g.output(shape)], outputs: [0, 1]
    ) { backend, views in
      backend.map(program, inputs: [], parameters: [.float32(1)] + key.parameters, outputs: views)
    }
  }
}

extension CaseGenerator {
  /// A memory type that gives lanes of a type.
  mutating func dtype(for type: LaneType) -> DType { type == .int32 && chance(0.2) ? .uint8 : type.dtype }
}

extension LaneType {
  /// The memory type as wide as the lane.
  var dtype: DType {
    switch self {
    case .float32: .float32
    case .int32: .int32
    case .bool: .bool
    }
  }
}
