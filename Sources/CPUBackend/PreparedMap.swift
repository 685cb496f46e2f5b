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

  var source: martlet_source {
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
  /// The map, its operands and its words in one block: small programs spend more on preparing than on computing.
  private let memory: UnsafeMutableRawPointer
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
    let readers = program.readers.count
    let operandCount = readers + outputs.count
    let wordsOffset = MemoryLayout<martlet_map>.stride + operandCount * MemoryLayout<martlet_operand>.stride
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: wordsOffset + program.instructions.count * MemoryLayout<martlet_word>.stride,
      alignment: MemoryLayout<martlet_map>.alignment)
    let map = memory.assumingMemoryBound(to: martlet_map.self)
    let operands = UnsafeMutableBufferPointer(
      start: (memory + MemoryLayout<martlet_map>.stride).assumingMemoryBound(to: martlet_operand.self),
      count: operandCount)
    let words = (memory + wordsOffset).assumingMemoryBound(to: martlet_word.self)

    let elementCount = shape.elementCount
    let isDense =
      axes == nil && Self.placeDense(operands, program, elementCount: elementCount, inputs: inputs, outputs: outputs)
    let rowLength =
      isDense
      ? 0
      : Self.placeArranged(
        operands, program, shape: shape, inputs: inputs, parameters: parameters, outputs: outputs,
        allowsRows: !combinesResults, axes: axes)
    let key = Self.key(program, operands, readers: readers, keepsResults: combinesResults)
    let plan = backend.plan(for: key)
    for (index, reader) in plan.readers.enumerated() { operands[index].slot = UInt8(reader) }
    for (index, slot) in plan.outputSlots.enumerated() where !combinesResults {
      operands[readers + index].slot = UInt8(slot)
    }
    let periods = Self.unrollPeriods(operands, elementCount: elementCount, kernels: backend.vector)

    let firstArgument = plan.words.count - plan.arguments.count
    plan.words.withUnsafeBufferPointer { source in
      if let base = source.baseAddress { words.initialize(from: base, count: source.count) }
    }
    for (index, argument) in plan.arguments.enumerated() {
      let scalar = parameters[argument.parameter]
      words[firstArgument + index].bits = scalar.type == .bool ? mask(scalar.bits) : scalar.bits
    }
    map.initialize(
      to: martlet_map(
        kernels: backend.vector, uniform_steps: UnsafePointer(plan.uniformSteps.baseAddress),
        steps: UnsafePointer(plan.steps.baseAddress), uniform_step_count: Int32(plan.uniformSteps.count),
        step_count: Int32(plan.steps.count), registers: UnsafePointer(plan.registers.baseAddress),
        slot_count: Int32(plan.registers.count), register_count: Int32(plan.registerCount),
        words: UnsafePointer(words), word_count: Int32(plan.words.count), operand_count: Int32(operandCount),
        operands: UnsafePointer(operands.baseAddress), row_length: rowLength))

    // Only now and all together: the compiler releases what is not there yet where branches follow the first assignment.
    self.memory = memory
    self.map = map
    self.elementCount = elementCount
    self.plan = plan
    self.periods = periods
  }

  deinit {
    memory.deallocate()
    periods?.deallocate()
  }

  /// Describes operands that all lie in order or are a single element, which is most of them, as `Arrangement` would.
  ///
  /// - Returns: false where there are others.
  private static func placeDense(
    _ operands: UnsafeMutableBufferPointer<martlet_operand>, _ program: ElementwiseProgram, elementCount: Int,
    inputs: [MemoryView], outputs: [MemoryView]
  ) -> Bool {
    guard let base = operands.baseAddress else { return false }
    let (instructions, readers) = (program.instructions, program.readers)
    for index in 0..<readers.count {
      let instruction = instructions[readers[index]]
      guard instruction.opcode == .input,
        let operand = denseOperand(inputs[Int(instruction.immediate)], elementCount: elementCount)
      else { return false }
      (base + index).initialize(to: operand)
    }
    for index in 0..<outputs.count {
      guard let operand = denseOperand(outputs[index], elementCount: elementCount) else { return false }
      (base + readers.count + index).initialize(to: operand)
    }
    return true
  }

  /// Describes operands of any kind.
  ///
  /// - Returns: the length of rows where they are walked one by one, else 0.
  @inline(never)
  private static func placeArranged(
    _ operands: UnsafeMutableBufferPointer<martlet_operand>, _ program: ElementwiseProgram, shape: Shape,
    inputs: [MemoryView], parameters: [Scalar], outputs: [MemoryView], allowsRows: Bool, axes: [Int]?
  ) -> Int {
    var sources: [OperandSource] = []
    sources.reserveCapacity(operands.count)
    for reader in program.readers {
      let instruction = program.instructions[reader]
      if let source = OperandSource(instruction, shape: shape, inputs: inputs, parameters: parameters) {
        sources.append(source)
      }
    }
    for output in outputs { sources.append(OperandSource(output)) }
    if let axes {
      for index in sources.indices { sources[index].layout = sources[index].layout.transposed(axes) }
    }
    let arrangement = Arrangement(sources, shape: shape, allowsRows: allowsRows)
    _ = operands.initialize(from: arrangement.operands)
    return arrangement.rowLength
  }

  private static func denseOperand(_ view: MemoryView, elementCount: Int) -> martlet_operand? {
    let isContiguous = view.layout.isContiguous
    guard isContiguous || view.layout.isUniform else { return nil }
    var operand = martlet_operand()
    operand.base = view.address.assumingMemoryBound(to: CChar.self)
    operand.source = UInt8(view.source.rawValue)
    operand.rank = 1
    operand.shape.0 = elementCount
    operand.strides.0 = isContiguous ? 1 : 0
    let access =
      !isContiguous
      ? martlet_access_scalar : view.source == martlet_words ? martlet_access_direct : martlet_access_fetched
    operand.access = UInt8(access.rawValue)
    return operand
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
    _ program: ElementwiseProgram, _ operands: UnsafeMutableBufferPointer<martlet_operand>, readers: Int,
    keepsResults: Bool
  ) -> ProgramPlan.Key {
    var key = ProgramPlan.Key(program: program)
    key.keepsResults = keepsResults
    let positions = program.readers
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
    _ operands: UnsafeMutableBufferPointer<martlet_operand>, elementCount: Int,
    kernels: UnsafePointer<martlet_vector_kernels>
  ) -> UnsafeMutablePointer<UInt32>? {
    guard let base = operands.baseAddress else { return nil }
    let periodic = UInt8(martlet_access_periodic.rawValue)
    var total = 0
    for index in 0..<operands.count where base[index].access == periodic {
      total += min(elementCount, base[index].shape.1 + 1024)
    }
    if total == 0 { return nil }
    let words = UnsafeMutablePointer<UInt32>.allocate(capacity: total)
    var used = 0
    for index in 0..<operands.count where base[index].access == periodic {
      let count = min(elementCount, base[index].shape.1 + 1024)
      kernels.pointee.fetch(base + index, 0, count, words + used)
      base[index].base = UnsafeMutableRawPointer(words + used).assumingMemoryBound(to: CChar.self)
      base[index].shape.0 = base[index].shape.1
      used += count
    }
    return words
  }
}
