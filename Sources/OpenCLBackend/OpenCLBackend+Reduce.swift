#if OpenCL
  import CMartletOpenCLKernels
  import MartletBackend

  // `Backend` documents these.
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  extension OpenCLBackend {
    public func reduce(
      _ program: ElementwiseProgram, combiners: [Combiner], axes: [Int], inputs: [View], parameters: [Scalar],
      epilogue: Epilogue?, outputs: [View]
    ) {
      let plan = ReductionPlan(
        program, combiners: combiners, axes: axes, inputs: inputs, parameters: parameters, epilogue: epilogue,
        outputs: outputs, profile: profile, groupSize: groupSize)
      if plan.outputCount == 0 { return }
      if plan.chunkCount == 1 {
        run(plan, .only, partials: nil)
        return
      }
      let byteCount = plan.combiner.components.count * plan.chunkCount * plan.outputCount * 4
      withWorkspaces([byteCount]) { blocks in
        run(plan, .first, partials: blocks[0])
        run(plan, .second, partials: blocks[0])
      }
    }

    private func run(_ plan: ReductionPlan, _ pass: ReductionPlan.Pass, partials: DeviceBlock?) {
      let kernel = kernels.kernel(plan.key(pass)) { plan.text(pass) }
      let operands = plan.operands(pass).compactMap(\.view).map(\.block)
      launch(kernel, groups: plan.groups(pass), operands + (partials.map { [$0] } ?? []), plan.arguments)
    }
  }

  /// Everything about one call of `reduce`: how its axes are walked, by which kernels, and what they are given.
  private struct ReductionPlan {
    /// A reduction of one chunk is done in one pass; else chunks are written by a first and combined by a second.
    enum Pass: UInt64 {
      case only, first, second
    }

    let program: ElementwiseProgram
    let combiner: CombinerPrinter
    let epilogue: Epilogue?
    let profile: OpenCLProfile
    let groupSize: Int
    let prologue: [Operand]
    /// Further operands of the epilogue, then the outputs.
    let late: [Operand]
    let lateReadCount: Int
    /// All operands along the axes that stay, and the prologue's along those that go.
    let kept: Walk
    let reduced: Walk
    let outputCount: Int
    let reducedCount: Int
    let index: IndexType
    /// Whether neighbouring outputs lie side by side, rather than the elements of one output.
    let isOuter: Bool
    private let parameters: [UInt32]

    var chunkCount: Int { max(1, (reducedCount + 1023) / 1024) }

    init(
      _ program: ElementwiseProgram, combiners: [Combiner], axes: [Int], inputs: [View], parameters: [Scalar],
      epilogue: Epilogue?, outputs: [View], profile: OpenCLProfile, groupSize: Int
    ) {
      let outputShape = outputs[0].shape
      // The iteration shape: where the program reads no input, nothing but the inputs' declared views can give it.
      let shape = inputs.first?.shape ?? outputShape
      self.program = program
      self.epilogue = epilogue
      self.profile = profile
      self.groupSize = groupSize
      combiner = CombinerPrinter(combiners: combiners, types: program.outputTypes)
      prologue = Operand.all(readBy: program, inputs: inputs, over: shape)
      var late: [Operand] = []
      if let epilogue {
        let supplied: [View?] = combiners.map { _ in nil }
        late = Operand.all(
          readBy: epilogue.program, inputs: supplied + epilogue.inputs, over: outputShape, prefix: "e")
      }
      lateReadCount = late.count
      late += outputs.enumerated().map { Operand("out\($0)", $1) }
      self.late = late

      let staying = shape.indices.filter { !axes.contains($0) }
      let operands = prologue + late
      let keptSpace = IterationSpace(operands.map { $0.layout.restricted(to: staying) })
      kept = Walk(keptSpace.shape, keptSpace.strides)
      // A layout of its own keeps the extents even where the program reads nothing.
      let going = Layout(contiguous: Shape(axes.map { shape[$0] }))
      let reducedSpace = IterationSpace(prologue.map { $0.layout.restricted(to: axes) } + [going])
      reduced = Walk(reducedSpace.shape, reducedSpace.strides)
      outputCount = outputShape.elementCount
      reducedCount = going.elementCount
      index = IndexType(operands.map(\.layout) + [Layout(contiguous: shape)])
      self.parameters = parameters.map(\.bits) + (epilogue?.parameters.map(\.bits) ?? [])

      isOuter = Self.hasNeighbouringOutputs(prologue, kept, reduced, reducedCount)
    }

    private static func hasNeighbouringOutputs(
      _ prologue: [Operand], _ kept: Walk, _ reduced: Walk, _ reducedCount: Int
    )
      -> Bool
    {
      let inMemory = prologue.indices.filter { prologue[$0].view != nil }
      let (keptInner, reducedInner) = (kept.rank - 1, reduced.rank - 1)
      let outputsAreNeighbours = inMemory.contains { kept.strides[$0][keptInner] == 1 }
      let elementsAreNeighbours = inMemory.contains { reduced.strides[$0][reducedInner] == 1 }
      return kept.shape[keptInner] > 1 && (outputsAreNeighbours || inMemory.isEmpty)
        && (!elementsAreNeighbours || reducedCount == 1)
    }

    func operands(_ pass: Pass) -> [Operand] {
      switch pass {
      case .only: prologue + late
      case .first: prologue
      case .second: late
      }
    }

    private func isOuter(_ pass: Pass) -> Bool { pass == .second || isOuter }

    private func width(_ pass: Pass) -> Int {
      if profile != .cpu { return 1 }
      return isOuter(pass) && kept.shape[kept.rank - 1] <= 8 ? 8 : 16
    }

    func groups(_ pass: Pass) -> Int {
      let inner = kept.shape[kept.rank - 1]
      let blocks = outputCount / inner * ((inner + width(pass) - 1) / width(pass))
      let items =
        pass == .second
        ? blocks : isOuter ? blocks * chunkCount : outputCount * chunkCount * (profile.usesLocalMemory ? 16 : 1)
      return (items + groupSize - 1) / groupSize
    }

    var arguments: ArgumentBlock {
      var block = ArgumentBlock(index)
      block.append(kept.shape)
      block.append((prologue + late).map(\.layout.offset))
      for strides in kept.strides { block.append(strides) }
      block.append(reduced.shape)
      for strides in reduced.strides { block.append(strides) }
      block.append([outputCount, reducedCount, chunkCount])
      block.append(words: parameters + [0])
      return block
    }

    /// How operands lie along the axis that the pass walks in vectors.
    private func steps(_ pass: Pass) -> [Step] {
      (prologue + late).indices.map { v in
        if isOuter(pass) { return Step(kept.strides[v][kept.rank - 1]) }
        if v < prologue.count { return Step(reduced.strides[v][reduced.rank - 1]) }
        return v < prologue.count + lateReadCount ? .none : .strided
      }
    }

    func key(_ pass: Pass) -> KernelKey {
      let family: KernelFamily = pass == .second ? .reduceChunks : isOuter ? .reduceOuter : .reduceInner
      let shape = [UInt64(kept.rank), UInt64(reduced.rank), UInt64(width(pass)), index == .int ? 0 : 1]
      let programs = [program.fingerprint, epilogue?.program.fingerprint ?? 0, pass.rawValue]
      let operandCodes = zip(prologue + late, steps(pass)).map { $0.typeCode << 8 | $1.rawValue }
      return KernelKey(family, programs + shape + combiner.combiners.map(\.code) + operandCodes)
    }

    // MARK: Text

    func text(_ pass: Pass) -> KernelText {
      let printer = ProgramPrinter(program)
      let all = prologue + late
      let texts = all.indices.map { operandText($0, pass) }
      let used =
        pass == .first
        ? Array(prologue.indices) : pass == .second ? Array(prologue.count..<all.count) : Array(all.indices)
      let steps = steps(pass)
      let isOuter = isOuter(pass)
      var parameters = used.compactMap { v in
        texts[v].parameter(isWritten: v >= prologue.count + lateReadCount)
      }
      if pass == .first { parameters.append("__global int *partials,") }
      if pass == .second { parameters.append("__global const int *partials,") }
      var offsets = Walk.offsets(
        of: all.indices.map { "offset\($0)" }, axes: 0..<(isOuter ? kept.rank - 1 : kept.rank),
        position: isOuter ? "row" : "output",
        strided: isOuter ? used.filter { steps[$0] == .strided } : [], walked: kept.rank - 1)
      if pass != .second {
        for v in prologue.indices where reduced.rank == 1 {
          offsets.append("const INDEX reduced_stride\(v) = arguments.reduced_strides[\(v)][0];")
        }
      }
      let element = isOuter ? "SPLAT_INTEGER((int)i)" : "SPLAT_INTEGER((int)j) + LANES"
      let loads =
        reducedPositions(isOuter: isOuter) + prologue.indices.flatMap { load(texts[$0], $0, isOuter: isOuter) }
      let template =
        pass == .second ? martlet_cl_reduce_chunks : isOuter ? martlet_cl_reduce_outer : martlet_cl_reduce_inner
      let source = KernelSource.fill(
        KernelSource.text(template),
        [
          "parameters": parameters, "offsets": offsets, "load": loads, "program": printer.statements,
          "arrival": combiner.arrival(printer, position: element),
          "shift": combiner.shift(isCooperative: profile.usesLocalMemory), "scratch": combiner.scratch,
          "first": combiner.loadPartial(into: "total"), "next": combiner.loadPartial(into: "arrival"),
          "finish": pass == .first ? combiner.storePartial : finish(texts),
        ])
      return KernelText(
        function: pass == .second ? "reduce_chunks" : isOuter ? "reduce_outer" : "reduce_inner",
        groupSize: groupSize,
        source: ProgramPrinter.support(program, epilogue?.program) + combiner.declarations + argumentsText + source,
        definitions: [
          ("WIDTH", "\(width(pass))"), ("INDEX", index.rawValue), ("GROUP", "\(groupSize)"),
          ("RANK", "\(kept.rank)"), ("COOPERATIVE", profile.usesLocalMemory ? "1" : "0"),
        ])
    }

    private var argumentsText: String {
      let count = prologue.count + late.count
      return """
        typedef struct {
            INDEX extents[RANK], offsets[\(count)], strides[\(count)][RANK];
            INDEX reduced_extents[\(reduced.rank)], reduced_strides[\(prologue.count + 1)][\(reduced.rank)];
            INDEX output_count, reduced_count, chunk_count;
            uint parameters[\(parameters.count + 1)];
        } Arguments;

        """
    }

    private func operandText(_ v: Int, _ pass: Pass) -> OperandText {
      let operand = (prologue + late)[v]
      let step = steps(pass)[v]
      let isOuter = isOuter(pass)
      let along = step == .none ? "" : step == .contiguous ? " + j" : " + j * stride\(v)"
      var position = "offset\(v)" + (isOuter ? along : "")
      var stride = step == .none ? "0" : step == .contiguous ? "1" : isOuter ? "stride\(v)" : "0"
      if v < prologue.count && pass != .second {
        if isOuter {
          position = "at\(v)" + along
        } else if reduced.rank == 1 {
          position = "offset\(v)" + (step == .none ? "" : step == .contiguous ? " + j" : " + j * reduced_stride\(v)")
          if step == .strided { stride = "reduced_stride\(v)" }
        }
      }
      return OperandText(
        name: operand.name, dtype: operand.dtype, step: step, pointer: "view\(v)", position: position, stride: stride,
        live: "live")
    }

    // Where element i of the range lies (outer), or the elements of a vector lie when they are not evenly spaced (inner).
    private func reducedPositions(isOuter: Bool) -> [String] {
      func decomposed(_ element: String, _ names: [String], indent: String) -> [String] {
        var lines = ["\(indent)INDEX reduced_rest = \(element);"]
        for axis in (0..<reduced.rank).reversed() {
          lines.append("\(indent)const INDEX reduced\(axis) = reduced_rest % arguments.reduced_extents[\(axis)];")
          lines.append("\(indent)reduced_rest /= arguments.reduced_extents[\(axis)];")
          for v in prologue.indices {
            lines.append("\(indent)\(names[v]) += reduced\(axis) * arguments.reduced_strides[\(v)][\(axis)];")
          }
        }
        return lines
      }
      if isOuter {
        if reduced.rank == 1 {
          return prologue.indices.map { "const INDEX at\($0) = offset\($0) + i * reduced_stride\($0);" }
        }
        return prologue.indices.map { "INDEX at\($0) = offset\($0);" }
          + decomposed("i", prologue.indices.map { "at\($0)" }, indent: "")
      }
      if reduced.rank == 1 { return [] }
      return prologue.indices.map { "INDEX at\($0)[WIDTH];" }
        + ["for (int element_lane = 0; element_lane < WIDTH; element_lane++) {"]
        + prologue.indices.map { "    at\($0)[element_lane] = offset\($0);" }
        + decomposed(
          "min(j + element_lane, last - 1)", prologue.indices.map { "at\($0)[element_lane]" }, indent: "    ")
        + ["}"]
    }

    private func load(_ text: OperandText, _ v: Int, isOuter: Bool) -> [String] {
      if isOuter || reduced.rank == 1 { return text.load }
      let type = text.dtype?.kernelType ?? "int"
      let value = "LOAD(lanes\(v))"
      let element = text.dtype == nil ? "(int)at\(v)[lane\(v)]" : "view\(v)[at\(v)[lane\(v)]]"
      let converted =
        switch text.dtype {
        case .bool: "TO_INTEGER(\(value)) != 0"
        case .uint8: "TO_INTEGER(\(value))"
        default: value
        }
      return [
        "\(type) lanes\(v)[WIDTH];",
        "for (int lane\(v) = 0; lane\(v) < WIDTH; lane\(v)++) lanes\(v)[lane\(v)] = \(element);",
        "const \(ProgramPrinter.type(text.dtype?.laneType ?? .int32)) \(text.name) = \(converted);",
      ]
    }

    // The epilogue, where there is one, and the outputs.
    private func finish(_ texts: [OperandText]) -> [String] {
      let outputs = texts[(prologue.count + lateReadCount)...]
      guard let epilogue else {
        return outputs.enumerated().flatMap { k, output in output.store(combiner.result(k).text) }
      }
      let printer = ProgramPrinter(epilogue.program, prefix: "e", firstParameter: program.parameters.count)
      let results = combiner.combiners.indices.map { k in
        let (text, type) = combiner.result(k)
        return "const \(ProgramPrinter.type(type)) ein\(k) = \(text);"
      }
      return results + texts[prologue.count..<(prologue.count + lateReadCount)].flatMap(\.load) + printer.statements
        + outputs.enumerated().flatMap { $1.store(printer.output($0)) }
    }
  }

  extension Layout {
    /// The same elements with only some of the axes; along the others the first element.
    func restricted(to axes: [Int]) -> Layout {
      Layout(shape: Shape(axes.map { shape[$0] }), strides: Strides(axes.map { strides[$0] }), offset: offset)
    }
  }

  extension ProgramPrinter {
    /// The sources that several programs need before a kernel, each once.
    static func support(_ programs: ElementwiseProgram?...) -> String {
      let opcodes = Set(programs.compactMap { $0 }.flatMap { $0.instructions.map(\.opcode) })
      var text = KernelSource.text(martlet_cl_prelude)
      if !opcodes.isDisjoint(with: elementary) { text += KernelSource.text(martlet_cl_elementary) }
      if opcodes.contains(.randomBits) { text += KernelSource.text(martlet_cl_philox) }
      return text
    }
  }
#endif
