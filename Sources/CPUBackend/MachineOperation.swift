import CMartletKernels
import MartletBackend

/// An operation of the kernels, and the instructions of a program whose values it works on.
struct MachineOperation {
  let code: martlet_operation
  /// Positions in the program.
  private(set) var operands: [Int]

  private init(_ code: martlet_operation, _ operands: [Int]) {
    self.code = code
    self.operands = operands
  }

  /// What carries out one instruction; nil for one that is not computed from others.
  init?(_ instruction: Instruction, operandType: LaneType) {
    operands = [instruction.a, instruction.b, instruction.c].prefix(instruction.opcode.operandCount).map { Int($0) }
    switch instruction.opcode {
    case .input, .parameter, .constant, .coordinate, .randomBits: return nil
    case .equal, .notEqual, .less, .lessOrEqual:
      code = Self.comparison(instruction.opcode, of: operandType)
      // The masks of truth values, 0 and -1, are ordered the other way round.
      if operandType == .bool { operands.swapAt(0, 1) }
    case .cast: code = Self.conversion(from: operandType, to: instruction.type)
    case .select: code = martlet_select_word
    default: code = instruction.type == .float32 ? Self.floating(instruction.opcode) : Self.integral(instruction.opcode)
    }
  }

  /// The operation that does this one and, before it, the one that computes its operand number `index`; nil if there is
  /// none. Sums and products may change the order of their two operands, which does not change a bit.
  ///
  /// - Parameter zeros: Where the program has the constant 0.
  func joined(with earlier: MachineOperation, at index: Int, zeros: Set<Int>) -> MachineOperation? {
    if code == martlet_select_word {
      guard index == 0, earlier.code == martlet_less_f32, zeros.contains(operands[2]) else { return nil }
      return MachineOperation(martlet_where_less_f32, earlier.operands + [operands[1]])
    }
    guard operands.count == 2 else { return nil }
    let pair: martlet_operation? =
      switch (earlier.code, code, index) {
      case (martlet_multiply_f32, martlet_add_f32, _): martlet_product_plus_f32
      case (martlet_multiply_f32, martlet_subtract_f32, 0): martlet_product_minus_f32
      case (martlet_multiply_f32, martlet_subtract_f32, _): martlet_minus_product_f32
      case (martlet_multiply_f32, martlet_multiply_f32, _): martlet_product_times_f32
      case (martlet_multiply_f32, martlet_divide_f32, 0): martlet_product_over_f32
      case (martlet_add_f32, martlet_add_f32, _): martlet_sum_plus_f32
      case (martlet_add_f32, martlet_multiply_f32, _): martlet_sum_times_f32
      case (martlet_subtract_f32, martlet_multiply_f32, _): martlet_difference_times_f32
      case (martlet_add_f32, martlet_maximum_f32, 0): martlet_maximum_of_sum_f32
      case (martlet_square_root_f32, martlet_add_f32, _): martlet_root_plus_f32
      default: nil
      }
    return pair.map { MachineOperation($0, earlier.operands + [operands[1 - index]]) }
  }

  private static func floating(_ opcode: Opcode) -> martlet_operation {
    switch opcode {
    case .negate: martlet_negate_f32
    case .absolute: martlet_absolute_f32
    case .sign: martlet_sign_f32
    case .floor: martlet_floor_f32
    case .ceiling: martlet_ceiling_f32
    case .round: martlet_round_f32
    case .squareRoot: martlet_square_root_f32
    case .exp: martlet_exp_f32
    case .expm1: martlet_expm1_f32
    case .log: martlet_log_f32
    case .log1p: martlet_log1p_f32
    case .sin: martlet_sin_f32
    case .cos: martlet_cos_f32
    case .tanh: martlet_tanh_f32
    case .erf: martlet_erf_f32
    case .add: martlet_add_f32
    case .subtract: martlet_subtract_f32
    case .multiply: martlet_multiply_f32
    case .divide: martlet_divide_f32
    case .minimum: martlet_minimum_f32
    case .maximum: martlet_maximum_f32
    case .power: martlet_power_f32
    case .fusedMultiplyAdd: martlet_fused_multiply_add_f32
    default: preconditionFailure("\(opcode) has no float32 form")
    }
  }

  /// Integers and, since they are masks, truth values.
  private static func integral(_ opcode: Opcode) -> martlet_operation {
    switch opcode {
    case .negate: martlet_negate_i32
    case .absolute: martlet_absolute_i32
    case .sign: martlet_sign_i32
    case .not: martlet_not_i32
    case .add: martlet_add_i32
    case .subtract: martlet_subtract_i32
    case .multiply: martlet_multiply_i32
    case .divide: martlet_divide_i32
    case .remainder: martlet_remainder_i32
    case .minimum: martlet_minimum_i32
    case .maximum: martlet_maximum_i32
    case .and: martlet_and_i32
    case .or: martlet_or_i32
    case .xor: martlet_xor_i32
    case .shiftLeft: martlet_shift_left_i32
    case .shiftRight: martlet_shift_right_i32
    default: preconditionFailure("\(opcode) has no int32 form")
    }
  }

  private static func comparison(_ opcode: Opcode, of type: LaneType) -> martlet_operation {
    switch (opcode, type == .float32) {
    case (.equal, true): martlet_equal_f32
    case (.equal, false): martlet_equal_i32
    case (.notEqual, true): martlet_not_equal_f32
    case (.notEqual, false): martlet_not_equal_i32
    case (.less, true): martlet_less_f32
    case (.less, false): martlet_less_i32
    case (_, true): martlet_less_or_equal_f32
    case (_, false): martlet_less_or_equal_i32
    }
  }

  private static func conversion(from source: LaneType, to target: LaneType) -> martlet_operation {
    switch (source, target) {
    case (.float32, .int32): martlet_f32_to_i32
    case (.float32, .bool): martlet_f32_to_bool
    case (.int32, .float32): martlet_i32_to_f32
    case (.int32, .bool): martlet_i32_to_bool
    case (.bool, .float32): martlet_bool_to_f32
    case (.bool, .int32): martlet_bool_to_i32
    case (.float32, .float32), (.int32, .int32), (.bool, .bool): martlet_copy
    }
  }

  /// How long it takes, in units of an addition.
  var cost: Int {
    switch code {
    case martlet_exp_f32, martlet_expm1_f32, martlet_log_f32, martlet_log1p_f32, martlet_sin_f32, martlet_cos_f32: 6
    case martlet_tanh_f32, martlet_erf_f32: 10
    case martlet_power_f32, martlet_divide_i32, martlet_remainder_i32: 20
    case martlet_divide_f32, martlet_square_root_f32, martlet_product_over_f32, martlet_root_plus_f32: 3
    default: 1
    }
  }
}
