#if OpenCL
  import CMartletOpenCLKernels
  import MartletBackend

  // `Backend` documents these.
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  extension OpenCLBackend {
    /// About so many elements are one item's work where items run one after the other.
    private static let elementsPerItem = 4096

    public func map(_ program: ElementwiseProgram, inputs: [View], parameters: [Scalar], outputs: [View]) {
      let shape = outputs[0].shape
      if shape.elementCount == 0 { return }
      let read = Operand.all(readBy: program, inputs: inputs, over: shape)
      let written = outputs.enumerated().map { Operand("out\($0)", $1) }
      let operands = read + written
      let space = IterationSpace(operands.map(\.layout))
      let walk = Walk(space.shape, space.strides)
      let index = IndexType(operands.map(\.layout))

      let inner = walk.shape[walk.rank - 1]
      let rowCount = walk.shape.elementCount / inner
      let steps = walk.strides.map { Step($0[walk.rank - 1]) }
      let width = profile == .cpu ? profile.vectorWidth : inner % 4 == 0 && !steps.contains(.strided) ? 4 : 1
      let key = KernelKey(
        .elementwise,
        [program.fingerprint, UInt64(walk.rank), UInt64(width), index == .int ? 0 : 1]
          + zip(operands, steps).map { operand, step in operand.typeCode << 8 | step.rawValue })
      let kernel = kernels.kernel(key) {
        elementwiseText(program, operands, steps, readCount: read.count, rank: walk.rank, width: width, index: index)
      }

      // On a GPU neighbouring items take neighbouring vectors; elsewhere an item takes a long stretch, or many short rows.
      let perItem = profile == .cpu ? Self.elementsPerItem : width
      let blockLength = min(perItem, (inner + width - 1) / width * width)
      let blocksPerRow = (inner + blockLength - 1) / blockLength
      let rowsPerItem = profile == .cpu && blocksPerRow == 1 ? max(1, perItem / inner) : 1
      let items = blocksPerRow * ((rowCount + rowsPerItem - 1) / rowsPerItem)

      var arguments = ArgumentBlock(index)
      arguments.append(walk.shape)
      arguments.append(operands.map(\.layout.offset))
      for strides in walk.strides { arguments.append(strides) }
      arguments.append([blockLength, blocksPerRow, rowsPerItem, rowCount])
      arguments.append(words: parameters.map(\.bits) + [0])
      let groups = (items + groupSize - 1) / groupSize
      launch(kernel, groups: groups, operands.compactMap(\.view).map(\.block), arguments)
    }

    private func elementwiseText(
      _ program: ElementwiseProgram, _ operands: [Operand], _ steps: [Step], readCount: Int, rank: Int, width: Int,
      index: IndexType
    ) -> KernelText {
      let printer = ProgramPrinter(program)
      let texts = operands.indices.map { v in
        OperandText(
          name: operands[v].name, dtype: operands[v].dtype, step: steps[v], pointer: "view\(v)",
          position: "offset\(v)" + (steps[v] == .none ? "" : steps[v] == .contiguous ? " + j" : " + j * stride\(v)"),
          stride: steps[v] == .strided ? "stride\(v)" : steps[v] == .contiguous ? "1" : "0", live: "live")
      }
      let (read, written) = (texts[..<readCount], texts[readCount...])
      let arguments = [
        "typedef struct {",
        "    INDEX extents[RANK], offsets[\(operands.count)], strides[\(operands.count)][RANK];",
        "    INDEX block_length, blocks_per_row, rows_per_item, row_count;",
        "    uint parameters[\(program.parameters.count + 1)];",
        "} Arguments;\n",
      ]
      let source = KernelSource.fill(
        KernelSource.text(martlet_cl_elementwise),
        [
          "parameters": read.compactMap { $0.parameter(isWritten: false) }
            + written.compactMap { $0.parameter(isWritten: true) },
          "offsets": Walk.offsets(
            of: operands.indices.map { "offset\($0)" }, axes: 0..<(rank - 1), position: "row",
            strided: steps.enumerated().filter { $0.element == .strided }.map(\.offset), walked: rank - 1),
          "load": read.flatMap(\.load),
          "program": printer.statements,
          "store": written.enumerated().flatMap { $1.store(printer.output($0)) },
        ])
      return KernelText(
        function: "elementwise", groupSize: groupSize,
        source: ProgramPrinter.support(program) + arguments.joined(separator: "\n") + source,
        definitions: [
          ("WIDTH", "\(width)"), ("INDEX", index.rawValue), ("GROUP", "\(groupSize)"), ("RANK", "\(rank)"),
        ])
    }
  }

  /// The axes a kernel walks over and the strides of its operands there; at least one axis.
  struct Walk {
    var shape: Shape
    var strides: [Strides]

    init(_ shape: Shape, _ strides: [Strides]) {
      self.shape = shape
      self.strides = strides
      if shape.rank == 0 {
        self.shape = [1]
        self.strides = strides.map { _ in [1] }
      }
    }

    var rank: Int { shape.rank }

    /// Statements that turn a row-major position over some axes into an offset per operand.
    ///
    /// - Parameters:
    ///   - names: The variables to define, one per operand in order.
    ///   - strided: Operands whose stride along the axis `walked` is needed as a variable too.
    static func offsets(of names: [String], axes: Range<Int>, position: String, strided: [Int], walked: Int) -> [String]
    {
      var lines = names.enumerated().map { "INDEX \($1) = arguments.offsets[\($0)];" }
      if !axes.isEmpty {
        lines.append("INDEX rest = \(position);")
        for axis in axes.reversed() {
          let coordinate = "coordinate\(axis)"
          if axis == axes.lowerBound {
            lines.append("const INDEX \(coordinate) = rest;")
          } else {
            lines.append("const INDEX \(coordinate) = rest % arguments.extents[\(axis)];")
            lines.append("rest /= arguments.extents[\(axis)];")
          }
          for (operand, name) in names.enumerated() {
            lines.append("\(name) += \(coordinate) * arguments.strides[\(operand)][\(axis)];")
          }
        }
      }
      for operand in strided {
        lines.append("const INDEX stride\(operand) = arguments.strides[\(operand)][\(walked)];")
      }
      return lines
    }
  }

  extension Operand {
    /// Tells types of operands apart in the keys of kernels.
    var typeCode: UInt64 { dtype.map { UInt64($0.rawValue) } ?? 15 }
  }
#endif
