#if OpenCL
  import CMartletOpenCLKernels
  import MartletBackend

  // Depthwise convolutions: each input channel has filters of its own, so the general kernel would compute tiles of which one column is
  // used. Channels are its columns here, without groups.
  extension Convolution {
    /// Output channels per input channel where each of them is a group; else `nil`.
    func multiplier(inChannels: Int, outChannels: Int) -> Int? {
      groups > 1 && groups == inChannels && outChannels > 0 ? outChannels / groups : nil
    }
  }

  extension Contraction {
    /// The same without groups, its columns being channels.
    func depthwise(_ multiplier: Int?, columns channels: Int) -> Contraction {
      guard let multiplier else { return self }
      var contraction = self
      contraction.multiplier = multiplier
      contraction.columns = channels
      contraction.count = slices
      contraction.groups = 1
      return contraction
    }
  }

  extension OpenCLBackend {
    /// Positions of a row that an item computes at once.
    private static let pixels = 4
    /// Taps of a weight gradient that a processor's item sums up at once.
    private static let taps = 9

    /// Queues a depthwise convolution, its gradient for the input, or slices of that for the weights.
    func runDepthwise(_ contraction: Contraction) {
      let operands = contraction.operands()
      let steps = operands.map { Step($0.layout.strides[$0.layout.rank - 1]) }
      let index = IndexType(
        operands.map(\.layout) + [contraction.extent(of: contraction.a), contraction.extent(of: contraction.b)])
      let (isProcessor, columns) = (profile == .cpu, contraction.columns)
      let isSum = contraction.kind == .weightGradient
      let multiplier = contraction.multiplier ?? 1
      let width =
        isProcessor
        ? (columns > 8 ? 16 : columns > 4 ? 8 : 4) : multiplier == 1 && columns >= 4 && !isSum ? 4 : 1
      let taps = contraction.sliding.taps.area
      let tapsPerItem = isSum && isProcessor ? min(taps, Self.taps) : 1
      let choices: [UInt64] = [
        isSum ? 1 : 0, contraction.isDepthwiseGradient ? 1 : 0, UInt64(multiplier), UInt64(width), UInt64(tapsPerItem),
        index == .int ? 0 : 1, contraction.epilogue?.program.fingerprint ?? 0, UInt64(groupSize),
        contraction.hasEvenRows(operands) ? 1 : 0,
      ]
      let key = KernelKey(.depthwise, choices + zip(operands, steps).map { $0.typeCode << 8 | $1.rawValue })
      let kernel = kernels.kernel(key) {
        depthwiseText(contraction, operands, steps, index, width: width, tapsPerItem: tapsPerItem)
      }
      let vectors = (columns + width - 1) / width
      let grid = contraction.sliding.grid
      let items =
        isSum
        ? vectors * ((taps + tapsPerItem - 1) / tapsPerItem) * contraction.slices
        : vectors * (isProcessor ? 1 : (grid.width + Self.pixels - 1) / Self.pixels) * grid.height
          * contraction.sliding.batch
      launch(
        kernel, groups: groups(items),
        [contraction.a.block, contraction.b.block] + operands.compactMap(\.view).map(\.block),
        contraction.arguments(.registers(1, 1, width: 1), operands, index))
    }

    private func depthwiseText(
      _ contraction: Contraction, _ operands: [Operand], _ steps: [Step], _ index: IndexType, width: Int,
      tapsPerItem: Int
    ) -> KernelText {
      let texts = operands.indices.map { v in
        OperandText(
          name: operands[v].name, dtype: operands[v].dtype, step: steps[v], pointer: "view\(v)",
          position: "offset\(v)"
            + (steps[v] == .none ? "" : steps[v] == .contiguous ? " + column" : " + column * stride\(v)"),
          stride: steps[v] == .none ? "0" : steps[v] == .contiguous ? "1" : "stride\(v)", live: "live")
      }
      let last = operands.count - 1
      var program = ["const REAL ein0 = result;"]
      var value = "ein0"
      if let epilogue = contraction.epilogue {
        let printer = ProgramPrinter(epilogue.program, prefix: "e")
        program += printer.statements
        value = printer.output(0)
      }
      let source = KernelSource.fill(
        KernelSource.text(martlet_cl_contraction_depthwise),
        [
          "parameters": texts.enumerated().compactMap { $1.parameter(isWritten: $0 == last) },
          "offsets": contraction.offsets(operands, steps), "load": texts.dropLast().flatMap(\.load),
          "program": program, "store": texts[last].store(value),
        ])
      return KernelText(
        function: "contraction", groupSize: groupSize,
        source: ProgramPrinter.support(contraction.epilogue?.program) + KernelSource.text(martlet_cl_contraction)
          + source,
        definitions: [
          ("WIDTH", "\(width)"), ("INDEX", index.rawValue), ("GROUP", "\(groupSize)"),
          ("KIND", contraction.kind == .weightGradient ? "WEIGHT_GRADIENT" : "CONVOLUTION"),
          ("OPERANDS", "\(operands.count)"), ("PARAMETERS", "\((contraction.epilogue?.parameters.count ?? 0) + 1)"),
          ("MULTIPLIER", "\(contraction.multiplier ?? 1)"), ("GRADIENT", contraction.isDepthwiseGradient ? "1" : "0"),
          ("PIXELS", "\(Self.pixels)"), ("WHOLE_ROWS", profile == .cpu ? "1" : "0"), ("TAPS", "\(tapsPerItem)"),
        ])
    }
  }
#endif
