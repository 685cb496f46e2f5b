#if OpenCL
  import MartletBackend
  import MartletOpenCLBackend
  import Testing

  @Suite("OpenCL tiles", .needsDevice) struct TileTests {
    // The gpu profile takes tiles of 128 × 128, 64 × 64, 32 × 32, 256 × 128, 16 × 128 and 128 × 32.
    @Test(
      "of every size give the bits of a chain of fused multiply-adds",
      arguments: [[1500, 1400, 19], [500, 520, 33], [45, 40, 70], [3000, 1405, 9], [9, 700, 21], [1000, 30, 17]])
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
