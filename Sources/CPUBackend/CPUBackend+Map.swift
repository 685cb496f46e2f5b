import CMartletKernels
import MartletBackend

// `Backend` documents these.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CPUBackend {
  public func map(_ program: ElementwiseProgram, inputs: [View], parameters: [Scalar], outputs: [View]) {
    countLaunch()
    if program == WholeProgram.adam,
      WholeProgram.run(program, [MapOperands(inputs: inputs, outputs: outputs)], parameters: parameters, on: self)
    {
      return
    }
    run(program, inputs: inputs, parameters: parameters, outputs: outputs)
  }

  public func mapEach(_ program: ElementwiseProgram, _ sets: [MapOperands], parameters: [Scalar]) {
    countLaunch()
    if WholeProgram.run(program, sets, parameters: parameters, on: self) { return }
    for set in sets { run(program, inputs: set.inputs, parameters: parameters, outputs: set.outputs) }
  }

  private func run(_ program: ElementwiseProgram, inputs: [View], parameters: [Scalar], outputs: [View]) {
    guard let shape = outputs.first?.shape, shape.elementCount > 0, let sources = memoryViews(reading: inputs),
      let targets = memoryViews(writing: outputs)
    else { return }
    if program.isCopy, let copy = TransposingCopy(from: sources[0], to: targets[0]) {
      copy.run(on: threads, vector)
      return
    }
    PreparedMap(program, shape: shape, inputs: sources, parameters: parameters, outputs: targets, on: self)
      .run(on: threads)
  }
}

extension CPUBackend {
  /// A program ready to run over finished parts of a result: the epilogue's first input, and its output, is the result.
  ///
  /// Its elements are numbered in row-major order of the result's shape. Nil where a storage could not be allocated.
  func prepare(_ epilogue: Epilogue, over result: View) -> PreparedMap? {
    guard let sources = memoryViews(reading: [result] + epilogue.inputs), let target = sources.first else { return nil }
    return PreparedMap(
      epilogue.program, shape: result.shape, inputs: sources, parameters: epilogue.parameters, outputs: [target],
      on: self)
  }

  /// The memory behind views that are only read; nil if one of the storages could not be allocated.
  func memoryViews(reading views: [View]) -> [MemoryView]? { memoryViews(views, bytes(reading:)) }

  /// The memory behind views that will be written; nil if one of the storages could not be allocated.
  func memoryViews(writing views: [View]) -> [MemoryView]? { memoryViews(views, bytes(writing:)) }

  private func memoryViews(_ views: [View], _ bytes: (Storage) -> UnsafeMutableRawPointer?) -> [MemoryView]? {
    var result: [MemoryView] = []
    result.reserveCapacity(views.count)
    for view in views {
      guard let base = bytes(view.storage) else { return nil }
      result.append(MemoryView(base: base, layout: view.layout, dtype: view.dtype))
    }
    return result
  }

  /// The compiled program, from the cache if it was compiled before.
  func plan(for key: ProgramPlan.Key) -> ProgramPlan {
    if let attached = key.program.attachments.value(of: ProgramPlan.owner, key.words(vector)) as? ProgramPlan {
      return attached
    }
    let plan = equalPlan(for: key)
    key.program.attachments.attach(plan, of: ProgramPlan.owner, key.words(vector))
    return plan
  }

  /// The compiled program for one that is equal, if not the same.
  private func equalPlan(for key: ProgramPlan.Key) -> ProgramPlan {
    if let known = plans.withLock({ $0[key] }) { return known }
    let plan = ProgramPlan(key, kernels: vector)
    plans.withLock { plans in
      // Programs are made by the code of a network, not by its data, so there are few; whoever makes them endlessly pays
      // with compiling, not with memory.
      if plans.count >= 4096 { plans.removeAll() }
      plans[key] = plan
    }
    return plan
  }
}

extension ElementwiseProgram {
  /// Whether its only output is its only input.
  fileprivate var isCopy: Bool { instructions.count == 1 && inputs.count == 1 && instructions[0].opcode == .input }
}
