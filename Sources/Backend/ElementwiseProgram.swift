import Synchronization

/// A computation applied independently to every element of a set of broadcast inputs: at most 64 instructions, 16 inputs,
/// 8 outputs, and run-time arguments that are not part of its identity.
///
/// Activations, losses, normalisation, dropout, random numbers, copies between layouts and optimizer steps are programs,
/// together with their gradients. A backend implements the instructions once and thereby all of them. Programs are also
/// the prologue of `reduce` and the epilogue of `matmul` and `conv2d`.
///
///     let scaledShift = ElementwiseProgram(inputs: [.float32], parameters: [.float32]) { x, p in
///       [(x[0] * p[0] + 1).tanh()]
///     }
public struct ElementwiseProgram: Hashable, Sendable {
  /// The most instructions a program may have, its loads included.
  public static let maximumInstructions = 64
  /// The most inputs a program may have.
  public static let maximumInputs = 16
  /// The most outputs a program may have.
  public static let maximumOutputs = 8

  // Programs are made once and handed on with every operation: one reference.
  private let definition: Definition

  /// In order of evaluation; operands refer to earlier instructions by position.
  public var instructions: [Instruction] { definition.instructions }
  /// The lane type of each input. Inputs the program never reads have no instruction.
  public var inputs: [LaneType] { definition.inputs }
  /// The type of each run-time argument.
  public var parameters: [LaneType] { definition.parameters }
  /// For each output, the instruction whose value it is.
  public var outputs: [Int] { definition.outputs }
  /// The lane type of each output.
  public var outputTypes: [LaneType] { definition.outputTypes }
  /// A hash of everything above that is the same in every process, for caches in memory and on disk.
  public var fingerprint: UInt64 { definition.fingerprint }
  /// The axes whose coordinates the program reads; they must not be merged with their neighbours.
  public var coordinateAxes: Set<Int> { definition.coordinateAxes }
  /// Positions of the instructions that take something from outside: inputs, coordinates, random words.
  package var readers: [Int] { definition.readers }
  /// What backends have prepared for this program, so that they find it without comparing programs. It goes with the program.
  package var attachments: ProgramAttachments { definition.attachments }

  /// Traces a closure over symbolic lanes; it receives one lane per input and one per run-time argument.
  ///
  /// - Precondition: the limits above hold and all lane types fit.
  public init(inputs: [LaneType], parameters: [LaneType] = [], _ body: ([Lane], [Lane]) -> [Lane]) {
    let inputLanes = inputs.enumerated().map { Lane(.input, $1, [], UInt32($0)) }
    let parameterLanes = parameters.enumerated().map { Lane(.parameter, $1, [], UInt32($0)) }
    var assembler = ProgramAssembler()
    let outputs = body(inputLanes, parameterLanes).map { assembler.position(of: $0) }
    self.init(instructions: assembler.instructions, inputs: inputs, parameters: parameters, outputs: outputs)
  }

  private init(instructions: [Instruction], inputs: [LaneType], parameters: [LaneType], outputs: [Int]) {
    definition = Definition(instructions: instructions, inputs: inputs, parameters: parameters, outputs: outputs)
  }

  /// Feeds the fingerprint.
  public func hash(into hasher: inout Hasher) { hasher.combine(fingerprint) }

  /// Whether both have the same instructions, inputs, parameters and outputs.
  public static func == (a: Self, b: Self) -> Bool {
    a.definition === b.definition
      || a.fingerprint == b.fingerprint && a.instructions == b.instructions && a.outputs == b.outputs
        && a.inputs == b.inputs && a.parameters == b.parameters
  }
}

/// What a program consists of. A class, because copies of a program share it.
private final class Definition: Sendable {
  let instructions: [Instruction]
  let inputs: [LaneType]
  let parameters: [LaneType]
  let outputs: [Int]
  let outputTypes: [LaneType]
  let fingerprint: UInt64
  let coordinateAxes: Set<Int>
  let readers: [Int]
  let attachments = ProgramAttachments()

  init(instructions: [Instruction], inputs: [LaneType], parameters: [LaneType], outputs: [Int]) {
    typealias Limits = ElementwiseProgram
    precondition(
      instructions.count <= Limits.maximumInstructions && inputs.count <= Limits.maximumInputs
        && (1...Limits.maximumOutputs).contains(outputs.count),
      "ElementwiseProgram: at most 64 instructions, 16 inputs and 1 to 8 outputs; "
        + "got \(instructions.count), \(inputs.count) and \(outputs.count)")
    for i in instructions where i.opcode == .randomBits {
      let first = Int(i.immediate & 0xff)
      precondition(
        first + 4 <= parameters.count && parameters[first..<first + 4].allSatisfy { $0 == .int32 },
        "ElementwiseProgram: random bits want four int32 parameters from \(first) on; got \(parameters)")
    }
    self.instructions = instructions
    self.inputs = inputs
    self.parameters = parameters
    self.outputs = outputs
    outputTypes = outputs.map { instructions[$0].type }
    readers = instructions.indices.filter { instructions[$0].readsOperand }
    coordinateAxes = Set(instructions.filter { $0.opcode == .coordinate }.map { Int($0.immediate) })
    // FNV-1a, since Swift's own hashes differ from process to process.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func mix(_ value: UInt64) { hash = (hash ^ value) &* 0x0000_0100_0000_01b3 }
    for i in instructions {
      mix(UInt64(i.opcode.rawValue) << 32 | UInt64(i.type.rawValue))
      mix(UInt64(i.a) << 16 | UInt64(i.b) << 8 | UInt64(i.c))
      mix(UInt64(i.immediate))
    }
    for type in inputs { mix(0x100 + UInt64(type.rawValue)) }
    for type in parameters { mix(0x200 + UInt64(type.rawValue)) }
    for output in outputs { mix(0x300 + UInt64(output)) }
    fingerprint = hash
  }
}

/// Things of backends that belong to a program, found by their owner and a key. A class because programs share it.
package final class ProgramAttachments: Sendable {
  package typealias Key = SIMD16<UInt64>

  private struct Entry: Sendable {
    let owner: ObjectIdentifier
    let key: Key
    let value: any AnyObject & Sendable
  }

  private let entries = Mutex<[Entry]>([])
  /// A program is used in few ways; one that is used in more, by many backends of a test say, forgets the earlier.
  private static let limit = 32

  /// What the owner has attached under the key.
  package func value(of owner: ObjectIdentifier, _ key: Key) -> (any AnyObject & Sendable)? {
    entries.withLock { entries in
      for entry in entries where entry.owner == owner && entry.key == key { return entry.value }
      return nil
    }
  }

  /// Attaches a value. Its owner must not die before the value, lest another be taken for it.
  package func attach(_ value: any AnyObject & Sendable, of owner: ObjectIdentifier, _ key: Key) {
    entries.withLock { entries in
      if entries.count >= Self.limit { entries.removeAll() }
      entries.append(Entry(owner: owner, key: key, value: value))
    }
  }
}

/// One step of a program.
public struct Instruction: Hashable, Sendable {
  /// What the step does.
  public let opcode: Opcode
  /// The type of the result.
  public let type: LaneType
  /// Positions of the instructions that give the operands; 0 where the opcode has fewer.
  public let a, b, c: UInt8
  /// `input`, `parameter`: its number. `constant`: its bits. `coordinate`: the axis.
  /// `randomBits`: the first of four consecutive parameters in the low byte, the salt in the next.
  public let immediate: UInt32

  /// Whether it takes elements from outside; coordinates and random words count as operands that are not in memory.
  package var readsOperand: Bool { opcode == .input || opcode == .coordinate || opcode == .randomBits }
}

/// What an instruction does. Arithmetic on `float32` follows IEEE 754 with round-to-nearest-even, is never contracted or
/// reordered, and keeps NaN, infinities and subnormal numbers; `int32` wraps. `ProgramEvaluator` is the definition.
public enum Opcode: UInt8, Hashable, Sendable, CaseIterable {
  // Leaves.
  case input, parameter, constant
  /// The element's position along an axis of the iteration shape, int32.
  case coordinate
  /// A Philox word, int32: parameters p…p+3 hold seed low, seed high, stream and draw; the element is the row-major index
  /// in the iteration shape. See `Philox.word(element:salt:draw:stream:)`.
  case randomBits

  // One operand. `negate`, `absolute` and `sign` on float32 and int32; sign(±0) is ±0 and sign(NaN) is NaN.
  case negate, absolute, sign
  // float32 only. `round` goes to the nearest whole number, halves to the even one.
  case floor, ceiling, round, squareRoot
  case exp, expm1, log, log1p, sin, cos, tanh, erf
  // bool: logical; int32: bitwise.
  case not

  // Two operands of one type. int32 division truncates, and dividing by zero gives 0.
  case add, subtract, multiply, divide
  // int32 only: the remainder has the sign of the dividend; by zero it is 0.
  case remainder
  // maximum(a, b) is b where b > a or b is NaN, else a; minimum alike. So NaN wins and ties keep the first.
  case minimum, maximum
  // float32 only.
  case power
  // bool: logical; int32: bitwise.
  case and, or, xor
  // int32; the count's low five bits count; the right shift is logical.
  case shiftLeft, shiftRight
  // Give bool. On float32 comparisons with NaN are false, except notEqual.
  case equal, notEqual, less, lessOrEqual

  // Three operands: a·b + c with one rounding (float32); c where a is false, else b.
  case fusedMultiplyAdd, select

  // float32 → int32 truncates and saturates, NaN gives 0; int32 → float32 rounds to nearest; anything → bool is `≠ 0`;
  // bool → number gives 0 or 1.
  case cast

  /// How many of `a`, `b`, `c` are used.
  public var operandCount: Int {
    switch self {
    case .input, .parameter, .constant, .coordinate, .randomBits: 0
    case .negate, .absolute, .sign, .floor, .ceiling, .round, .squareRoot, .exp, .expm1, .log, .log1p, .sin, .cos,
      .tanh,
      .erf, .not, .cast:
      1
    case .add, .subtract, .multiply, .divide, .remainder, .minimum, .maximum, .power, .and, .or, .xor, .shiftLeft,
      .shiftRight, .equal, .notEqual, .less, .lessOrEqual:
      2
    case .fusedMultiplyAdd, .select: 3
    }
  }
}

/// Puts traced lanes into order, equal subexpressions once.
private struct ProgramAssembler {
  var instructions: [Instruction] = []
  private var positions: [Instruction: Int] = [:]
  private var visited: [ObjectIdentifier: Int] = [:]

  mutating func position(of lane: Lane) -> Int {
    if let known = visited[ObjectIdentifier(lane.node)] { return known }
    let node = lane.node
    let operands = node.operands.map { UInt8(self.position(of: $0)) } + [0, 0, 0]
    let instruction = Instruction(
      opcode: node.opcode, type: node.type, a: operands[0], b: operands[1], c: operands[2], immediate: node.immediate)
    let position: Int
    if let same = positions[instruction] {
      position = same
    } else {
      position = instructions.count
      precondition(
        position < ElementwiseProgram.maximumInstructions,
        "ElementwiseProgram: more than \(ElementwiseProgram.maximumInstructions) instructions")
      instructions.append(instruction)
      positions[instruction] = position
    }
    visited[ObjectIdentifier(node)] = position
    return position
  }
}
