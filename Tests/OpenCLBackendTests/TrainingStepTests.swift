#if OpenCL
  import MartletBackend
  import MartletOpenCLBackend
  import Testing

  @Suite("OpenCL training step", .needsDevice) struct TrainingStepTests {
    /// The calls of one step of a small network: convolution, pooling, dense, softmax, all gradients, an update.
    private func step(_ backend: OpenCLBackend, _ tensors: Tensors) throws {
      let window = Window(size: Extent2D(3))
      let convolution = Convolution(window: window)
      let pooling = Window(size: Extent2D(2), stride: Extent2D(2))
      let images = (0..<4 * 10 * 10).map { Float($0 % 7) }
      images.withUnsafeBytes { backend.upload($0, to: tensors.x.storage, atByte: 0) }
      backend.conv2d(
        tensors.x, weights: tensors.w, convolution, epilogue: Epilogue(Self.biasRelu, inputs: [tensors.bias]),
        output: tensors.y)
      backend.pool2d(tensors.y, .maximum, pooling, output: tensors.pooled, index: tensors.index)
      backend.matmul(tensors.flat, tensors.dense, accumulate: false, epilogue: nil, into: tensors.logits)
      backend.softmaxRows(tensors.rows, logarithmic: false, output: tensors.rows)
      backend.matmul(tensors.logits, tensors.denseTurned, accumulate: false, epilogue: nil, into: tensors.flat)
      backend.pool2dBackward(tensors.pooled, .maximum, pooling, index: tensors.index, inputGradient: tensors.y)
      backend.conv2dWeightGradient(tensors.x, upstream: tensors.y, convolution, weightGradient: tensors.dw)
      backend.reduce(
        Self.identity, combiners: [.sum], axes: [0, 1, 2], inputs: [tensors.y], parameters: [], epilogue: nil,
        outputs: [tensors.dbias])
      backend.map(Self.descent, inputs: [tensors.w, tensors.dw], parameters: [.float32(0.01)], outputs: [tensors.w])
    }

    private static let biasRelu = ElementwiseProgram(inputs: [.float32, .float32]) { x, _ in
      [.maximum(x[0] + x[1], 0)]
    }
    private static let identity = ElementwiseProgram(inputs: [.float32]) { x, _ in [x[0]] }
    private static let descent = ElementwiseProgram(inputs: [.float32, .float32], parameters: [.float32]) { x, p in
      [x[0] - p[0] * x[1]]
    }

    private struct Tensors {
      let x, w, bias, y, pooled, index, dense, logits, dw, dbias: View

      init(_ backend: OpenCLBackend) {
        x = backend.output([4, 10, 10, 1])
        w = HostView((0..<72).map { Float($0 % 5) / 8 - 0.25 }, [3, 3, 1, 8]).on(backend)
        bias = HostView(Array(repeating: Float(0.125), count: 8), [8])
          .with(Layout(shape: [4, 8, 8, 8], strides: [0, 0, 0, 1])).on(backend)
        y = backend.output([4, 8, 8, 8])
        pooled = backend.output([4, 4, 4, 8])
        index = backend.output([4, 4, 4, 8], .uint8)
        dense = HostView((0..<1280).map { Float($0 % 9) / 32 }, [1, 128, 10]).on(backend)
        logits = backend.output([1, 4, 10])
        dw = backend.output([3, 3, 1, 8])
        dbias = backend.output([1, 1, 1, 8])
      }

      var flat: View { View(storage: pooled.storage, layout: Layout(contiguous: [1, 4, 128]), dtype: .float32) }
      var rows: View { View(storage: logits.storage, layout: Layout(contiguous: [4, 10]), dtype: .float32) }
      var denseTurned: View {
        View(storage: dense.storage, layout: dense.layout.transposed([0, 2, 1]), dtype: .float32)
      }
    }

    @Test(
      "in steady state builds nothing, creates no buffer, never waits, and stays below 30 launches",
      arguments: UnderTest.profiles)
    func steadyState(profile: OpenCLProfile) throws {
      let backend = try UnderTest.discovery.open("opencl", profile: profile)  // its counters are nobody else's
      let tensors = Tensors(backend)
      for _ in 0..<10 { try step(backend, tensors) }
      try backend.synchronize()
      let before = backend.statistics
      for _ in 0..<5 {
        try step(backend, tensors)
        backend.flush()
      }
      let after = backend.statistics
      #expect(after.programBuilds == before.programBuilds)
      #expect(after.systemAllocations == before.systemAllocations)
      #expect(after.synchronizations == before.synchronizations)
      #expect(after.launches - before.launches <= 5 * 30)
      #expect(after.bytesInUse == before.bytesInUse)
      try backend.synchronize()
    }

    @Test("repeats to the bit, and gives the same bits in both profiles")
    func repeatability() throws {
      let results = try (UnderTest.profiles + UnderTest.profiles).map { profile in
        let backend = try UnderTest.backend(profile)
        let tensors = Tensors(backend)
        for _ in 0..<3 { try step(backend, tensors) }
        return try backend.elements(tensors.w)
      }
      for other in results.dropFirst() { #expect(other == results[0]) }
    }
  }
#endif
