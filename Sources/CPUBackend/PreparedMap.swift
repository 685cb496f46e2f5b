import CMartletKernels
import MartletBackend

/// Elements in memory: where the one with all indices 0 lies, how the others follow, and of what type they are.
struct MemoryView {
  var address: UnsafeMutableRawPointer
  var layout: Layout
  var dtype: DType

  /// - Parameter base: The storage's first byte; the layout's offset is added here.
  init(base: UnsafeMutableRawPointer, layout: Layout, dtype: DType) {
    address = base + layout.offset * dtype.byteCount
    self.layout = layout
    self.dtype = dtype
  }

  /// Words that lie in order.
  init(dense words: UnsafeMutableRawPointer, shape: Shape, dtype: DType) {
    self.init(base: words, layout: Layout(contiguous: shape), dtype: dtype)
  }

  fileprivate var source: martlet_source {
    switch dtype {
    case .float32, .int32: martlet_words
    case .bool: martlet_truths
    case .uint8: martlet_bytes
    }
  }
}

/// A program bound to its operands: any range of elements can then be evaluated, on any thread.
///
/// Elements are numbered in row-major order of the outputs' shape. The memory of the operands has to outlive this.
struct PreparedMap: ~Copyable {
  let plan: ProgramPlan
  let map: UnsafeMutablePointer<martlet_map>
  let elementCount: Int
  private let operands: UnsafeMutablePointer<martlet_operand>
  private let words: UnsafeMutablePointer<martlet_word>
  private let periods: UnsafeMutablePointer<UInt32>?

  /// - Parameters:
  ///   - shape: The iteration shape; every view has it.
  ///   - outputs: Empty where a reduction combines the results.
  ///   - combinesResults: Whether the results stay in registers; elements are then numbered in the order of `axes`.
  ///   - axes: The order of the axes; `nil` is the natural one.
  init(
    _ program: ElementwiseProgram, shape: Shape, inputs: [MemoryView], parameters: [Scalar], outputs: [MemoryView],
    combinesResults: Bool = false, axes: [Int]? = nil, on backend: CPUBackend
  ) {
    precondition(
      program.inputs.count == inputs.count && parameters.count == program.parameters.count,
      "cpu: the program wants \(program.inputs) and \(program.parameters), got \(inputs.count) inputs and \(parameters)"
    )
    var sources: [OperandSource] = []
    sources.reserveCapacity(inputs.count + outputs.count)
    var readers = 0
    for instruction in program.instructions {
      guard let source = OperandSource(instruction, shape: shape, inputs: inputs, parameters: parameters) else {
        continue
      }
      sources.append(source)
      readers += 1
    }
    for output in outputs { sources.append(OperandSource(output)) }
    if let axes {
      for index in sources.indices { sources[index].layout = sources[index].layout.transposed(axes) }
    }
    let arrangement = Arrangement(sources, shape: shape, allowsRows: !combinesResults)
    var operands = arrangement.operands
    let key = Self.key(
      program, &operands, readers: readers, keepsResults: combinesResults)
    let plan = backend.plan(for: key)
    self.plan = plan
    elementCount = shape.elementCount
    for (index, reader) in plan.readers.enumerated() { operands[index].slot = UInt8(reader) }
    for (index, slot) in plan.outputSlots.enumerated() where !combinesResults {
      operands[readers + index].slot = UInt8(slot)
    }
    periods = Self.unrollPeriods(&operands, elementCount: elementCount, kernels: backend.vector)

    self.operands = .allocate(capacity: max(operands.count, 1))
    self.operands.initialize(from: operands, count: operands.count)
    words = .allocate(capacity: max(plan.words.count, 1))
    words.initialize(from: plan.words, count: plan.words.count)
    let firstArgument = plan.words.count - plan.arguments.count
    for (index, argument) in plan.arguments.enumerated() {
      let scalar = parameters[argument.parameter]
      words[firstArgument + index].bits = scalar.type == .bool ? mask(scalar.bits) : scalar.bits
    }
    map = .allocate(capacity: 1)
    map.initialize(
      to: martlet_map(
        kernels: backend.vector, uniform_steps: UnsafePointer(plan.uniformSteps.baseAddress),
        steps: UnsafePointer(plan.steps.baseAddress), uniform_step_count: Int32(plan.uniformSteps.count),
        step_count: Int32(plan.steps.count), registers: UnsafePointer(plan.registers.baseAddress),
        slot_count: Int32(plan.registers.count), register_count: Int32(plan.registerCount),
        words: UnsafePointer(words), word_count: Int32(plan.words.count), operand_count: Int32(operands.count),
        operands: UnsafePointer(self.operands), row_length: arrangement.rowLength))
  }

  deinit {
    map.deallocate()
    operands.deallocate()
    words.deallocate()
    periods?.deallocate()
  }

  /// Evaluates a range of elements on the calling thread.
  func run(_ elements: Range<Int>) {
    martlet_map_run(map, elements.lowerBound, elements.upperBound)
  }

  /// Evaluates all elements, on several threads where there is enough to do.
  func run(on threads: ThreadPool) {
    // Some 20 µs: many against the cost of handing a task out, few against that of waiting for the last.
    let stepsPerTask = 256 * 1024
    let (count, chunk) = (elementCount, 1024)
    let cost = plan.cost + Int(map.pointee.operand_count)
    let chunksPerTask = max(1, stepsPerTask / (cost * chunk))
    let elementsPerTask = chunksPerTask * chunk
    if count <= elementsPerTask {
      martlet_map_run(map, 0, count)
      return
    }
    let map = map
    threads.run(taskCount: (count + elementsPerTask - 1) / elementsPerTask) { task in
      martlet_map_run(map, task * elementsPerTask, min(count, (task + 1) * elementsPerTask))
    }
  }

  private static func key(
    _ program: ElementwiseProgram, _ operands: inout [martlet_operand], readers: Int, keepsResults: Bool
  ) -> ProgramPlan.Key {
    var key = ProgramPlan.Key(program: program)
    key.keepsResults = keepsResults
    // The instructions that read operands have to be known here and in the plan by the same rule.
    var positions: [Int] = []
    positions.reserveCapacity(readers)
    for (position, instruction) in program.instructions.enumerated() where instruction.readsOperand {
      positions.append(position)
    }
    for output in 0..<(operands.count - readers) {
      let isComplete = operands[readers + output].access == UInt8(martlet_access_direct.rawValue)
      if !isComplete { key.staged |= 1 << UInt8(output) }
      for index in 0..<readers where operands[index].base == operands[readers + output].base {
        key.aliases[output] |= 1 << UInt64(positions[index])
        // An input that is passed on while an output overwrites it is saved in a register first.
        if program.outputs.contains(positions[index]), operands[index].access == UInt8(martlet_access_direct.rawValue) {
          operands[index].access = UInt8(martlet_access_fetched.rawValue)
        }
      }
    }
    for index in 0..<readers {
      switch UInt32(operands[index].access) {
      case martlet_access_scalar.rawValue: key.scalars |= 1 << UInt64(positions[index])
      case martlet_access_fetched.rawValue: key.fetched |= 1 << UInt64(positions[index])
      default: break
      }
    }
    return key
  }

  /// Writes out operands that repeat with a short period, a chunk longer than the period, so that from any element on a
  /// chunk lies in order.
  private static func unrollPeriods(
    _ operands: inout [martlet_operand], elementCount: Int, kernels: UnsafePointer<martlet_vector_kernels>
  ) -> UnsafeMutablePointer<UInt32>? {
    let periodic = UInt8(martlet_access_periodic.rawValue)
    func length(_ operand: martlet_operand) -> Int { min(elementCount, operand.shape.1 + 1024) }
    var total = 0
    for operand in operands where operand.access == periodic { total += length(operand) }
    guard total > 0 else { return nil }
    let words = UnsafeMutablePointer<UInt32>.allocate(capacity: total)
    var used = 0
    for index in operands.indices where operands[index].access == periodic {
      let count = length(operands[index])
      kernels.pointee.fetch(&operands[index], 0, count, words + used)
      operands[index].base = UnsafeMutableRawPointer(words + used).assumingMemoryBound(to: CChar.self)
      operands[index].shape.0 = operands[index].shape.1
      used += count
    }
    return words
  }
}
