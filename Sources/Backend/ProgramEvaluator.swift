/// Runs a program one element at a time: the definition of every instruction, and the reference backend's engine.
public struct ProgramEvaluator {
  private let program: ElementwiseProgram
  private let parameters: [UInt32]
  private var registers: [UInt32]
  /// The bits of each input's element; set before `evaluate`.
  public var inputs: [UInt32]

  /// - Precondition: the arguments fit the program's parameters in number and type.
  public init(_ program: ElementwiseProgram, parameters: [Scalar]) {
    precondition(
      parameters.map(\.type) == program.parameters,
      "ElementwiseProgram: wants parameters \(program.parameters), got \(parameters)")
    self.program = program
    self.parameters = parameters.map(\.bits)
    registers = Array(repeating: 0, count: program.instructions.count)
    inputs = Array(repeating: 0, count: program.inputs.count)
  }

  /// Evaluates one element from `inputs`.
  ///
  /// - Parameters:
  ///   - element: The row-major index in the iteration shape.
  ///   - coordinates: The position along each axis of the iteration shape.
  public mutating func evaluate(element: Int, coordinates: [Int]) {
    for position in program.instructions.indices {
      registers[position] = value(of: program.instructions[position], element: element, coordinates: coordinates)
    }
  }

  /// The bits of an output of the element evaluated last; a truth value is 0 or 1.
  public func output(_ index: Int) -> UInt32 { registers[program.outputs[index]] }

  private func value(of i: Instruction, element: Int, coordinates: [Int]) -> UInt32 {
    let (a, b, c) = (registers[Int(i.a)], registers[Int(i.b)], registers[Int(i.c)])
    switch i.opcode {
    case .input: return inputs[Int(i.immediate)]
    case .parameter: return parameters[Int(i.immediate)]
    case .constant: return i.immediate
    case .coordinate: return UInt32(truncatingIfNeeded: coordinates[Int(i.immediate)])
    case .randomBits:
      let p = Int(i.immediate & 0xff)
      let philox = Philox(seed: UInt64(parameters[p]) | UInt64(parameters[p + 1]) << 32)
      return philox.word(
        element: element, salt: i.immediate >> 8, draw: parameters[p + 3], stream: parameters[p + 2])
    case .select: return a != 0 ? b : c
    case .cast: return convert(a, from: program.instructions[Int(i.a)].type, to: i.type)
    case .equal, .notEqual, .less, .lessOrEqual:
      return compare(i.opcode, a, b, type: program.instructions[Int(i.a)].type) ? 1 : 0
    default: break
    }
    switch i.type {
    case .float32:
      return floating(i.opcode, Float(bitPattern: a), Float(bitPattern: b), Float(bitPattern: c)).bitPattern
    case .int32: return UInt32(bitPattern: integer(i.opcode, Int32(bitPattern: a), Int32(bitPattern: b)))
    case .bool: return logical(i.opcode, a, b)
    }
  }

  private func floating(_ opcode: Opcode, _ a: Float, _ b: Float, _ c: Float) -> Float {
    switch opcode {
    case .negate: -a
    case .absolute: a.magnitude
    case .sign: a > 0 ? 1 : a < 0 ? -1 : a
    case .floor: a.rounded(.down)
    case .ceiling: a.rounded(.up)
    case .round: a.rounded(.toNearestOrEven)
    case .squareRoot: a.squareRoot()
    case .exp: Elementary.exp(a)
    case .expm1: Elementary.expm1(a)
    case .log: Elementary.log(a)
    case .log1p: Elementary.log1p(a)
    case .sin: Elementary.sin(a)
    case .cos: Elementary.cos(a)
    case .tanh: Elementary.tanh(a)
    case .erf: Elementary.erf(a)
    case .add: a + b
    case .subtract: a - b
    case .multiply: a * b
    case .divide: a / b
    case .minimum: b < a || b.isNaN ? b : a
    case .maximum: b > a || b.isNaN ? b : a
    case .power: Elementary.power(a, b)
    case .fusedMultiplyAdd: c.addingProduct(a, b)
    default: preconditionFailure("\(opcode) has no float32 form")
    }
  }

  private func integer(_ opcode: Opcode, _ a: Int32, _ b: Int32) -> Int32 {
    switch opcode {
    case .negate: 0 &- a
    case .absolute: a < 0 ? 0 &- a : a
    case .sign: a.signum()
    case .not: ~a
    case .add: a &+ b
    case .subtract: a &- b
    case .multiply: a &* b
    case .divide: b == 0 ? 0 : a.dividedReportingOverflow(by: b).partialValue
    case .remainder: b == 0 ? 0 : a.remainderReportingOverflow(dividingBy: b).partialValue
    case .minimum: b < a ? b : a
    case .maximum: b > a ? b : a
    case .and: a & b
    case .or: a | b
    case .xor: a ^ b
    case .shiftLeft: a &<< b
    case .shiftRight: Int32(bitPattern: UInt32(bitPattern: a) &>> UInt32(bitPattern: b))
    default: preconditionFailure("\(opcode) has no int32 form")
    }
  }

  private func logical(_ opcode: Opcode, _ a: UInt32, _ b: UInt32) -> UInt32 {
    switch opcode {
    case .not: a ^ 1
    case .and: a & b
    case .or: a | b
    case .xor: a ^ b
    default: preconditionFailure("\(opcode) has no bool form")
    }
  }

  private func compare(_ opcode: Opcode, _ a: UInt32, _ b: UInt32, type: LaneType) -> Bool {
    func holds<Value: Comparable>(_ a: Value, _ b: Value) -> Bool {
      switch opcode {
      case .equal: a == b
      case .notEqual: a != b
      case .less: a < b
      default: a <= b
      }
    }
    return switch type {
    case .float32: holds(Float(bitPattern: a), Float(bitPattern: b))
    case .int32: holds(Int32(bitPattern: a), Int32(bitPattern: b))
    case .bool: holds(a, b)
    }
  }

  private func convert(_ bits: UInt32, from source: LaneType, to target: LaneType) -> UInt32 {
    switch (source, target) {
    case (.float32, .int32):
      let value = Float(bitPattern: bits)
      if value.isNaN { return 0 }
      if value >= 0x1p31 { return UInt32(bitPattern: .max) }
      if value < -0x1p31 { return UInt32(bitPattern: .min) }
      return UInt32(bitPattern: Int32(value))
    case (.float32, .bool): return Float(bitPattern: bits) != 0 ? 1 : 0
    case (.int32, .float32): return Float(Int32(bitPattern: bits)).bitPattern
    case (.int32, .bool): return bits != 0 ? 1 : 0
    case (.bool, .float32): return Float(bits).bitPattern
    default: return bits
    }
  }
}
