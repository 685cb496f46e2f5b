import MartletAutograd
import MartletBackend
import MartletTensor
import MartletTestSupport
import Testing

@Suite("Going backwards", .serialized) struct TapeTests {
  @Test("d(x·y + x)/dx = y + 1 and d/dy = x", arguments: Device.underTest)
  func product(on device: Device) throws {
    let x = Tensor([2, 3], on: device).requiringGradient()
    let y = Tensor([5, 7], on: device).requiringGradient()
    let gradients = (x * y + x).sum().gradients()
    expectClose(try #require(gradients[x]), [6, 8])
    expectClose(try #require(gradients[y]), [2, 3])
  }

  @Test("the third derivative of x⁴ is 24x", arguments: Device.underTest)
  func thirdDerivative(on device: Device) throws {
    let x = Tensor([1.5, -2], on: device).requiringGradient()
    let y = x.squared().squared().sum()
    let first = try #require(y.gradients(differentiable: true)[x])
    expectClose(first, [4 * 3.375, -32])
    let second = try #require(first.sum().gradients(differentiable: true)[x])
    expectClose(second, [27, 48])
    let third = try #require(second.sum().gradients()[x])
    expectClose(third, [36, -48])
  }

  @Test("a dense layer with relu sends gradients to input, kernel and bias", arguments: Device.underTest)
  func dense(on device: Device) throws {
    let x = Tensor([1, 2], shape: [1, 2], on: device).requiringGradient()
    let kernel = Tensor([1, -1, 2, 0.5, 1, -3], shape: [2, 3], on: device).requiringGradient()
    let bias = Tensor([0.5, 0, 1], on: device).requiringGradient()
    let y = x.dense(kernel, bias: bias, activation: .relu)
    expectClose(y, [2.5, 1, 0], shape: [1, 3])
    let gradients = y.sum().gradients()
    expectClose(try #require(gradients[x]), [0, 1.5])
    expectClose(try #require(gradients[kernel]), [1, 1, 0, 2, 2, 0])
    expectClose(try #require(gradients[bias]), [1, 1, 0])
  }

  @Test("a leaf without influence has no entry, a constant none either")
  func absentGradients() {
    let x = Tensor([1, 2]).requiringGradient()
    let unused = Tensor([3]).requiringGradient()
    let gradients = x.sum().gradients()
    #expect(gradients[unused] == nil)
    #expect(gradients[Tensor([1])] == nil)
    #expect(gradients.count == 1)
    #expect(Tensor([1, 2]).sum().gradients().count == 0)
  }

  @Test("nothing is recorded without a leaf, after detaching, or in withoutGradient")
  func recording() {
    let x = Tensor([1, 2]).requiringGradient()
    #expect((x * x).requiresGradient)
    #expect(!(x.detached * 2).requiresGradient)
    #expect(!(Tensor([1]) + 2).requiresGradient)
    #expect(!withoutGradient { (x * x).requiresGradient })
    #expect(!x.argmax().requiresGradient)
    #expect(!(x .> 0).requiresGradient)
  }

  @Test("the tape can be used again only when it is retained")
  func retaining() throws {
    let x = Tensor([3]).requiringGradient()
    let y = x.squared().sum()
    expectClose(try #require(y.gradients(retainingGraph: true)[x]), [6])
    expectClose(try #require(y.gradients()[x]), [6])
  }

  @Test("using a tape that was given up stops the program, naming the operation")
  func givenUp() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Tensor([3]).requiringGradient()
      let y = x.squared().sum()
      _ = y.gradients()
      _ = y.gradients()
    }
    let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(message.contains("retainingGraph"))
  }

  @Test("an upstream weights the elements")
  func upstream() throws {
    let x = Tensor([1, 2, 3]).requiringGradient()
    let gradients = x.squared().gradients(upstream: Tensor([1, 0, -1]))
    expectClose(try #require(gradients[x]), [2, 0, -6])
  }

  // In processes of their own: other tests make nodes at the same time.
  @Test("nodes live exactly as long as something needs them")
  func lifetimes() async {
    await #expect(processExitsWith: .success) {
      do {
        let x = Tensor([1, 2]).requiringGradient()
        var y = x
        for _ in 0..<10 { y = y * 2 + x }
        #expect(TapeNode.liveCount == 21)
        _ = y.sum().gradients()
        #expect(TapeNode.liveCount == 2)
      }
      #expect(TapeNode.liveCount == 0)
    }
  }

  @Test("a chain of a million operations goes backwards and is released, on a small stack, without a leak")
  func longChain() async {
    await #expect(processExitsWith: .success) {
      do {
        let x = Tensor([1], on: .cpu).requiringGradient()
        var y = x
        for _ in 0..<1_000_000 { y = y + 1 }
        expectClose(y, [1_000_001])
        expectClose(try #require(y.gradients(retainingGraph: true)[x]), [1])
      }
      #expect(TapeNode.liveCount == 0)
    }
  }

  @Test("repeated additions are summed in one order, so that gradients are the same bits each time")
  func determinism() throws {
    func run() throws -> [Float] {
      let x = sample([64], seed: 4).requiringGradient()
      var sum = x * 0
      for index in 1..<20 { sum = sum + (x * Float(index)).sin() }
      return try #require(sum.sum().gradients()[x]).floats()
    }
    #expect(try run() == run())
  }
}

@Suite("Gradients of functions") struct GradientFunctionTests {
  @Test("gradient(at:) gives the slope, and zeros where there is no influence")
  func slope() {
    expectClose(gradient(at: Tensor([1, -2])) { $0.squared().sum() }, [2, -4])
    expectClose(gradient(at: Tensor([1, -2])) { _ in Tensor(3) }, [0, 0])
    let (value, slope) = valueWithGradient(at: Tensor([3])) { ($0 * $0 * $0).sum() }
    expectClose(value, [27], shape: [])
    expectClose(slope, [27])
  }

  @Test("calls nest: the Hessian of x³ along v is 6x·v")
  func nesting() {
    let v = Tensor([1, 10])
    let product = gradient(at: Tensor([2, 3])) { x in
      (gradient(at: x, differentiable: true) { ($0 * $0 * $0).sum() } * v).sum()
    }
    expectClose(product, [12, 180])
  }

  @Test("other tensors are constants, even the same one used from outside")
  func captures() {
    let x = Tensor([2, 3])
    expectClose(gradient(at: x) { ($0 * x).sum() }, [2, 3])
    let leaf = x.requiringGradient()
    expectClose(gradient(at: leaf) { ($0 * leaf).sum() }, [2, 3])
  }

  @Test("a gradient taken inside a recorded computation leaves its tape alone")
  func isolation() throws {
    let w = Tensor([2]).requiringGradient()
    let h = w.squared()
    let slope = gradient(at: Tensor([5])) { ($0 * h).sum() }
    expectClose(slope, [4])
    expectClose(try #require(h.sum().gradients()[w]), [4])
  }

  @Test("a Hessian-vector product of a small network agrees with differences of gradients")
  func hessianVectorProduct() throws {
    let device = Device.reference
    let input = sample([4, 3], seed: 5, on: device)
    let v = sample([3, 2], seed: 6, on: device)
    @Sendable func loss(_ w: Tensor) -> Tensor {
      input.dense(w, activation: .tanh).softmaxCrossEntropy(
        labels: Tensor([0, 1, 1, 0] as [Int32], shape: [4], on: device), averaged: true)
    }
    let w = sample([3, 2], seed: 7, on: device)
    let product = gradient(at: w) { w in (gradient(at: w, differentiable: true, of: loss) * v).sum() }
    let h: Float = 1.0 / 64
    let difference = (gradient(at: w + v * h, of: loss) - gradient(at: w - v * h, of: loss)) / (2 * h)
    expectClose(product, try difference.floats(), within: 2e-4)
  }
}

@Suite("Checkpoints") struct CheckpointTests {
  @Test("give the same bits as without, random numbers and captured leaves included", arguments: Device.underTest)
  func equality(on device: Device) throws {
    let w = sample([6, 6], seed: 2, on: device).requiringGradient()
    let key = RandomKey(seed: 7)
    let block: @Sendable (Tensor) -> Tensor = { x in
      (x.dense(w, activation: .tanh).dropout(rate: 0.3, key: key) * x).gelu()
    }
    func run(_ apply: (Tensor) -> Tensor) throws -> [[Float]] {
      let x = sample([5, 6], seed: 3, on: device).requiringGradient()
      let loss = (apply(apply(x * 2)) + x).squared().sum()
      let gradients = loss.gradients()
      return [try loss.floats(), try #require(gradients[x]).floats(), try #require(gradients[w]).floats()]
    }
    #expect(try run { checkpoint($0, block) } == run(block))
  }

  @Test("nest")
  func nesting() throws {
    let x = sample([5], seed: 3).requiringGradient()
    let nested = checkpoint(x) { x in checkpoint(x * x) { $0.sin() } + x }.sum().gradients()
    let plain = ((x * x).sin() + x).sum().gradients()
    #expect(try #require(nested[x]).floats() == #require(plain[x]).floats())
  }

  @Test("have second derivatives")
  func secondDerivative() throws {
    let curvature = gradient(at: Tensor([0.5, 2])) { x in
      gradient(at: x, differentiable: true) { x in checkpoint(x) { $0.squared().squared() }.sum() }.sum()
    }
    expectClose(curvature, [3, 48])
  }

  @Test("keep nothing but their input")
  func memory() async {
    // In a process of its own: the number counts the nodes of all threads.
    await #expect(processExitsWith: .success) {
      let x = Tensor([1, 2]).requiringGradient()
      let y = checkpoint(x) { x in
        var y = x
        for _ in 0..<10 { y = y.sin() }
        return y
      }
      #expect(TapeNode.liveCount == 2)
      _ = y
    }
  }
}
