#if OpenCL
  import MartletBackend
  import MartletOpenCLBackend
  import Testing

  @Suite("OpenCL tiles", .needsDevice) struct TileTests {
    // The gpu profile takes tiles of 128 × 128, 64 × 64, 32 × 32, 256 × 128, 16 × 128, 128 × 32, 16 × 32 and 128 × 4.
    @Test(
      "of every size give the bits of a chain of fused multiply-adds",
      arguments: [
        [1500, 1400, 19], [500, 520, 33], [45, 40, 70], [3000, 1405, 9], [9, 700, 21], [1000, 30, 17],
        [13, 29, 70], [300, 3, 41],
      ])
    func sizes(extents: [Int]) throws {
      let (m, n, k) = (extents[0], extents[1], extents[2])
      var numbers = Numbers(seed: 5)
      let (a, b) = (HostView(numbers.floats(m * k), [1, m, k]), HostView(numbers.floats(n * k), [1, k, n]))
      let backend = try UnderTest.discovery.open("opencl", profile: .gpu)
      let c = backend.output([1, m, n])
      backend.matmul(a.on(backend), b.on(backend), accumulate: false, epilogue: nil, into: c)
      let got = try backend.elements(c)
      let (x, y) = (a.floats, b.floats)
      for (row, column) in [(0, 0), (m - 1, n - 1), (m / 2, n - 1), (31, 32), (m - 2, 7), (13, n / 3)]
      where row < m && column < n {
        var sum: Float = 0
        for step in 0..<k { sum = sum.addingProduct(x[row * k + step], y[step * n + column]) }
        #expect(got[row * n + column] == sum.bitPattern, "element \(row), \(column)")
      }
      let cpu = try UnderTest.backend(.cpu)
      let other = cpu.output([1, m, n])
      cpu.matmul(a.on(cpu), b.on(cpu), accumulate: false, epilogue: nil, into: other)
      #expect(try cpu.elements(other) == got)
    }

    @Test("are the largest for products only, narrow for few columns, low for few rows")
    func choices() {
      func tile(_ kind: ContractionKind, _ rows: Int, _ columns: Int, _ count: Int = 1) -> [Int] {
        let tile = Tile.chosen(for: .gpu, kind, rows: rows, columns: columns, count: count)
        return [tile.rows, tile.columns, tile.itemRows * tile.itemColumns]
      }
      #expect(tile(.matmul, 4096, 4096) == [256, 128, 128])
      #expect(tile(.convolution, 100_000, 256) == [128, 128, 64])
      #expect(tile(.weightGradient, 2304, 512, 4) == [128, 128, 64])
      #expect(tile(.matmul, 512, 512) == [64, 64, 16])
      #expect(tile(.matmul, 64, 64) == [32, 32, 16])
      #expect(tile(.matmul, 8, 1000) == [16, 128, 16])
      #expect(tile(.weightGradient, 9, 32, 16) == [16, 32, 16])
      #expect(tile(.convolution, 5000, 20) == [128, 32, 16])
      #expect(tile(.convolution, 5000, 3) == [128, 4, 16])
      // Every tile is one that a group's items can load: each brings whole elements of both panels.
      for (rows, columns) in [(9, 9), (9, 900), (900, 3), (900, 30), (90, 90), (900, 900), (9000, 900), (9000, 9000)] {
        for tile in Tile.chosen(for: .gpu, .matmul, rows: rows, columns: columns, count: 1).andSmaller(isDirect: false)
        {
          #expect(tile.rows * tile.depth % tile.groupSize == 0 && tile.columns * tile.depth % tile.groupSize == 0)
          #expect(tile.groupSize <= 256 && tile.localByteCount <= 32 << 10, "\(tile)")
        }
      }
    }

    @Test("become smaller where a driver has no room for their kernel, with the same result")
    func smaller() throws {
      var library = try OpenCLLibrary.open()
      // A driver whose groups turn out to hold fewer items than the device promises.
      library.functions.getKernelWorkGroupInfo = { _, _, _, _, value, _ in
        value?.storeBytes(of: 64, as: Int.self)
        return 0
      }
      var numbers = Numbers(seed: 8)
      let (a, b) = (HostView(numbers.floats(520 * 9), [1, 520, 9]), HostView(numbers.floats(9 * 520), [1, 9, 520]))
      func product(on backend: OpenCLBackend) throws -> [UInt32] {
        let c = backend.output([1, 520, 520])
        backend.matmul(a.on(backend), b.on(backend), accumulate: false, epilogue: nil, into: c)
        return try backend.elements(c)
      }
      let limited = try OpenCLDiscovery(library: library).open("opencl", profile: .gpu)
      let wanted = try product(on: UnderTest.backend(.cpu))
      #expect(try product(on: limited) == wanted)
      // Element-wise kernels of this profile have groups of 256, and there is no smaller form of them.
      let x = HostView([1, 2] as [Float], [2]).on(limited)
      limited.map(
        ElementwiseProgram(inputs: [.float32]) { x, _ in [x[0] + 1] }, inputs: [x], parameters: [], outputs: [x])
      let error = #expect(throws: BackendError.self) { try limited.synchronize() }
      #expect(try #require(error).description.contains("groups of 64 at most"))
    }

    @Test("beyond the grid of outputs are predicated, not padded: memory beside the output stays as it was")
    func edges() throws {
      for profile in UnderTest.profiles {
        let backend = try UnderTest.backend(profile)
        let c = backend.output(
          [1, 33, 17], layout: Layout(shape: [1, 33, 17], strides: [0, 20, 1], offset: 4), capacity: 700)
        let a = HostView(Array(repeating: Float(1), count: 33 * 5), [1, 33, 5]).on(backend)
        let b = HostView(Array(repeating: Float(2), count: 17 * 5), [1, 5, 17]).on(backend)
        backend.matmul(a, b, accumulate: false, epilogue: nil, into: c)
        let memory = try backend.memory(c)
        for (position, bits) in memory.prefix(700).enumerated() {
          let (row, column) = ((position - 4) / 20, (position - 4) % 20)
          let isInside = position >= 4 && row < 33 && column < 17
          #expect(bits == (isInside ? Float(10).bitPattern : 0xffc0_dead), "\(profile), word \(position)")
        }
      }
    }

    @Test("with pooling take one launch, and on GPUs gradients through a pooling take no more than without")
    func pooledLaunches() throws {
      let backend = try UnderTest.discovery.open("opencl", profile: .test)
      var numbers = Numbers(seed: 6)
      let x = HostView(numbers.floats(2 * 9 * 9 * 3), [2, 9, 9, 3]).on(backend)
      let weights = HostView(numbers.floats(3 * 3 * 3 * 5), [3, 3, 3, 5]).on(backend)
      let convolution = Convolution(window: Window(size: Extent2D(3)))
      let pooling = Window(size: Extent2D(2), stride: Extent2D(2))
      let (pooled, index) = (backend.output([2, 3, 3, 5]), backend.output([2, 3, 3, 5], .uint8))
      func launches(_ body: () -> Void) -> Int {
        let before = backend.statistics.launches
        body()
        return backend.statistics.launches - before
      }
      #expect(
        launches {
          backend.conv2dMaxPooled(
            x, weights: weights, convolution, epilogue: nil, pooling: pooling, output: pooled, index: index)
        } == 1)
      #expect(
        launches {
          backend.conv2dMaxPooledDataGradient(
            pooled, index: index, pooling: pooling, weights: weights, convolution,
            inputGradient: backend.output([2, 9, 9, 3]))
        } == 1)
      #expect(
        launches {
          backend.conv2dMaxPooledWeightGradient(
            x, upstream: pooled, index: index, pooling: pooling, convolution,
            weightGradient: backend.output([3, 3, 3, 5]))
        } <= 2)
      try backend.synchronize()
    }
  }
#endif
