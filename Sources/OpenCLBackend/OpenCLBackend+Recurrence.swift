#if OpenCL
  import CMartletOpenCLKernels
  import MartletBackend

  // `Backend` documents these.
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  extension OpenCLBackend {
    /// All steps in one launch, or one launch per step, instead of one for each product and program of each step.
    public func recurrence(
      _ products: [RecurrentProduct], _ program: ElementwiseProgram, inputs: [View], parameters: [Scalar],
      outputs: [View]
    ) {
      guard let shape = outputs.first?.shape, shape.elementCount > 0 else { return }
      let reads = ProgramReads(program)
      guard reads.axes.isEmpty, !reads.element,
        products.allSatisfy({ $0.c.shape.elementCount > 0 && $0.b.shape[1] > 0 }),
        let split = split(products, inputs: inputs, outputs: outputs)
      else {
        recurrenceByStep(products, program, inputs: inputs, parameters: parameters, outputs: outputs)
        return
      }
      let launch = RecurrentLaunch(
        products: products.map { RecurrentMatrices($0, packed: packed($0, split)) }, program: program,
        parameters: parameters,
        operands: Operand.all(readBy: program, inputs: inputs, over: shape)
          + outputs.enumerated().map { Operand("out\($0)", $1) },
        outputCount: outputs.count, shape: shape, split: split, isCooperative: profile.usesLocalMemory)
      let byteCount = launch.pointers.count * MemoryLayout<UInt>.stride + launch.arguments(from: 0, count: 1).byteCount
      guard byteCount <= connection.info.maximumParameterByteCount else {
        recurrenceByStep(products, program, inputs: inputs, parameters: parameters, outputs: outputs)
        return
      }
      let kernel = kernels.kernel(launch.key) { launch.text }
      let stepsPerLaunch = split.columnBlocks == 1 ? shape[0] : 1
      for step in stride(from: 0, to: shape[0], by: stepsPerLaunch) {
        self.launch(
          kernel, groups: split.groupCount, launch.pointers, launch.arguments(from: step, count: stepsPerLaunch))
      }
    }

    /// How rows and columns are divided; `nil` where products one by one are the better way.
    ///
    /// On GPUs a group reads all matrices once per step, which for large ones takes longer than a launch: then groups share the
    /// columns, if nothing that one of them writes in a step is read by another in the same step.
    private func split(_ products: [RecurrentProduct], inputs: [View], outputs: [View]) -> RecurrentSplit? {
      let shape = outputs[0].shape
      let (rows, columns) = (shape[1], shape[2])
      let weightCount = products.reduce(0) { $0 + $1.b.layout.elementCount }
      guard profile.usesLocalMemory else {
        let units = max(1, connection.info.computeUnits)
        let block = max(8, (rows + units - 1) / units)
        let blocks = (rows + block - 1) / block
        // Rows too few for all threads, and products so large that threads had better share each of them.
        if blocks < units && weightCount * rows > 1 << 20 { return nil }
        return RecurrentSplit(
          rows: rows, columns: columns, blockRows: block, blockColumns: columns, groupSize: 1,
          width: columns > 8 ? 16 : 8)
      }
      let isTest = profile == .test
      if weightCount <= (isTest ? 1 << 12 : 1 << 17) || rows * weightCount <= 1 << 14 {
        // A group per compute unit at most, since each reads all of the matrices.
        let blockRows = rows <= 4 * connection.info.computeUnits ? 4 : 16
        return RecurrentSplit(
          rows: rows, columns: columns, blockRows: blockRows, blockColumns: columns, groupSize: groupSize, itemRows: 4)
      }
      // So large that a tile of a product reads far less than its share of columns here; or tensor cores may be used.
      if weightCount * rows > 1 << 26 || currentTensorCores != nil { return nil }
      let matrices = products.map { $0.b.shape[0] }.max() ?? 1
      guard products.allSatisfy({ $0.c.shape[3] == columns }),
        RecurrentDependencies(products, inputs: inputs, outputs: outputs).columnsAreFree
      else { return nil }
      // As many rows and columns as give each item one sum of each row.
      let blockRows = isTest ? 16 : 32
      let itemColumns = max(1, groupSize * 8 / blockRows / matrices)
      return RecurrentSplit(
        rows: rows, columns: columns, blockRows: blockRows, blockColumns: min(columns, max(8, itemColumns)),
        groupSize: groupSize, itemRows: 8)
    }

    /// The matrices of a product as the kernel wants them: on processors in panels of a tile's columns, on GPUs with columns side by
    /// side; `nil` where they lie so.
    private func packed(_ product: RecurrentProduct, _ split: RecurrentSplit) -> View? {
      let (matrices, depth, columns) = (product.b.shape[0], product.b.shape[1], product.b.shape[2])
      if profile.usesLocalMemory && (product.b.layout.strides[2] == 1 || columns == 1) { return nil }
      let width = profile.usesLocalMemory ? columns : split.tileColumns
      let (full, rest) = columns.quotientAndRemainder(dividingBy: width)
      let panels = full + (rest > 0 ? 1 : 0)
      let shape: Shape = [matrices, panels, depth, width]
      let target = View(
        storage: allocate(byteCount: shape.elementCount * 4), layout: Layout(contiguous: shape), dtype: .float32)
      let strides = product.b.layout.strides
      for (first, count, columns) in [(0, full, width), (full, panels - full, rest)] where count > 0 {
        var (source, part) = (product.b, target)
        source.layout = Layout(
          shape: [matrices, count, depth, columns], strides: [strides[0], width * strides[2], strides[1], strides[2]],
          offset: product.b.layout.offset + first * width * strides[2])
        part.layout = target.layout.sliced(axis: 1, from: first, count: count).sliced(axis: 3, from: 0, count: columns)
        map(Self.copyProgram, inputs: [source], parameters: [], outputs: [part])
      }
      return target
    }
  }

  /// Which rows and columns a group or item takes.
  struct RecurrentSplit {
    var rows, columns, blockRows, blockColumns, groupSize: Int
    /// GPUs: rows of an item.
    var itemRows = 1
    /// Processors: elements of a vector.
    var width = 1

    var columnBlocks: Int { (columns + blockColumns - 1) / blockColumns }
    var groupCount: Int { (rows + blockRows - 1) / blockRows * columnBlocks }
    /// Processors: columns of a tile of sums.
    var tileColumns: Int { columns > 16 ? 32 : width }
  }

  /// A product of a recurrence and where its operands lie.
  struct RecurrentMatrices {
    let product: RecurrentProduct
    private let packed: View?

    init(_ product: RecurrentProduct, packed: View?) {
      self.product = product
      self.packed = packed
    }

    var b: View { packed ?? product.b }

    /// The fields of the kernel's structure `Product`.
    var numbers: [Int] {
      let (a, c) = (product.a.layout, product.c.layout)
      // Of several matrices that are one, each has the same columns.
      let columns = product.c.shape[3]
      var (z, panel, row) = (product.b.layout.strides[0], 0, product.b.layout.strides[1])
      if let packed { (z, panel, row) = (packed.layout.strides[0], packed.layout.strides[1], packed.layout.strides[2]) }
      return [a.offset] + Array(a.strides) + [b.layout.offset, z, panel, row] + [c.offset] + Array(c.strides)
        + [product.b.shape[0], product.b.shape[1], columns, product.accumulate ? 1 : 0]
    }
  }

  /// The kernel of a recurrence, and what it is given.
  private struct RecurrentLaunch {
    let products: [RecurrentMatrices]
    let program: ElementwiseProgram
    let parameters: [Scalar]
    let operands: [Operand]
    let outputCount: Int
    let shape: Shape
    let split: RecurrentSplit
    let isCooperative: Bool

    private var steps: [Step] { operands.map { Step($0.layout.strides[2]) } }

    private var index: IndexType {
      IndexType(operands.map(\.layout) + products.flatMap { [$0.product.a.layout, $0.b.layout, $0.product.c.layout] })
    }

    /// Rows that are computed at once: all of a group's, or those in a processor's registers.
    private var tileRows: Int { isCooperative ? split.blockRows : 6 }

    var key: KernelKey {
      KernelKey(
        .recurrence,
        [
          program.fingerprint, UInt64(products.count), index == .int ? 0 : 1, UInt64(split.width),
          UInt64(split.tileColumns), UInt64(split.itemRows), UInt64(tileRows),
          UInt64(split.groupSize),
        ] + zip(operands, steps).map { $0.typeCode << 8 | $1.rawValue })
    }

    var pointers: [DeviceBlock?] {
      products.flatMap { [$0.product.a.block, $0.b.block, $0.product.c.block] }
        + operands.compactMap(\.view).map(\.block)
    }

    func arguments(from step: Int, count: Int) -> ArgumentBlock {
      var block = ArgumentBlock(index)
      block.append([step, count, split.rows, split.columns, split.blockRows, split.blockColumns, split.columnBlocks])
      for product in products { block.append(product.numbers) }
      block.append(operands.map(\.layout.offset))
      for operand in operands { block.append(operand.layout.strides) }
      block.append(words: parameters.map(\.bits) + [0])
      return block
    }

    var text: KernelText {
      let steps = steps
      let texts = operands.indices.map { v in
        OperandText(
          name: operands[v].name, dtype: operands[v].dtype, step: steps[v], pointer: "view\(v)",
          position: "offset\(v)"
            + (steps[v] == .none ? "" : steps[v] == .contiguous ? " + column" : " + column * stride\(v)"),
          stride: steps[v] == .strided ? "stride\(v)" : steps[v] == .contiguous ? "1" : "0", live: "live")
      }
      let readCount = operands.count - outputCount
      let printer = ProgramPrinter(program)
      let source = KernelSource.fill(
        KernelSource.text(martlet_cl_recurrence),
        [
          "parameters": products.indices.map {
            "__global const float *a\($0), __global const float *b\($0), __global float *c\($0),"
          } + texts.enumerated().compactMap { $1.parameter(isWritten: $0 >= readCount) },
          "products": products.indices.map(isCooperative ? choice : call),
          "offsets": operands.indices.flatMap { v -> [String] in
            let strides = "arguments.strides[\(v)]"
            return [
              "const INDEX offset\(v) = arguments.offsets[\(v)] + step * \(strides)[0] + row * \(strides)[1];"
            ] + (steps[v] == .strided ? ["const INDEX stride\(v) = \(strides)[2];"] : [])
          },
          "load": texts[..<readCount].flatMap(\.load), "program": printer.statements,
          "store": texts[readCount...].enumerated().flatMap { $1.store(printer.output($0)) },
        ])
      return KernelText(
        function: "recurrence", groupSize: split.groupSize, source: ProgramPrinter.support(program) + source,
        definitions: [
          ("WIDTH", "\(split.width)"), ("INDEX", index.rawValue), ("GROUP", "\(split.groupSize)"),
          ("COOPERATIVE", isCooperative ? "1" : "0"), ("PRODUCTS", "\(products.count)"),
          ("OPERANDS", "\(operands.count)"), ("PARAMETERS", "\(parameters.count + 1)"),
          ("TILE_ROWS", "\(tileRows)"), ("ITEM_ROWS", "\(split.itemRows)"),
          ("TILE_DEPTH", "64"), ("VECTORS", "\(split.tileColumns / split.width)"),
        ])
    }

    /// A product of a step; where columns are not divided, all of its own.
    private func call(_ p: Int) -> String {
      let number = "arguments.products[\(p)]"
      let columns =
        "arguments.column_blocks == 1 ? 0 : first_column, arguments.column_blocks == 1 ? \(number).columns : last_column"
      return "multiply(a\(p), b\(p), c\(p), &\(number), step, first_row, last_row, \(columns));"
    }

    /// The operands of a product where one loop runs all of them.
    private func choice(_ p: Int) -> String {
      p == 0
        ? "__global const float *a = a0, *b = b0; __global float *c = c0;"
        : "if (p == \(p)) { a = a\(p); b = b\(p); c = c\(p); }"
    }
  }

  /// What the columns of a step read of each other.
  private struct RecurrentDependencies {
    private let products: [RecurrentProduct]
    private let inputs: [View]
    private let outputs: [View]

    init(_ products: [RecurrentProduct], inputs: [View], outputs: [View]) {
      self.products = products
      self.inputs = inputs
      self.outputs = outputs
    }

    /// Whether a block of columns can go through a step without the others: rows of a come from other steps, and where programs and
    /// products share memory, a column's elements are the same to both.
    var columnsAreFree: Bool {
      let sums = products.flatMap { product in (0..<product.c.shape[1]).map { product.c.matrix($0) } }
      let written = sums + outputs
      let rowsAreOlder = products.allSatisfy { product in
        (0..<product.a.shape[1]).allSatisfy { z in
          let a = product.a.matrix(z)
          return written.allSatisfy { Self.areApart(a, $0) }
        }
      }
      return rowsAreOlder
        && (inputs + written).allSatisfy { one in
          written.allSatisfy { Self.areSame(one, $0) || Self.areApart(one, $0) }
        }
    }

    /// Whether two views have the same elements in the same places at every step.
    private static func areSame(_ one: View, _ other: View) -> Bool {
      one.storage === other.storage && one.layout == other.layout
    }

    /// Whether what a step touches of two views lies apart, at every step; false where that is not easy to see.
    private static func areApart(_ one: View, _ other: View) -> Bool {
      if one.storage !== other.storage { return true }
      let last = one.shape[0] - 1
      guard let first = gap(one.step(0), other.step(0)), let end = gap(one.step(last), other.step(last)) else {
        return false
      }
      // Both move at a speed of their own: with one ahead at the first and at the last step, they never meet.
      return first == end
    }

    /// Which of two views lies in front; `nil` where they overlap.
    private static func gap(_ one: View, _ other: View) -> Bool? {
      guard let a = one.layout.bounds, let b = other.layout.bounds else { return true }
      if a.upperBound < b.lowerBound { return true }
      return b.upperBound < a.lowerBound ? false : nil
    }
  }

  extension View {
    /// `[steps, rows, columns]`: one of the matrices of every step.
    fileprivate func matrix(_ index: Int) -> View {
      var matrix = self
      matrix.layout = layout.sliced(axis: 1, from: index, count: 1).removingAxis(at: 1)
      return matrix
    }
  }
#endif
