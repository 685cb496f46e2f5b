#if OpenCL
  import CMartletOpenCLKernels
  import MartletBackend

  // `Backend` documents these.
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  extension OpenCLBackend {
    public func softmaxRows(_ input: View, logarithmic: Bool, output: View) {
      let (rows, columns) = (input.shape[0], input.shape[1])
      if rows * columns == 0 { return }
      let index = IndexType([input.layout, output.layout])
      let isCooperative = profile.usesLocalMemory
      let kernel = kernels.kernel(KernelKey(.softmax, [index == .int ? 0 : 1, logarithmic ? 1 : 0])) {
        KernelText(
          function: "softmax", groupSize: groupSize,
          source: [martlet_cl_prelude, martlet_cl_elementary, martlet_cl_softmax].map(KernelSource.text).joined(),
          definitions: [
            ("WIDTH", isCooperative ? "1" : "16"), ("INDEX", index.rawValue), ("GROUP", "\(groupSize)"),
            ("COOPERATIVE", isCooperative ? "1" : "0"), ("LOGARITHMIC", logarithmic ? "1" : "0"),
          ])
      }
      launch(
        kernel, groups: groups(rows * (isCooperative ? 16 : 1)), [input.block, output.block],
        rowArguments(input, output, index))
    }

    public func scan(_ input: View, exclusive: Bool, reversed: Bool, output: View) {
      if input.shape.elementCount == 0 { return }
      let index = IndexType([input.layout, output.layout])
      let choices: [UInt64] = [
        index == .int ? 0 : 1, input.dtype == .float32 ? 1 : 0, exclusive ? 1 : 0, reversed ? 1 : 0,
      ]
      let kernel = kernels.kernel(KernelKey(.scan, choices)) {
        scalarText(
          "scan", martlet_cl_scan, index,
          [
            ("IS_FLOAT", input.dtype == .float32 ? "1" : "0"), ("EXCLUSIVE", exclusive ? "1" : "0"),
            ("REVERSED", reversed ? "1" : "0"),
          ])
      }
      launch(
        kernel, groups: groups(input.shape[0]), [input.block, output.block], rowArguments(input, output, index))
    }

    private func rowArguments(_ input: View, _ output: View, _ index: IndexType) -> ArgumentBlock {
      var arguments = ArgumentBlock(index)
      arguments.append([input.shape[0], input.shape[1]])
      for layout in [input.layout, output.layout] {
        arguments.append([layout.offset, layout.strides[0], layout.strides[1]])
      }
      return arguments
    }

    public func sort(_ input: View, descending: Bool, values: View, indices: View) {
      let (rows, columns) = (input.shape[0], input.shape[1])
      if rows * columns == 0 { return }
      let index = IndexType([input.layout, values.layout, indices.layout])
      let choices: [UInt64] = [index == .int ? 0 : 1, input.dtype == .float32 ? 1 : 0, descending ? 1 : 0]
      func kernel(_ family: KernelFamily, _ function: String) -> Kernel? {
        kernels.kernel(KernelKey(family, choices)) {
          scalarText(
            function, martlet_cl_sort, index,
            [("TYPE", input.dtype == .float32 ? "float" : "int"), ("DESCENDING", descending ? "1" : "0")])
        }
      }
      let groups = groups(rows * columns)

      // Runs of 64 double until one is as long as a row; each pass reads what the one before wrote, the last writes the outputs.
      var passes = 1
      while 64 << (passes - 1) < columns { passes += 1 }
      let between = Layout(contiguous: input.shape)
      let byteCount = rows * columns * 4
      func run(_ pass: Int, from source: (Rows, Rows)?, to target: (Rows, Rows)) {
        let x = source?.0 ?? Rows(input)
        var arguments = ArgumentBlock(index)
        arguments.append([rows, columns, 32 << pass])
        for layout in [x.layout, source?.1.layout ?? between, target.0.layout, target.1.layout] {
          arguments.append([layout.offset, layout.strides[0], layout.strides[1]])
        }
        if let positions = source?.1 {
          launch(
            kernel(.sortMerge, "sort_merge"), groups: groups,
            [x.block, positions.block, target.0.block, target.1.block], arguments)
        } else {
          launch(
            kernel(.sortBlocks, "sort_blocks"), groups: groups, [x.block, target.0.block, target.1.block], arguments)
        }
      }
      let outputs = (Rows(values), Rows(indices))
      if passes == 1 {
        run(0, from: nil, to: outputs)
        return
      }
      withWorkspaces([byteCount, byteCount, byteCount, byteCount]) { blocks in
        let pairs = [
          (Rows(blocks[0], between), Rows(blocks[1], between)), (Rows(blocks[2], between), Rows(blocks[3], between)),
        ]
        for pass in 0..<passes {
          run(
            pass, from: pass == 0 ? nil : pairs[(pass - 1) % 2], to: pass == passes - 1 ? outputs : pairs[pass % 2])
        }
      }
    }

    /// Groups for so many items of a kernel whose items work alone.
    func groups(_ items: Int) -> Int { (items + groupSize - 1) / groupSize }

    /// A kernel whose items compute one element after the other.
    func scalarText(
      _ function: String, _ source: martlet_opencl_source, _ index: IndexType, _ definitions: [(String, String)]
    ) -> KernelText {
      KernelText(
        function: function, groupSize: groupSize,
        source: KernelSource.text(martlet_cl_prelude) + KernelSource.text(source),
        definitions: [("WIDTH", "1"), ("INDEX", index.rawValue), ("GROUP", "\(groupSize)")]
          + definitions.map { (name: $0.0, value: $0.1) })
    }
  }

  /// Rows of elements on the device: a view's, or a workspace's.
  private struct Rows {
    let block: DeviceBlock?
    let layout: Layout

    init(_ block: DeviceBlock?, _ layout: Layout) {
      self.block = block
      self.layout = layout
    }

    init(_ view: View) { self.init(view.block, view.layout) }
  }
#endif
