import MartletBackend
import MartletReferenceBackend
import Testing

@Suite("Matrix products") struct MatmulTests {
  @Test("are sums of products", arguments: backends)
  func definition(on backend: ReferenceBackend) throws {
    let a = backend.view([1, 2, 3, 4, 5, 6] as [Float], [1, 2, 3])
    let b = backend.view([7, 8, 9, 10, 11, 12] as [Float], [1, 3, 2])
    let c = backend.empty([1, 2, 2])
    backend.matmul(a, b, accumulate: false, epilogue: nil, into: c)
    #expect(try backend.elements(c) == [58, 64, 139, 154])
    backend.matmul(a, b, accumulate: true, epilogue: nil, into: c)
    #expect(try backend.elements(c) == [116, 128, 278, 308])
  }

  @Test("take transposes, broadcast batches and a bias with activation", arguments: backends)
  func stridesAndEpilogue(on backend: ReferenceBackend) throws {
    var a = backend.view([1, 4, 2, 5, 3, 6] as [Float], [1, 3, 2])
    a.layout = a.layout.transposed([0, 2, 1])
    a.layout = try a.layout.broadcast(to: [2, 2, 3])
    let b = backend.view([1, 0, 0, 1, 1, 1, -1, 0, 0, -1, -1, -1] as [Float], [2, 3, 2])
    let c = backend.empty([2, 2, 2])
    var bias = backend.view([1, -2] as [Float], [2])
    bias.layout = try bias.layout.broadcast(to: [2, 2, 2])
    let relu = ElementwiseProgram(inputs: [.float32, .float32]) { x, _ in [.maximum(x[0] + x[1], 0)] }
    backend.matmul(a, b, accumulate: false, epilogue: Epilogue(relu, inputs: [bias]), into: c)
    // a·b₀ = [4 5; 10 11], a·b₁ its negative.
    #expect(try backend.elements(c) == [5, 3, 11, 9, 0, 0, 0, 0])
  }

  @Test("over nothing are +0")
  func emptySum() throws {
    let backend = ReferenceBackend()
    let c = backend.empty([1, 2, 2])
    backend.matmul(backend.empty([1, 2, 0]), backend.empty([1, 0, 2]), accumulate: false, epilogue: nil, into: c)
    #expect(try backend.elements(c, as: UInt32.self) == [0, 0, 0, 0])
  }

  // 1 + 2⁻²⁴ + 2⁻²⁴ is 1 + 2⁻²³; in Float each of the two steps rounds back to 1.
  @Test("round once, or at each step of the chain")
  func arithmetic() throws {
    for (arithmetic, expected) in [(ReferenceBackend.Arithmetic.accurate, 1 + 0x1p-23 as Float), (.canonical, 1)] {
      let backend = ReferenceBackend(arithmetic: arithmetic)
      let a = backend.view([1, 0x1p-12, 0x1p-12] as [Float], [1, 1, 3])
      let b = backend.view([1, 0x1p-12, 0x1p-12] as [Float], [1, 3, 1])
      let c = backend.empty([1, 1, 1])
      backend.matmul(a, b, accumulate: false, epilogue: nil, into: c)
      #expect(try backend.elements(c) == [expected])
    }
  }
}

@Suite("Convolutions") struct ConvolutionTests {
  // A 3×3 image [1 2 3; 4 5 6; 7 8 9] under the 2×2 window [1 2; 3 4].
  private static let image: [Float] = [1, 2, 3, 4, 5, 6, 7, 8, 9]
  private static let kernel: [Float] = [1, 2, 3, 4]

  @Test("slide the window", arguments: backends)
  func valid(on backend: ReferenceBackend) throws {
    let y = backend.empty([1, 2, 2, 1])
    backend.conv2d(
      backend.view(Self.image, [1, 3, 3, 1]), weights: backend.view(Self.kernel, [2, 2, 1, 1]),
      Convolution(window: Window(size: Extent2D(2))), epilogue: nil, output: y)
    // 1·1 + 2·2 + 4·3 + 5·4 = 37 and so on.
    #expect(try backend.elements(y) == [37, 47, 67, 77])
  }

  @Test("leave the margins out, here padded at the bottom and right with stride 2", arguments: backends)
  func strideAndMargins(on backend: ReferenceBackend) throws {
    let y = backend.empty([1, 2, 2, 1])
    let window = Window(size: Extent2D(2), stride: Extent2D(2), margins: Margins(bottom: 1, right: 1))
    backend.conv2d(
      backend.view(Self.image, [1, 3, 3, 1]), weights: backend.view(Self.kernel, [2, 2, 1, 1]),
      Convolution(window: window), epilogue: nil, output: y)
    // 37; 3·1 + 6·3; 7·1 + 8·2; 9·1.
    #expect(try backend.elements(y) == [37, 21, 23, 9])
  }

  @Test("spread their taps by the dilation", arguments: backends)
  func dilation(on backend: ReferenceBackend) throws {
    let y = backend.empty([1, 1, 1, 1])
    backend.conv2d(
      backend.view(Self.image, [1, 3, 3, 1]), weights: backend.view(Self.kernel, [2, 2, 1, 1]),
      Convolution(window: Window(size: Extent2D(2), dilation: Extent2D(2))), epilogue: nil, output: y)
    // 1·1 + 3·2 + 7·3 + 9·4.
    #expect(try backend.elements(y) == [64])
  }

  @Test("with groups see their own channels only", arguments: backends)
  func groups(on backend: ReferenceBackend) throws {
    let y = backend.empty([1, 1, 1, 4])
    // Input channels (2, 3); the outputs 0 and 1 see the first, 2 and 3 the second.
    backend.conv2d(
      backend.view([2, 3] as [Float], [1, 1, 1, 2]),
      weights: backend.view([1, 10, 100, 1000] as [Float], [1, 1, 1, 4]),
      Convolution(window: Window(size: Extent2D(1)), groups: 2), epilogue: nil, output: y)
    #expect(try backend.elements(y) == [2, 20, 300, 3000])
  }

  @Test("have the gradients worked out by hand", arguments: backends)
  func gradients(on backend: ReferenceBackend) throws {
    let convolution = Convolution(window: Window(size: Extent2D(2)))
    let upstream = backend.view([1, 10, 100, 1000] as [Float], [1, 2, 2, 1])
    let dx = backend.empty([1, 3, 3, 1])
    let dw = backend.empty([2, 2, 1, 1])
    backend.conv2dDataGradient(
      upstream, weights: backend.view(Self.kernel, [2, 2, 1, 1]), convolution, inputGradient: dx)
    backend.conv2dWeightGradient(
      backend.view(Self.image, [1, 3, 3, 1]), upstream: upstream, convolution, weightGradient: dw)
    // dx[y, x] = Σ upstream[y - ky, x - kx] · kernel[ky, kx].
    #expect(try backend.elements(dx) == [1, 12, 20, 103, 1234, 2040, 300, 3400, 4000])
    // dw[ky, kx] = Σ upstream[y, x] · image[y + ky, x + kx].
    #expect(try backend.elements(dw) == [5421, 6532, 8754, 9865])
  }

  // ⟨conv(x, w), u⟩ = ⟨x, dataGradient(u, w)⟩ = ⟨w, weightGradient(x, u)⟩; with small whole numbers all of it is exact.
  @Test(
    "are adjoint to their gradients for every geometry",
    arguments: [(1, 1, 0), (2, 1, 1), (3, 2, 2), (1, 3, 4), (2, 2, 5)], [1, 2, 4])
  func adjoints(geometry: (stride: Int, dilation: Int, margin: Int), groups: Int) throws {
    let backend = ReferenceBackend()
    let window = Window(
      size: Extent2D(3, 2), stride: Extent2D(geometry.stride), dilation: Extent2D(geometry.dilation),
      margins: Margins(top: geometry.margin, bottom: 1, left: 0, right: geometry.margin))
    let image = Extent2D(7, 5)
    let out = window.outputExtent(over: image)
    try #require(out.area > 0)
    var generator = PhiloxGenerator(seed: 3)
    func numbers(_ shape: Shape) -> [Float] {
      (0..<shape.elementCount).map { _ in Float(Int.random(in: -4...4, using: &generator)) }
    }
    let (xShape, wShape, yShape): (Shape, Shape, Shape) = (
      [3, 7, 5, 4], [3, 2, 4 / groups, 8], [3, out.height, out.width, 8]
    )
    let (x, w, u) = (numbers(xShape), numbers(wShape), numbers(yShape))
    let (y, dx, dw) = (backend.empty(yShape), backend.empty(xShape), backend.empty(wShape))
    let convolution = Convolution(window: window, groups: groups)
    let (xView, wView, uView) = (backend.view(x, xShape), backend.view(w, wShape), backend.view(u, yShape))
    backend.conv2d(xView, weights: wView, convolution, epilogue: nil, output: y)
    backend.conv2dDataGradient(uView, weights: wView, convolution, inputGradient: dx)
    backend.conv2dWeightGradient(xView, upstream: uView, convolution, weightGradient: dw)
    func dot(_ a: [Float], _ b: [Float]) -> Double { zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) } }
    let forward = dot(try backend.elements(y), u)
    #expect(try dot(backend.elements(dx), x) == forward)
    #expect(try dot(backend.elements(dw), w) == forward)
  }
}
