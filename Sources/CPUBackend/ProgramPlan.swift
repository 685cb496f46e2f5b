import CMartletKernels
import MartletBackend

/// An element-wise program compiled to steps over registers: which routine works on which slots, in which order.
///
/// Slots are numbered like the program's instructions; a slot is a register, a single word, or a place in an operand's
/// memory. Four more slots are for outputs that only copy another slot.
///
/// A class because runs share it. `@unchecked Sendable`: nothing changes after `init`.
final class ProgramPlan: @unchecked Sendable {
  /// What a plan depends on besides the program: how its operands can be reached.
  struct Key: Hashable {
    var program: ElementwiseProgram
    /// Bit i: the operand that instruction i reads is a single word; or must go through a register.
    var scalars: UInt64 = 0
    var fetched: UInt64 = 0
    /// Bit o: output o is stored from a register rather than computed in place.
    var staged: UInt8 = 0
    /// For each output, the instructions that read the same memory.
    var aliases = SIMD8<UInt64>()
    /// Whether results stay in registers, for a reduction to combine.
    var keepsResults = false

    /// Everything but the program, and for which kernels, in numbers.
    func words(_ kernels: UnsafePointer<martlet_vector_kernels>) -> ProgramAttachments.Key {
      let others: SIMD8<UInt64> = [
        scalars, fetched, UInt64(staged), keepsResults ? 1 : 0, UInt64(UInt(bitPattern: kernels)), 0, 0, 0,
      ]
      return SIMD16(lowHalf: others, highHalf: aliases)
    }
  }

  /// Whose the plans attached to programs are.
  static let owner = ObjectIdentifier(ProgramPlan.self)

  /// The instructions that read operands, in order; a run's operands are these, then the outputs.
  let readers: [Int]
  /// For each output, the slot an operand in memory has to appear in, or a staged output is stored from.
  let outputSlots: [Int]
  /// Run-time arguments that have to be in slots.
  let arguments: [(slot: Int, parameter: Int)]
  /// Constants and room for the arguments behind them.
  let words: [martlet_word]
  let registerCount: Int
  /// How long an element takes, in simple steps.
  let cost: Int
  let uniformSteps: UnsafeMutableBufferPointer<martlet_program_step>
  let steps: UnsafeMutableBufferPointer<martlet_program_step>
  let registers: UnsafeMutableBufferPointer<UInt8>

  init(_ key: Key, kernels: UnsafePointer<martlet_vector_kernels>) {
    var compiler = PlanCompiler(key, kernels: kernels)
    compiler.compile()
    readers = compiler.readers
    outputSlots = compiler.outputSlots
    arguments = compiler.arguments
    words = compiler.constants + compiler.arguments.map { martlet_word(bits: 0, slot: UInt8($0.slot)) }
    registerCount = compiler.registerCount
    cost = compiler.cost
    uniformSteps = Self.copied(compiler.uniformSteps)
    steps = Self.copied(compiler.steps)
    registers = Self.copied(compiler.registers)
  }

  deinit {
    uniformSteps.deallocate()
    steps.deallocate()
    registers.deallocate()
  }

  private static func copied<Element>(_ elements: [Element]) -> UnsafeMutableBufferPointer<Element> {
    let copy = UnsafeMutableBufferPointer<Element>.allocate(capacity: elements.count)
    _ = copy.initialize(from: elements)
    return copy
  }
}

/// Turns a program into steps.
private struct PlanCompiler {
  private let key: ProgramPlan.Key
  private let kernels: UnsafePointer<martlet_vector_kernels>
  private let instructions: [Instruction]

  var readers: [Int] = []
  var outputSlots: [Int] = []
  var arguments: [(slot: Int, parameter: Int)] = []
  var constants: [martlet_word] = []
  var registers: [UInt8] = []
  var registerCount = 0
  var cost = 0
  var uniformSteps: [martlet_program_step] = []
  var steps: [martlet_program_step] = []

  /// What computes each instruction; nil for leaves, and for what is computed together with its only use.
  private var operations: [MachineOperation?] = []
  /// Whether an instruction has the same value for every element.
  private var isUniform: [Bool]
  /// The last instruction that uses a value; `Int.max` if it has to survive the steps.
  private var lastUse: [Int]
  private var freeRegisters: [UInt8] = []

  init(_ key: ProgramPlan.Key, kernels: UnsafePointer<martlet_vector_kernels>) {
    self.key = key
    self.kernels = kernels
    instructions = key.program.instructions
    isUniform = Array(repeating: false, count: instructions.count)
    lastUse = Array(instructions.indices)
    registers = Array(
      repeating: UInt8(martlet_no_register), count: instructions.count + ElementwiseProgram.maximumOutputs)
  }

  mutating func compile() {
    analyse()
    placeOutputs()
    for position in instructions.indices { emit(position) }
    storeOutputs()
  }

  // MARK: Analysis

  private mutating func analyse() {
    for (position, instruction) in instructions.enumerated() {
      let operation = MachineOperation(instruction, operandType: instructions[Int(instruction.a)].type)
      operations.append(operation)
      if let operation {
        isUniform[position] = operation.operands.allSatisfy { isUniform[$0] }
      } else if instruction.readsOperand {
        readers.append(position)
        isUniform[position] = key.scalars.hasBit(position)
      } else {
        isUniform[position] = true
      }
    }
    joinPairs()
    for (position, operation) in operations.enumerated() {
      for operand in operation?.operands ?? [] { lastUse[operand] = position }
    }
    for output in key.program.outputs { lastUse[output] = instructions.count }
  }

  /// Lets one step compute a value and the only value computed from it, where the kernels have such a step.
  private mutating func joinPairs() {
    var useCount = Array(repeating: 0, count: instructions.count)
    for operand in operations.compactMap({ $0?.operands }).joined() { useCount[operand] += 1 }
    for output in key.program.outputs { useCount[output] += 1 }
    let zeros = Set(
      instructions.indices.filter { instructions[$0].opcode == .constant && instructions[$0].immediate == 0 })
    for position in instructions.indices where !isUniform[position] {
      guard let operation = operations[position] else { continue }
      for (index, operand) in operation.operands.enumerated() where useCount[operand] == 1 && !isUniform[operand] {
        guard let earlier = operations[operand], let pair = operation.joined(with: earlier, at: index, zeros: zeros)
        else { continue }
        operations[position] = pair
        operations[operand] = nil
        break
      }
    }
  }

  /// Lets instructions compute into the memory of an output where that is safe.
  private mutating func placeOutputs() {
    var placed: Set<Int> = []
    for (output, position) in key.program.outputs.enumerated() {
      let isComputed = !isUniform[position] && !readsMemoryDirectly(position)
      if !key.keepsResults && !key.staged.hasBit(output) && isComputed && !placed.contains(position)
        && readersAreDone(before: position, with: key.aliases[output])
      {
        placed.insert(position)
        outputSlots.append(position)
      } else {
        outputSlots.append(instructions.count + output)
      }
    }
  }

  private func readsMemoryDirectly(_ position: Int) -> Bool {
    readers.contains(position) && !key.scalars.hasBit(position) && !key.fetched.hasBit(position)
  }

  /// Whether nobody needs the old contents of an output once instruction `position` overwrites a chunk of it.
  private func readersAreDone(before position: Int, with aliases: UInt64) -> Bool {
    readers.allSatisfy { reader in
      guard aliases.hasBit(reader), !key.scalars.hasBit(reader) else { return true }
      return key.fetched.hasBit(reader) ? reader < position : lastUse[reader] <= position
    }
  }

  // MARK: Steps

  private mutating func emit(_ position: Int) {
    let instruction = instructions[position]
    switch instruction.opcode {
    case .constant:
      let bits = instruction.type == .bool ? mask(instruction.immediate) : instruction.immediate
      constants.append(martlet_word(bits: bits, slot: UInt8(position)))
    case .parameter:
      arguments.append((position, Int(instruction.immediate)))
    case .input, .coordinate, .randomBits:
      guard key.fetched.hasBit(position), let operand = readers.firstIndex(of: position) else { return }
      place(position)
      steps.append(
        martlet_program_step(routine: nil, to: UInt8(position), a: UInt8(operand), b: 0, c: 0, is_store: false))
      cost += instruction.opcode == .randomBits ? 12 : 2
    default:
      if let operation = operations[position] { compute(operation, at: position) }
    }
  }

  private mutating func compute(_ operation: MachineOperation, at position: Int) {
    var operands = operation.operands.map { UInt8($0) }
    var scalars = 0
    for (index, operand) in operation.operands.enumerated() where isUniform[operand] { scalars |= 1 << index }
    // A register that an operand leaves can take the result: routines read an element before they write it.
    if !isUniform[position] {
      release(operation.operands, after: position)
      place(position)
      cost += operation.cost
    }
    while operands.count < 3 { operands.append(operands[0]) }
    let step = martlet_program_step(
      routine: kernels.routine(operation.code, scalars: isUniform[position] ? 0 : scalars), to: UInt8(position),
      a: operands[0], b: operands[1], c: operands[2], is_store: false)
    if isUniform[position] { uniformSteps.append(step) } else { steps.append(step) }
  }

  /// Gives a value a register, unless it is computed into an output.
  private mutating func place(_ position: Int) {
    guard !outputSlots.contains(position) else { return }
    registers[position] = takeRegister()
    if lastUse[position] == position { freeRegisters.append(registers[position]) }
  }

  private mutating func takeRegister() -> UInt8 {
    if let free = freeRegisters.popLast() { return free }
    defer { registerCount += 1 }
    return UInt8(registerCount)
  }

  private mutating func release(_ operands: [Int], after position: Int) {
    for operand in Set(operands) where lastUse[operand] == position {
      let register = registers[operand]
      if register != UInt8(martlet_no_register) { freeRegisters.append(register) }
    }
  }

  private mutating func storeOutputs() {
    for (output, position) in key.program.outputs.enumerated() where outputSlots[output] != position {
      let slot = outputSlots[output]
      if key.keepsResults && !isUniform[position] {
        outputSlots[output] = position
        continue
      }
      var source = position
      if key.keepsResults || key.staged.hasBit(output) && isUniform[position] {
        registers[slot] = takeRegister()
        source = slot
      }
      if source != position || !key.staged.hasBit(output) {
        steps.append(
          martlet_program_step(
            routine: isUniform[position]
              ? kernels.pointee.copy_scalar : kernels.routine(martlet_copy, scalars: 0),
            to: UInt8(slot), a: UInt8(position), b: UInt8(position), c: UInt8(position), is_store: false))
        cost += 1
      }
      if !key.keepsResults && key.staged.hasBit(output) {
        let operand = readers.count + output
        steps.append(
          martlet_program_step(routine: nil, to: 0, a: UInt8(operand), b: UInt8(source), c: 0, is_store: true))
        cost += 2
      }
    }
  }
}

extension BinaryInteger {
  /// Whether a bit is set.
  fileprivate func hasBit(_ position: Int) -> Bool { self >> Self(position) & 1 == 1 }
}

/// A truth value as programs on the CPU hold it.
func mask(_ truth: UInt32) -> UInt32 { truth != 0 ? .max : 0 }

extension UnsafePointer<martlet_vector_kernels> {
  /// The routine of an operation.
  ///
  /// - Parameter scalars: Which operands are single words: 1 for a, 2 for b, 4 for c; not all of them.
  fileprivate func routine(_ operation: martlet_operation, scalars: Int) -> martlet_routine? {
    martlet_vector_routine(self, operation, Int32(scalars))
  }
}
