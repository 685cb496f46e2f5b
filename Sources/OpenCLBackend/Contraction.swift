#if OpenCL
  import CMartletOpenCLKernels
  import MartletBackend

  /// What a contraction sums over; `contraction.cl` says more.
  package enum ContractionKind: UInt64, CaseIterable, Sendable {
    case matmul, convolution, weightGradient

    /// In files.
    var name: String { "\(self)" }
  }

  /// One launch of the contraction kernel: what it sums over, how, and what happens to the sums. `contraction.cl` says what
  /// the numbers mean.
  struct Contraction {
    typealias Kind = ContractionKind

    /// A matrix operand: its memory, and where an element lies in it.
    struct Matrix {
      var block: DeviceBlock?
      /// What must not go back to the pool, and from there to another thread, before the contraction is queued: temporary memory.
      var owner: Storage?
      var offset = 0
      /// From one batch entry or group to the next.
      var z = 0
      var row = 0
      var column = 0
    }

    /// The window that slides over images: numbers of the structure `Arguments`, zero for `matmul`.
    struct Sliding {
      var image = Extent2D(0)
      /// Channels in memory from one pixel to the next, and those of a group.
      var pixel = 0
      var channels = 1
      var grid = Extent2D(1)
      var stride = Extent2D(1)
      var start = Extent2D(0)
      var step = Extent2D(1)
      var taps = Extent2D(1)
      /// Where the weights of tap (0, 0) begin, and the distance to the next tap either way.
      var tapStart = 0
      var tapStep = Extent2D(0)
      var batch = 1

      /// Whether some tap of some position lies outside the image.
      var leavesImage: Bool {
        func leaves(_ image: Int, _ grid: Int, _ stride: Int, _ start: Int, _ step: Int, _ taps: Int) -> Bool {
          let across = max(0, taps - 1) * step
          let first = start + min(0, across)
          let last = start + max(0, grid - 1) * stride + max(0, across)
          return first < 0 || last >= image
        }
        return leaves(image.height, grid.height, stride.height, start.height, step.height, taps.height)
          || leaves(image.width, grid.width, stride.width, start.width, step.width, taps.width)
      }
    }

    /// The maximum pooling that a convolution is one with: windows beside each other over the convolution's results.
    struct Pooling {
      var window: Extent2D
      var margin: Extent2D
      var pooled: Extent2D
      var index: View?
      /// Whether the pooled results are what is read, in a gradient, and not what is stored.
      var isUpstream = false

      init(_ window: Window, pooled: Shape, index: View?, isUpstream: Bool = false) {
        self.window = window.size
        margin = Extent2D(window.margins.top, window.margins.left)
        self.pooled = Extent2D(pooled[1], pooled[2])
        self.index = index
        self.isUpstream = isUpstream
      }
    }

    var kind: Kind
    var rows: Int
    var columns: Int
    var depth: Int
    /// Batch entries, groups, or slices × groups.
    var count: Int
    /// `a(row, k)`: `column` steps along k.
    var a = Matrix()
    /// `b(k, column)`: `row` steps along k.
    var b = Matrix()
    /// From one panel of columns to the next where b was packed, else `nil`.
    var packedPanel: Int?
    var sliding = Sliding()
    var pooling: Pooling?
    /// Of a depthwise convolution: output channels per input channel. Groups are columns then.
    var multiplier: Int?
    /// Whether it is the gradient of a depthwise convolution for its input.
    var isDepthwiseGradient = false
    var slices = 1
    var groups = 1
    var accumulate = false
    var epilogue: Epilogue?
    /// Where sums go, seen with one axis per coordinate: (z, row, column), (image, y, x, channel) or (slice, row, column).
    var output: View
    /// The layout that epilogue inputs share with the output; differs from `output` where a grid covers only a part of it.
    var shape: Shape

    /// The most elements of a window, of few channels, that are added up without panels.
    static let mostDirectDepth = 160

    /// Whether windows have so few elements, of so few channels, that a path of their own pays: the first layers of networks.
    var isDirect: Bool {
      kind == .convolution && sliding.channels <= 4 && (1...Self.mostDirectDepth).contains(depth)
        && pooling?.isUpstream != true
    }

    /// Everything that stores and epilogues touch: what the epilogue reads, then the output.
    func operands() -> [Operand] {
      var operands: [Operand] = []
      if let epilogue {
        operands = Operand.all(readBy: epilogue.program, inputs: [nil] + epilogue.inputs, over: shape, prefix: "e")
      }
      return operands + [Operand("out0", output)]
    }
  }

  extension OpenCLBackend {
    /// The tile a contraction is computed in.
    func tile(for contraction: Contraction) -> Tile {
      let (rows, columns, count) = (contraction.rows, contraction.columns, contraction.count)
      if currentTensorCores != nil {
        return .chosenForTensorCores(for: profile, rows: rows, columns: columns, count: count)
      }
      if contraction.isDirect && profile.usesLocalMemory { return .direct(for: profile, columns: columns) }
      let pooledRows = contraction.pooling.map { $0.isUpstream ? 1 : $0.window.area } ?? 1
      if pooledRows == 1 {
        let shape = TileTable.ShapeClass(contraction)
        let measured = tiles.withLock { tiles in
          tiles.latest = shape
          return tiles.forced ?? tiles.table[shape]
        }
        if let measured { return measured }
      }
      return .chosen(
        for: profile, contraction.kind, rows: rows, columns: columns, count: count, pooledRows: pooledRows)
    }

    /// Whether the device can run groups for a tile; of a direct kernel, whose window has so many elements.
    func fits(_ tile: Tile, directDepth: Int? = nil) -> Bool {
      let byteCount = directDepth.map { $0 * tile.columns * 4 } ?? tile.localByteCount
      return tile.groupSize <= connection.info.maximumGroupSize && byteCount <= connection.info.localMemoryByteCount
    }

    /// Queues a contraction; nothing where there is no output.
    func run(_ contraction: Contraction) {
      if contraction.rows * contraction.columns * contraction.count == 0 { return }
      if contraction.multiplier != nil { return runDepthwise(contraction) }
      let operands = contraction.operands()
      let steps = operands.map { Step($0.layout.strides[$0.layout.rank - 1]) }
      let index = IndexType(
        operands.map(\.layout) + [contraction.extent(of: contraction.a), contraction.extent(of: contraction.b)])
      let isTiled = profile.usesLocalMemory
      let aIsInner = contraction.kind == .weightGradient ? false : contraction.a.column == 1
      let bIsInner = contraction.b.row == 1 && contraction.b.column != 1
      let fingerprint = contraction.epilogue?.program.fingerprint ?? 0
      let layoutChoices: [UInt64] = [
        contraction.kind.rawValue, contraction.accumulate ? 1 : 0, aIsInner ? 1 : 0, isTiled && bIsInner ? 1 : 0,
        index == .int ? 0 : 1, fingerprint, contraction.isDirect && currentTensorCores == nil ? 1 : 0,
        contraction.kind == .convolution && contraction.hasEvenRows(operands) ? 1 : 0,
      ]
      let isDirect = contraction.isDirect
      func key(_ tile: Tile, _ cores: (precision: Precision, mode: TensorCores)?) -> KernelKey {
        var choices = layoutChoices + tile.numbers.map(UInt64.init) + [contraction.hasOneTapPerPanel(of: tile) ? 1 : 0]
        if let cores { choices += [cores.precision == .bfloat16 ? 2 : 1, cores.mode.rawValue] }
        if let pooling = contraction.pooling {
          let indexType = pooling.index.map { UInt64($0.dtype.rawValue) } ?? 255
          choices += [
            UInt64(pooling.window.height), UInt64(pooling.window.width), indexType, pooling.isUpstream ? 1 : 0,
          ]
        }
        if isDirect && cores == nil {
          choices += [contraction.sliding.taps.height, contraction.sliding.taps.width, contraction.sliding.channels]
            .map(UInt64.init)
        }
        return KernelKey(.contraction, choices + zip(operands, steps).map { $0.typeCode << 8 | $1.rawValue })
      }
      let cores = currentTensorCores
      let tiles = tile(for: contraction).andSmaller(isDirect: isDirect && cores == nil).filter {
        !isTiled || fits($0, directDepth: isDirect && cores == nil ? contraction.depth : nil)
      }
      // A driver may find that a kernel wants more registers or local memory than a group can have; a smaller tile wants less.
      for (attempt, tile) in tiles.enumerated() {
        let kernel = kernels.kernel(key(tile, cores), isLast: attempt == tiles.count - 1) {
          contractionText(contraction, tile, cores, operands, steps, index, aIsInner: aIsInner, bIsInner: bIsInner)
        }
        guard let kernel else { continue }
        return launch(
          kernel, groups: contraction.tileCount(tile),
          [contraction.a.block, contraction.b.block] + operands.compactMap(\.view).map(\.block)
            + (contraction.pooling?.index.map { [$0.block] } ?? []),
          contraction.arguments(tile, operands, index))
      }
      if tiles.isEmpty {
        connection.record(
          connection.tooSmall(for: "contraction", groupSize: 32, largest: connection.info.maximumGroupSize))
      }
    }

    private func contractionText(
      _ contraction: Contraction, _ tile: Tile, _ cores: (precision: Precision, mode: TensorCores)?,
      _ operands: [Operand], _ steps: [Step], _ index: IndexType, aIsInner: Bool, bIsInner: Bool
    ) -> KernelText {
      let isTiled = profile.usesLocalMemory
      let isDirect = contraction.isDirect && cores == nil
      let texts = operands.indices.map { v in
        let along = steps[v] == .none ? "" : steps[v] == .contiguous ? " + column" : " + column * stride\(v)"
        return OperandText(
          name: operands[v].name, dtype: operands[v].dtype, step: steps[v], pointer: "view\(v)",
          position: "offset\(v)" + along,
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
      let isPooled = contraction.pooling.map { !$0.isUpstream } ?? false
      var pieces = [
        "parameters": texts.enumerated().compactMap { $1.parameter(isWritten: $0 == last) }
          + (contraction.pooling?.parameter.map { [$0] } ?? []),
        "offsets": isPooled
          ? contraction.pooledOffsets(operands.dropLast(), Array(steps.dropLast()))
          : contraction.offsets(operands, steps),
        "load": texts.dropLast().flatMap(\.load), "program": program, "store": texts[last].store(value),
        "maximum": isPooled ? Contraction.storingMaximum(to: "view\(last)", offset: last) : [],
      ]
      // What tiled and direct kernels have in common at their end.
      pieces["finish"] = KernelSource.fill(KernelSource.text(martlet_cl_contraction_finish), pieces).split(
        separator: "\n", omittingEmptySubsequences: false
      ).map(String.init)
      let source = KernelSource.fill(
        Self.template(isTiled: isTiled, isDirect: isDirect, usesTensorCores: cores != nil), pieces)
      let kinds = ["MATMUL", "CONVOLUTION", "WEIGHT_GRADIENT"]
      var definitions = [
        ("WIDTH", "\(tile.width)"), ("INDEX", index.rawValue), ("KIND", kinds[Int(contraction.kind.rawValue)]),
        ("OPERANDS", "\(operands.count)"), ("PARAMETERS", "\((contraction.epilogue?.parameters.count ?? 0) + 1)"),
        ("TILE_ROWS", "\(tile.rows)"), ("ACCUMULATE", contraction.accumulate ? "1" : "0"),
      ]
      if contraction.accumulate { definitions.append(("start", "view\(last)")) }
      if let pooling = contraction.pooling { definitions += pooling.definitions }
      if isPooled { definitions.append(("VALUE", value)) }
      if isTiled {
        if let cores {
          definitions += [
            ("LEVEL", cores.precision.kernelName), ("USE_PTX", cores.mode == .native ? "1" : "0"),
            ("WARP_ROWS", "\(tile.warpRows)"), ("WARP_COLUMNS", "\(tile.warpColumns)"),
          ]
        }
        definitions += [
          ("TILE_COLUMNS", "\(tile.columns)"), ("TILE_DEPTH", "\(isDirect ? contraction.depth : tile.depth)"),
          ("ITEM_ROWS", "\(tile.itemRows)"),
          ("ITEM_COLUMNS", "\(tile.itemColumns)"), ("GROUP", "\(tile.groupSize)"),
          ("PANEL_IN_TAP", !isDirect && contraction.hasOneTapPerPanel(of: tile) ? "1" : "0"),
          ("A_K_IS_INNER", aIsInner ? "1" : "0"), ("B_K_IS_INNER", bIsInner ? "1" : "0"),
        ]
      } else {
        definitions += [("TILE_VECTORS", "\(tile.columns / tile.width)"), ("A_STEP", aIsInner ? "1" : "arguments.a_k")]
        if isDirect {
          let (taps, channels) = (contraction.sliding.taps, contraction.sliding.channels)
          definitions += [
            ("DIRECT", "1"), ("TAPS_Y", "\(taps.height)"), ("TAPS_X", "\(taps.width)"), ("CHANNELS", "\(channels)"),
          ]
        }
      }
      return KernelText(
        function: "contraction", groupSize: tile.groupSize,
        source: ProgramPrinter.support(contraction.epilogue?.program) + KernelSource.text(martlet_cl_contraction)
          + source,
        definitions: definitions.map { (name: $0.0, value: $0.1) },
        // Tiles of so many sums pay only while all of them stay in registers.
        mostPrivateByteCount: tile.itemRows * tile.itemColumns > 64 ? Self.mostSpilledByteCount : Int.max)
    }

    /// Of an item with a large tile.
    private static let mostSpilledByteCount = 128

    private static func template(isTiled: Bool, isDirect: Bool, usesTensorCores: Bool) -> String {
      if !isTiled { return KernelSource.text(martlet_cl_contraction_registers) }
      let loaders = KernelSource.text(martlet_cl_contraction_loaders)
      if isDirect { return loaders + KernelSource.text(martlet_cl_contraction_direct) }
      if !usesTensorCores { return loaders + KernelSource.text(martlet_cl_contraction_tiled) }
      return loaders + KernelSource.text(martlet_cl_mma) + KernelSource.text(martlet_cl_contraction_mma)
    }
  }

  extension Contraction.Pooling {
    /// The kernel's parameter for positions in windows.
    fileprivate var parameter: String? {
      index.map { "__global \(isUpstream ? "const " : "")\($0.dtype == .uint8 ? "uchar" : "int") *index," }
    }

    fileprivate var definitions: [(String, String)] {
      [
        (isUpstream ? "UNPOOLED" : "POOLED", "1"), ("WINDOW_HEIGHT", "\(window.height)"),
        ("WINDOW_WIDTH", "\(window.width)"), ("HAS_INDEX", index == nil ? "0" : "1"),
        ("INDEX_IS_BYTE", index?.dtype == .uint8 ? "1" : "0"),
      ]
    }
  }

  extension Contraction {
    fileprivate func rowTiles(_ tile: Tile) -> Int { (rows + tile.rows - 1) / tile.rows }
    fileprivate func columnTiles(_ tile: Tile) -> Int { (columns + tile.columns - 1) / tile.columns }
    fileprivate func tileCount(_ tile: Tile) -> Int { rowTiles(tile) * columnTiles(tile) * count }

    /// A layout as large as what the kernel may touch of an operand, for choosing the index type.
    func extent(of matrix: Matrix) -> Layout {
      let elements: Int
      if kind == .matmul {
        let reach =
          rows * abs(matrix.row) + columns * abs(matrix.column) + depth * (abs(matrix.row) + abs(matrix.column))
        elements = matrix.offset + count * abs(matrix.z) + reach
      } else {
        elements =
          matrix.offset + sliding.batch * (sliding.image.area + sliding.grid.area) * max(sliding.pixel, matrix.row, 1)
      }
      return Layout(contiguous: [elements])
    }

    /// Whether all elements of a GPU's panel belong to one tap of the window.
    fileprivate func hasOneTapPerPanel(of tile: Tile) -> Bool {
      kind == .convolution && tile.depth > 0 && sliding.channels % tile.depth == 0
    }

    /// Whether rows of a grid follow each other at one distance in every operand, so that a row needs no coordinates.
    func hasEvenRows(_ operands: [Operand]) -> Bool {
      operands.allSatisfy { operand in
        let strides = operand.layout.strides
        return (sliding.grid.height * sliding.batch == 1 || strides[1] == strides[2] * sliding.grid.width)
          && (sliding.batch == 1 || strides[0] == strides[1] * sliding.grid.height)
      }
    }

    /// Statements for the offset of each operand at the first column of a row.
    func offsets(_ operands: [Operand], _ steps: [Step]) -> [String] {
      let coordinates: [(text: String, axis: Int)]
      var lines: [String] = []
      switch kind {
      case .matmul: coordinates = [("z", 0), ("row", 1)]
      case .weightGradient: coordinates = [("slice", 0), ("row", 1)]
      case .convolution where hasEvenRows(operands): coordinates = [("row", 2)]
      case .convolution:
        lines = [
          "const INDEX grid_x = row % arguments.grid_width, grid_row = row / arguments.grid_width;",
          "const INDEX grid_y = grid_row % arguments.grid_height, grid_image = grid_row / arguments.grid_height;",
        ]
        coordinates = [("grid_image", 0), ("grid_y", 1), ("grid_x", 2)]
      }
      let columnAxis = kind == .convolution ? 3 : 2
      for v in operands.indices {
        var terms = ["arguments.offsets[\(v)]"]
        for (coordinate, axis) in coordinates { terms.append("\(coordinate) * arguments.strides[\(v)][\(axis)]") }
        if kind != .matmul && steps[v] != .none {
          terms.append("group * arguments.columns * arguments.strides[\(v)][\(columnAxis)]")
        }
        lines.append("const INDEX offset\(v) = " + terms.joined(separator: " + ") + ";")
        if steps[v] == .strided { lines.append("const INDEX stride\(v) = arguments.strides[\(v)][\(columnAxis)];") }
      }
      return lines
    }

    /// The same in a kernel that pools: of what the epilogue reads, at a position of the convolution's grid.
    fileprivate func pooledOffsets(_ operands: ArraySlice<Operand>, _ steps: [Step]) -> [String] {
      var lines: [String] = []
      for v in operands.indices {
        var terms = ["arguments.offsets[\(v)]"]
        for (axis, coordinate) in ["grid_image", "grid_y", "grid_x"].enumerated() {
          terms.append("\(coordinate) * arguments.strides[\(v)][\(axis)]")
        }
        if steps[v] != .none { terms.append("group * arguments.columns * arguments.strides[\(v)][3]") }
        lines.append("const INDEX offset\(v) = " + terms.joined(separator: " + ") + ";")
        if steps[v] == .strided { lines.append("const INDEX stride\(v) = arguments.strides[\(v)][3];") }
      }
      return lines
    }

    /// Statements that store the maximum of a window and its position.
    fileprivate static func storingMaximum(to pointer: String, offset operand: Int) -> [String] {
      [
        "const INDEX target = (window * arguments.groups + group) * arguments.columns + column;",
        "if (live == WIDTH) STORE(best, \(pointer) + arguments.offsets[\(operand)] + target);",
        "else store_first_float(best, \(pointer) + arguments.offsets[\(operand)] + target, 1, live);",
        "STORE_POSITIONS(position, index + arguments.index_offset + target, live)",
      ]
    }

    func arguments(_ tile: Tile, _ operands: [Operand], _ index: IndexType) -> ArgumentBlock {
      var block = ArgumentBlock(index)
      block.append([rows, columns, depth, rowTiles(tile), columnTiles(tile), tileCount(tile)])
      block.append([a.offset, a.z, a.row, a.column])
      block.append([b.offset, b.z, packedPanel ?? tile.columns, b.row, b.column])
      let s = sliding
      block.append([s.image.height, s.image.width, s.pixel, s.channels, s.grid.height, s.grid.width])
      block.append([s.stride.height, s.stride.width, s.start.height, s.start.width, s.step.height, s.step.width])
      block.append([s.taps.height, s.taps.width, s.tapStart, s.tapStep.height, s.tapStep.width])
      block.append([s.batch, slices, groups, s.leavesImage ? 1 : 0])
      block.append([pooling?.pooled.height ?? 0, pooling?.pooled.width ?? 0])
      block.append([pooling?.margin.height ?? 0, pooling?.margin.width ?? 0])
      block.append([s.grid.height, s.grid.width, pooling?.index?.layout.offset ?? 0])
      block.append(operands.map(\.layout.offset))
      for operand in operands {
        for axis in 0..<4 { block.append(axis < operand.layout.rank ? operand.layout.strides[axis] : 0) }
      }
      block.append(words: (epilogue?.parameters.map(\.bits) ?? []) + [0])
      return block
    }
  }
#endif
