#if OpenCL
  import CMartletOpenCLKernels
  import MartletBackend

  /// What a program reads from outside, in a fixed order: the operands a kernel has to supply.
  struct ProgramReads {
    /// The inputs it reads, ascending; an input may be declared and never read.
    var inputs: [Int] = []
    /// The axes whose coordinates it reads, ascending.
    var axes: [Int] = []
    /// Whether it needs the row-major index of the element, for random numbers.
    var element = false

    init(_ program: ElementwiseProgram) {
      var inputs = Set<Int>()
      for instruction in program.instructions {
        switch instruction.opcode {
        case .input: inputs.insert(Int(instruction.immediate))
        case .randomBits: element = true
        default: break
        }
      }
      self.inputs = inputs.sorted()
      axes = program.coordinateAxes.sorted()
    }
  }

  /// Prints a program as OpenCL C: one constant per instruction, in order, so that a line of a build log names its instruction.
  ///
  /// The text works on vectors of any width; `prelude.cl` has the names it uses. An input is a variable `in3`, a coordinate
  /// `axis2`, the element's index `element`, each behind the printer's prefix.
  struct ProgramPrinter {
    private let program: ElementwiseProgram
    private let prefix: String
    private let firstParameter: Int

    /// - Parameters:
    ///   - prefix: Stands before every name, so that a prologue and an epilogue can share a kernel.
    ///   - firstParameter: Where its run-time arguments begin in `arguments.parameters`.
    init(_ program: ElementwiseProgram, prefix: String = "", firstParameter: Int = 0) {
      self.program = program
      self.prefix = prefix
      self.firstParameter = firstParameter
    }

    static let elementary: Set<Opcode> = [.exp, .expm1, .log, .log1p, .sin, .cos, .tanh, .erf, .power]

    /// One statement per instruction.
    var statements: [String] {
      program.instructions.enumerated().map { position, instruction in
        "const \(Self.type(instruction.type)) \(register(position)) = \(expression(instruction));"
      }
    }

    /// The variable that holds an output.
    func output(_ index: Int) -> String { register(program.outputs[index]) }

    static func type(_ lane: LaneType) -> String {
      switch lane {
      case .float32: "REAL"
      case .int32: "INTEGER"
      case .bool: "MASK"
      }
    }

    private func register(_ position: Int) -> String { "\(prefix)r\(position)" }

    /// A number by its bits, so that no decimal digits can be misread.
    static func literal(_ bits: UInt32, _ type: LaneType) -> String {
      let hexadecimal = "0x" + String(bits, radix: 16) + "u"
      return switch type {
      case .float32: "SPLAT(as_float(\(hexadecimal)))"
      case .int32: "SPLAT_INTEGER(as_int(\(hexadecimal)))"
      case .bool: bits != 0 ? "TRUE" : "FALSE"
      }
    }

    private func parameter(_ number: Int) -> String { "arguments.parameters[\(firstParameter + number)]" }

    private func expression(_ i: Instruction) -> String {
      let (a, b, c) = (register(Int(i.a)), register(Int(i.b)), register(Int(i.c)))
      switch i.opcode {
      case .input: return "\(prefix)in\(i.immediate)"
      case .coordinate: return "\(prefix)axis\(i.immediate)"
      case .constant: return Self.literal(i.immediate, i.type)
      case .parameter:
        let word = parameter(Int(i.immediate))
        return switch i.type {
        case .float32: "SPLAT(as_float(\(word)))"
        case .int32: "SPLAT_INTEGER(as_int(\(word)))"
        case .bool: "SPLAT_INTEGER((int)(\(word) != 0)) != SPLAT_INTEGER(0)"
        }
      case .randomBits:
        let p = Int(i.immediate & 0xff)
        let words = [p, p + 1, p + 2, p + 3].map(parameter).joined(separator: ", ")
        return "philox_word(\(prefix)element, \(i.immediate >> 8)u, \(words))"
      case .select: return "SELECT(\(a), \(b), \(c))"
      case .cast: return cast(a, from: program.instructions[Int(i.a)].type, to: i.type)
      case .equal, .notEqual, .less, .lessOrEqual:
        return comparison(i.opcode, a, b, program.instructions[Int(i.a)].type)
      default: break
      }
      return switch i.type {
      case .float32: floating(i.opcode, a, b, c)
      case .int32: integer(i.opcode, a, b)
      case .bool: logical(i.opcode, a, b)
      }
    }

    private func floating(_ opcode: Opcode, _ a: String, _ b: String, _ c: String) -> String {
      switch opcode {
      case .negate: "-\(a)"
      case .absolute: "fabs(\(a))"
      case .sign: "sign_reals(\(a))"
      case .floor: "floor(\(a))"
      case .ceiling: "ceil(\(a))"
      case .round: "rint(\(a))"
      case .squareRoot: "sqrt(\(a))"
      case .exp, .expm1, .log, .log1p, .sin, .cos, .tanh, .erf: "elementary_\(opcode)(\(a))"
      case .power: "elementary_power(\(a), \(b))"
      case .add: "\(a) + \(b)"
      case .subtract: "\(a) - \(b)"
      case .multiply: "\(a) * \(b)"
      case .divide: "\(a) / \(b)"
      case .minimum: "minimum_reals(\(a), \(b))"
      case .maximum: "maximum_reals(\(a), \(b))"
      case .fusedMultiplyAdd: "fma(\(a), \(b), \(c))"
      default: preconditionFailure("\(opcode) has no float32 form")
      }
    }

    private func integer(_ opcode: Opcode, _ a: String, _ b: String) -> String {
      switch opcode {
      case .negate: "subtract_integers(SPLAT_INTEGER(0), \(a))"
      case .absolute: "SELECT(\(a) < 0, subtract_integers(SPLAT_INTEGER(0), \(a)), \(a))"
      case .sign: "sign_integers(\(a))"
      case .not: "~\(a)"
      case .add: "add_integers(\(a), \(b))"
      case .subtract: "subtract_integers(\(a), \(b))"
      case .multiply: "multiply_integers(\(a), \(b))"
      case .divide: "divide_integers(\(a), \(b))"
      case .remainder: "remainder_integers(\(a), \(b))"
      case .minimum: "minimum_integers(\(a), \(b))"
      case .maximum: "maximum_integers(\(a), \(b))"
      case .and: "\(a) & \(b)"
      case .or: "\(a) | \(b)"
      case .xor: "\(a) ^ \(b)"
      case .shiftLeft: "AS_INTEGER(AS_UNSIGNED(\(a)) << AS_UNSIGNED(\(b) & 31))"
      case .shiftRight: "AS_INTEGER(AS_UNSIGNED(\(a)) >> AS_UNSIGNED(\(b) & 31))"
      default: preconditionFailure("\(opcode) has no int32 form")
      }
    }

    private func logical(_ opcode: Opcode, _ a: String, _ b: String) -> String {
      switch opcode {
      case .not: "!\(a)"
      case .and: "\(a) & \(b)"
      case .or: "\(a) | \(b)"
      case .xor: "\(a) ^ \(b)"
      default: preconditionFailure("\(opcode) has no bool form")
      }
    }

    private func comparison(_ opcode: Opcode, _ a: String, _ b: String, _ type: LaneType) -> String {
      switch (opcode, type) {
      case (.equal, _): "\(a) == \(b)"
      case (.notEqual, _): "\(a) != \(b)"
      // A truth value is 1 in a scalar and -1 in a vector: order them by logic instead.
      case (.less, .bool): "(!\(a)) & \(b)"
      case (_, .bool): "(!\(a)) | \(b)"
      case (.less, _): "\(a) < \(b)"
      default: "\(a) <= \(b)"
      }
    }

    private func cast(_ a: String, from source: LaneType, to target: LaneType) -> String {
      switch (source, target) {
      case (.float32, .int32): "saturate_to_integer(\(a))"
      case (.float32, .bool): "\(a) != 0.0f"
      case (.int32, .float32): "TO_REAL(\(a))"
      case (.int32, .bool): "\(a) != 0"
      case (.bool, .float32): "SELECT(\(a), SPLAT(1.0f), SPLAT(0.0f))"
      case (.bool, .int32): "\(a) & 1"
      default: a
      }
    }
  }
#endif
