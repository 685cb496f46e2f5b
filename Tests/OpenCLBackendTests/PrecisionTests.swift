#if OpenCL
  import MartletBackend
  import MartletOpenCLBackend
  import Testing

  // What the C twins of tensor-core instructions compute is known to the bit: factors rounded, then one chain of fused multiply-adds.
  @Suite("OpenCL in reduced precision", .needsDevice) struct PrecisionTests {
    private static let levels: [Precision] = [.tensorFloat32, .bfloat16]

    /// To 10 or 7 bits of mantissa, from the definition: the nearer of two neighbours, a tie away from zero or to the even one.
    private func rounded(_ x: Float, _ level: Precision) -> Float {
      if !x.isFinite { return x }
      let kept: UInt32 = level == .bfloat16 ? 16 : 13
      let step: UInt32 = 1 << kept
      let below = x.bitPattern / step * step
      let rest = x.bitPattern - below
      let isOdd = below / step % 2 == 1
      let roundsUp = rest > step / 2 || (rest == step / 2 && (level == .tensorFloat32 || isOdd))
      return Float(bitPattern: roundsUp ? below + step : below)
    }

    private func emulating() throws -> OpenCLBackend {
      try UnderTest.discovery.open("opencl", OpenCLSettings(profile: .test, emulatesTensorCores: true))
    }

    @Test(
      "rounds the factors of a product, and nothing else, for sizes of all sorts", arguments: levels,
      [[1, 1, 1], [16, 8, 8], [17, 9, 33], [33, 50, 40], [64, 16, 32]]) func product(level: Precision, extents: [Int])
      throws
    {
      let backend = try emulating()
      let (m, k, n) = (extents[0], extents[1], extents[2])
      var numbers = Numbers(seed: 11)
      let (a, b) = (HostView(numbers.floats(m * k), [1, m, k]), HostView(numbers.floats(k * n), [1, n, k]))
      let turned = b.with(Layout(shape: [1, k, n], strides: [0, 1, k]))
      let begin = HostView(numbers.floats(m * n), [1, m, n])
      let c = begin.on(backend)
      Precision.$current.withValue(level) {
        backend.matmul(a.on(backend), turned.on(backend), accumulate: true, epilogue: nil, into: c)
      }
      let (x, y) = (a.floats.map { rounded($0, level) }, b.floats.map { rounded($0, level) })
      var wanted = begin.floats
      for row in 0..<m {
        for column in 0..<n {
          for step in 0..<k { wanted[row * n + column].addProduct(x[row * k + step], y[column * k + step]) }
        }
      }
      let got = try backend.elements(c)
      #expect(got == wanted.map(\.bitPattern))
    }

    @Test("rounds as the hardware: ties, subnormal numbers, infinities, NaN", arguments: levels) func rounding(
      level: Precision
    ) throws {
      let backend = try emulating()
      let x: [Float] = [
        1, 0x1.002p0, 0x1.001p0, 0x1.003p0, 0x1.01p0, 0x1.03p0, -0x1.001p0, 0x1p-149, 0x1.8p-136, 0, -0.0, .infinity,
        -.infinity, .nan, 3.4028235e38, 0x1.fffp9,
      ]
      let a = HostView(x, [1, x.count, 1]).on(backend)
      let c = backend.output([1, x.count, 1])
      Precision.$current.withValue(level) {
        backend.matmul(a, HostView([1] as [Float], [1, 1, 1]).on(backend), accumulate: false, epilogue: nil, into: c)
      }
      // The chain begins at +0, so −0 becomes +0.
      expectSameFloats(try backend.elements(c), x.map { (0 + rounded($0, level)).bitPattern })
    }

    @Test("reaches convolutions, pooled or not, and all their gradients", arguments: levels) func convolutions(
      level: Precision
    ) throws {
      // Operands that are exact at every level have the same results at every level.
      func exact(_ count: Int, _ shape: Shape) -> HostView {
        HostView((0..<count).map { Float($0 * 7 % 11 - 5) }, shape)
      }
      let convolution = Convolution(window: Window(size: Extent2D(3), margins: Margins(all: 1)))
      let pooling = Window(size: Extent2D(2), stride: Extent2D(2))
      let (reduced, plain) = (try emulating(), try UnderTest.backend(.test))
      let results = try [reduced, plain].map { backend in
        try Precision.$current.withValue(level) {
          let x = exact(2 * 6 * 6 * 3, [2, 6, 6, 3]).on(backend)
          let weights = exact(3 * 3 * 3 * 5, [3, 3, 3, 5]).on(backend)
          let y = backend.output([2, 6, 6, 5])
          let (dx, dw) = (backend.output([2, 6, 6, 3]), backend.output([3, 3, 3, 5]))
          let all = exact(2 * 6 * 6 * 5, [2, 6, 6, 5]).on(backend)
          let (pooled, index) = (backend.output([2, 3, 3, 5]), backend.output([2, 3, 3, 5], .uint8))
          let (pooledDx, pooledDw) = (backend.output([2, 6, 6, 3]), backend.output([3, 3, 3, 5]))
          backend.conv2d(x, weights: weights, convolution, epilogue: nil, output: y)
          backend.conv2dDataGradient(all, weights: weights, convolution, inputGradient: dx)
          backend.conv2dWeightGradient(x, upstream: all, convolution, weightGradient: dw)
          backend.conv2dMaxPooled(
            x, weights: weights, convolution, epilogue: nil, pooling: pooling, output: pooled, index: index)
          let upstream = exact(2 * 3 * 3 * 5, [2, 3, 3, 5]).on(backend)
          backend.conv2dMaxPooledDataGradient(
            upstream, index: index, pooling: pooling, weights: weights, convolution, inputGradient: pooledDx)
          backend.conv2dMaxPooledWeightGradient(
            x, upstream: upstream, index: index, pooling: pooling, convolution, weightGradient: pooledDw)
          return try [y, dx, dw, pooled, index, pooledDx, pooledDw].map { try backend.elements($0) }
        }
      }
      #expect(results[0] == results[1])
    }

    @Test("is float32 to the bit where the device has nothing for it, and outside the scope", arguments: levels)
    func fallback(level: Precision) throws {
      var numbers = Numbers(seed: 12)
      let (a, b) = (HostView(numbers.floats(20 * 30), [1, 20, 30]), HostView(numbers.floats(30 * 10), [1, 30, 10]))
      func product(on backend: OpenCLBackend, at level: Precision) throws -> [UInt32] {
        let c = backend.output([1, 20, 10])
        Precision.$current.withValue(level) {
          backend.matmul(a.on(backend), b.on(backend), accumulate: false, epilogue: nil, into: c)
        }
        return try backend.elements(c)
      }
      let emulating = try emulating()
      let wanted = try product(on: emulating, at: .float32)
      #expect(emulating.computes(in: level) && emulating.computes(in: .float32))
      for profile in UnderTest.profiles {
        let backend = try UnderTest.discovery.open("opencl", OpenCLSettings(profile: profile))
        let isPlain = !backend.computes(in: level)
        if isPlain {
          let got = try product(on: backend, at: level)
          #expect(got == wanted)
        }
        #expect(isPlain || profile != .cpu)
      }
      let reduced = try product(on: emulating, at: level)
      #expect(reduced != wanted)
    }
  }
#endif
