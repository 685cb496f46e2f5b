#if OpenCL
  import CMartletOpenCLKernels
  import MartletBackend

  // `Backend` documents these.
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  extension OpenCLBackend {
    /// The more sets in a launch, the longer its text; and drivers promise parameters of so many bytes only.
    private static let mostSets = 32

    /// Sets whose operands all lie in memory without gaps, as parameters and their gradients do, share launches.
    public func mapEach(_ program: ElementwiseProgram, _ sets: [MapOperands], parameters: [Scalar]) {
      var groups: [[UInt64]: [DenseSet]] = [:]
      for set in sets where set.outputs[0].shape.elementCount > 0 {
        if let dense = DenseSet(program, set) {
          groups[dense.signature, default: []].append(dense)
        } else {
          map(program, inputs: set.inputs, parameters: parameters, outputs: set.outputs)
        }
      }
      for sets in groups.values {
        let operandCount = sets[0].operands.count
        let fixedByteCount = 8 * (2 + parameters.count)
        let byteCount = operandCount * (MemoryLayout<UInt>.stride + 8) + 16
        let fitting = max(1, (connection.info.maximumParameterByteCount - fixedByteCount) / byteCount)
        let count = min(Self.mostSets, fitting)
        for start in stride(from: 0, to: sets.count, by: count) {
          run(program, Array(sets[start..<min(sets.count, start + count)]), parameters)
        }
      }
    }

    private func run(_ program: ElementwiseProgram, _ sets: [DenseSet], _ parameters: [Scalar]) {
      let index = IndexType(sets.flatMap { $0.operands.map(\.layout) })
      let width = profile == .cpu ? profile.vectorWidth : 4
      let kernel = kernels.kernel(
        KernelKey(
          .elementwiseEach,
          [program.fingerprint, UInt64(sets.count), UInt64(width), index == .int ? 0 : 1] + sets[0].signature)
      ) { elementwiseEachText(program, sets[0], setCount: sets.count, width: width, index: index) }
      let blockLength = profile == .cpu ? 4096 : width
      var arguments = ArgumentBlock(index)
      var items = 0
      for set in sets {
        arguments.append([items, set.length])
        let blocks = (set.length + blockLength - 1) / blockLength
        items += (blocks + groupSize - 1) / groupSize * groupSize
      }
      for set in sets { arguments.append(set.operands.map(\.layout.offset)) }
      arguments.append(blockLength)
      arguments.append(words: parameters.map(\.bits) + [0])
      launch(
        kernel, groups: items / groupSize, sets.flatMap { $0.operands.compactMap(\.view).map(\.block) },
        arguments)
    }

    private func elementwiseEachText(
      _ program: ElementwiseProgram, _ set: DenseSet, setCount: Int, width: Int, index: IndexType
    ) -> KernelText {
      let printer = ProgramPrinter(program)
      let (operands, steps) = (set.operands, set.steps)
      let texts = operands.indices.map { v in
        OperandText(
          name: operands[v].name, dtype: operands[v].dtype, step: steps[v], pointer: "view\(v)",
          position: "offset\(v)" + (steps[v] == .none ? "" : " + j"), stride: steps[v] == .none ? "0" : "1",
          live: "live")
      }
      func pointerType(_ v: Int) -> String? {
        operands[v].dtype.map { "__global \(v < set.readCount ? "const " : "")\($0.kernelType) *" }
      }
      let parameters = (0..<setCount).flatMap { number in
        operands.indices.compactMap { v in pointerType(v).map { "\($0)set\(number)_view\(v)," } }
      }
      var variables = ["INDEX " + operands.indices.map { "offset\($0)" }.joined(separator: ", ") + ";"]
      variables += operands.indices.compactMap { v in pointerType(v).map { "\($0)view\(v);" } }
      // The last set whose first item is not behind this one.
      var choice: [String] = []
      for number in (0..<setCount).reversed() {
        let test = number == 0 ? "" : "if (item >= arguments.sets[\(number)][0]) "
        choice.append((number == setCount - 1 ? "" : "else ") + test + "{")
        choice.append("    item -= arguments.sets[\(number)][0];")
        choice.append("    length = arguments.sets[\(number)][1];")
        for v in operands.indices {
          choice.append("    offset\(v) = arguments.offsets[\(number)][\(v)];")
          if operands[v].dtype != nil { choice.append("    view\(v) = set\(number)_view\(v);") }
        }
        choice.append("}")
      }
      let structure = [
        "typedef struct {",
        "    INDEX sets[\(setCount)][2], offsets[\(setCount)][\(operands.count)], block_length;",
        "    uint parameters[\(program.parameters.count + 1)];",
        "} Arguments;\n",
      ]
      let source = KernelSource.fill(
        KernelSource.text(martlet_cl_elementwise_each),
        [
          "parameters": parameters, "variables": variables, "choice": choice,
          "load": texts[..<set.readCount].flatMap(\.load), "program": printer.statements,
          "store": texts[set.readCount...].enumerated().flatMap { $1.store(printer.output($0)) },
        ])
      return KernelText(
        function: "elementwise_each", groupSize: groupSize,
        source: ProgramPrinter.support(program) + structure.joined(separator: "\n") + source,
        definitions: [("WIDTH", "\(width)"), ("INDEX", index.rawValue), ("GROUP", "\(groupSize)")])
    }
  }

  /// Operands of a program that can be walked as one row without gaps.
  private struct DenseSet {
    let operands: [Operand]
    let readCount: Int
    let steps: [Step]
    let length: Int

    /// What sets have in common that can share a kernel: types and steps.
    var signature: [UInt64] { zip(operands, steps).map { $0.typeCode << 8 | $1.rawValue } }

    /// `nil` where there are several rows or gaps.
    init?(_ program: ElementwiseProgram, _ set: MapOperands) {
      let read = Operand.all(readBy: program, inputs: set.inputs, over: set.outputs[0].shape)
      operands = read + set.outputs.enumerated().map { Operand("out\($0)", $1) }
      readCount = read.count
      let space = IterationSpace(operands.map(\.layout))
      let walk = Walk(space.shape, space.strides)
      guard walk.rank == 1 else { return nil }
      steps = walk.strides.map { Step($0[0]) }
      length = walk.shape[0]
      if steps.contains(.strided) { return nil }
    }
  }
#endif
