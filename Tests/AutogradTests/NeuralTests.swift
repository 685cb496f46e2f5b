import MartletAutograd
import MartletBackend
import MartletTensor
import MartletTestSupport
import Testing

@Suite("Products, images and probabilities") struct NeuralTests {
  @Test("matrix products by NumPy's rules", arguments: Device.underTest)
  func matmul(on device: Device) throws {
    let a = Tensor([1, 2, 3, 4, 5, 6], shape: [2, 3], on: device)
    let b = Tensor([1, 0, 2, 1, 0, -1], shape: [3, 2], on: device)
    expectClose(a.matmul(b), [5, -1, 14, -1], shape: [2, 2])
    expectClose(b.matmul(a, transposingLeft: true, transposingRight: true), [5, 14, -1, -1], shape: [2, 2])
    expectClose(a.matmul(Tensor([1, 0, -1], on: device)), [-2, -2], shape: [2])
    expectClose(Tensor([1, -1], on: device).matmul(a), [-3, -3, -3], shape: [3])
    expectClose(Tensor([1, 2, 3], on: device).matmul(Tensor([4, 5, 6], on: device)), [32], shape: [])
    let batch = Tensor.stacked([a, a * 2])
    expectClose(batch.matmul(b), [5, -1, 14, -1, 10, -2, 28, -2], shape: [2, 2, 2])
    expectClose(a.matmul(Tensor.stacked([b, -b])), [5, -1, 14, -1, -5, 1, -14, 1], shape: [2, 2, 2])
    expectClose(Tensor.zeros([2, 0], on: device).matmul(.zeros([0, 2], on: device)), [0, 0, 0, 0], shape: [2, 2])
  }

  @Test("threads that share a device do not disturb each other", arguments: Device.underTest)
  func sharing(on device: Device) async throws {
    let wrong = await withTaskGroup(of: Int.self) { group in
      for task in 0..<4 {
        group.addTask {
          (0..<100).count { step in
            // Transposed, so that a backend may need temporary memory.
            let a = sample([2, 3], seed: UInt64(1000 * task + step), on: device)
            let b = sample([4, 3], seed: UInt64(1000 * task + step + 1), on: device)
            let product = try? a.matmul(b, transposingRight: true).floats()
            let expected = try? (a.expanded(at: 1) * b).sum(alongAxes: [2]).floats()
            guard let product, let expected else { return true }
            return zip(product, expected).contains { abs($0 - $1) > 1e-5 }
          }
        }
      }
      return await group.reduce(0, +)
    }
    #expect(wrong == 0)
  }

  @Test("dense fuses bias and activation into the product: one launch", arguments: Device.unshared)
  func dense(on device: Device) throws {
    let x = Tensor([1, 2, 3, 4], shape: [2, 1, 2], on: device)
    let kernel = Tensor([1, -1, 1, 0], shape: [2, 2], on: device)
    let bias = Tensor([0.5, 0], on: device)
    let before = device.statistics.launches
    let y = x.dense(kernel, bias: bias, activation: .relu)
    try device.synchronize()
    #expect(device.statistics.launches - before == 1)
    expectClose(y, [3.5, 0, 7.5, 0], shape: [2, 1, 2])
    let plain = x.matmul(kernel) + bias
    for (activation, expected) in [
      (.none, plain), (.relu6, plain.relu6()), (.sigmoid, plain.sigmoid()), (.tanh, plain.tanh()),
      (.softplus, plain.softplus()), (.hardSigmoid, plain.hardSigmoid()),
    ] as [(FusedActivation, Tensor)] {
      expectClose(x.dense(kernel, bias: bias, activation: activation), try expected.floats(), within: 2e-6)
    }
  }

  @Test("convolution of one image by hand, valid and same", arguments: Device.underTest)
  func conv2d(on device: Device) throws {
    let x = Tensor([1, 2, 3, 4, 5, 6, 7, 8, 9], shape: [1, 3, 3, 1], on: device)
    let kernel = Tensor([1, 0, 0, -1], shape: [2, 2, 1, 1], on: device)
    expectClose(x.conv2d(kernel), [-4, -4, -4, -4], shape: [1, 2, 2, 1])
    // For an even kernel the extra row and column of padding are at the bottom and right.
    expectClose(x.conv2d(kernel, padding: .same), [-4, -4, 3, -4, -4, 6, 7, 8, 9], shape: [1, 3, 3, 1])
    expectClose(
      x.conv2d(kernel, bias: Tensor([5], on: device), stride: Extent2D(2), padding: .same, activation: .relu),
      [1, 8, 12, 14], shape: [1, 2, 2, 1])
    // Two groups of one channel each, doubling and negating.
    let channels = Tensor([1, 10, 2, 20], shape: [1, 1, 2, 2], on: device)
    expectClose(
      channels.conv2d(Tensor([2, -1], shape: [1, 1, 1, 2], on: device), groups: 2), [2, -10, 4, -20])
  }

  @Test("transposed convolution spreads each element by the kernel", arguments: Device.underTest)
  func convTransposed2d(on device: Device) throws {
    let x = Tensor([1, 2], shape: [1, 1, 2, 1], on: device)
    let kernel = Tensor([1, 10, 100], shape: [1, 3, 1, 1], on: device)
    expectClose(x.convTransposed2d(kernel, stride: Extent2D(1, 2)), [1, 10, 102, 20, 200], shape: [1, 1, 5, 1])
    expectClose(x.convTransposed2d(kernel), [1, 12, 120, 200], shape: [1, 1, 4, 1])
    expectClose(
      x.convTransposed2d(kernel, stride: Extent2D(1, 2), padding: .same).shape.elementCount == 4 ? x : -x, [1, 2])
  }

  @Test("pooling takes the first maximum and the mean of what is inside", arguments: Device.underTest)
  func pooling(on device: Device) throws {
    let x = Tensor([1, 5, 5, 2, 3, 0, 4, 4, 9], shape: [1, 3, 3, 1], on: device)
    expectClose(x.maxPool2d(size: Extent2D(2)), [5], shape: [1, 1, 1, 1])
    expectClose(x.maxPool2d(size: Extent2D(2), padding: .same), [5, 5, 4, 9], shape: [1, 2, 2, 1])
    expectClose(x.averagePool2d(size: Extent2D(2), padding: .same), [2.75, 2.5, 4, 9])
    expectClose(
      gradient(at: x) { $0.maxPool2d(size: Extent2D(2), stride: Extent2D(1)).sum() }, [0, 2, 0, 0, 0, 0, 1, 0, 1])
    expectClose(
      gradient(at: x) { $0.averagePool2d(size: Extent2D(2), padding: .same).sum() },
      [0.25, 0.25, 0.5, 0.25, 0.25, 0.5, 0.5, 0.5, 1])
  }

  @Test("convolution and pooling as one give what the two give", arguments: Device.underTest)
  func conv2dMaxPooled(on device: Device) throws {
    for (index, activation) in FusedActivation.allCases.enumerated() {
      let x = sample([5, 9, 8, 16], on: device).requiringGradient()
      let kernel = sample([3, 3, 16, 20], seed: 2, scale: 0.2, on: device).requiringGradient()
      let bias = sample([20], seed: 3, on: device).requiringGradient()
      let padding: Padding = index % 2 == 0 ? .valid : .same
      let poolStride = Extent2D(index % 3 == 2 ? 1 : 2)
      let one = x.conv2dMaxPooled(
        kernel, bias: bias, padding: padding, activation: activation, poolSize: Extent2D(2), poolStride: poolStride)
      let two = x.conv2d(kernel, bias: bias, padding: padding, activation: activation)
        .maxPool2d(size: Extent2D(2), stride: poolStride)
      #expect(one.shape == two.shape)
      #expect(try one.floats() == two.floats(), "\(activation)")
      let weights = sample(one.shape, seed: 4, on: device)
      let (g, h) = ((one * weights).sum().gradients(), (two * weights).sum().gradients())
      if poolStride == Extent2D(2) {
        #expect(try g[x]?.floats() == h[x]?.floats(), "\(activation)")
        #expect(try g[kernel]?.floats() == h[kernel]?.floats(), "\(activation)")
      } else {
        // Where windows share an element, what they send is added before or after it is multiplied by the derivative.
        expectClose(try #require(g[x]), try #require(h[x]).floats(), within: 1e-5)
        expectClose(try #require(g[kernel]), try #require(h[kernel]).floats(), within: 1e-4)
      }
      expectClose(try #require(g[bias]), try #require(h[bias]).floats(), within: 1e-4)
    }
  }

  @Test("convolution and pooling as one take an empty batch", arguments: Device.underTest)
  func emptyPooledConvolution(on device: Device) throws {
    let x = Tensor.zeros([0, 6, 6, 16], on: device).requiringGradient()
    let kernel = sample([3, 3, 16, 8], on: device).requiringGradient()
    let y = x.conv2dMaxPooled(kernel, activation: .relu, poolSize: Extent2D(2))
    #expect(y.shape == [0, 2, 2, 8])
    let gradients = y.sum().gradients()
    #expect(gradients[x]?.shape == [0, 6, 6, 16])
    expectClose(try #require(gradients[kernel]), [Float](repeating: 0, count: 9 * 16 * 8))
  }

  @Test("softmax and its logarithm do not overflow", arguments: Device.underTest)
  func softmax(on device: Device) throws {
    let x = Tensor([0, 0.6931472, 1000, 1000], shape: [2, 2], on: device)
    expectClose(x.softmax(), [1.0 / 3, 2.0 / 3, 0.5, 0.5], shape: [2, 2])
    expectClose(x.logSoftmax(), [-1.0986123, -0.4054651, -0.6931472, -0.6931472])
    expectClose(Tensor([1, 5, 1, 5], shape: [2, 2], on: device).softmax(alongAxis: 0), [0.5, 0.5, 0.5, 0.5])
  }

  @Test("cross-entropy from logits, and its gradient softmax - oneHot", arguments: Device.underTest)
  func crossEntropy(on device: Device) throws {
    let logits = Tensor([0, 0.6931472, 0, 0, 7, 7], shape: [3, 2], on: device)
    let labels = Tensor([1, 0, -1] as [Int32], shape: [3], on: device)
    expectClose(logits.softmaxCrossEntropy(labels: labels), [0.4054651, 0.6931472, 0], shape: [3])
    expectClose(logits.softmaxCrossEntropy(labels: labels, averaged: true), [0.3662041], shape: [])
    expectClose(
      gradient(at: logits) { $0.softmaxCrossEntropy(labels: labels).sum() }, [1.0 / 3, -1.0 / 3, -0.5, 0.5, 0, 0])
    expectClose(
      gradient(at: logits) { $0.softmaxCrossEntropy(labels: labels, averaged: true) },
      [1.0 / 9, -1.0 / 9, -1.0 / 6, 1.0 / 6, 0, 0])
  }

  @Test("normalisation gives mean 0 and variance 1 before scale and offset", arguments: Device.underTest)
  func normalization(on device: Device) throws {
    let x = Tensor([1, 10, 3, 30, 5, 50], shape: [3, 2], on: device)
    let (result, mean, variance) = x.normalized(
      alongAxes: [0], epsilon: 0, scale: Tensor([2, 1], on: device), offset: Tensor([0, 7], on: device))
    // √(8/3) = 1.6329932 is the standard deviation of 1, 3, 5.
    expectClose(mean, [3, 30], shape: [1, 2])
    expectClose(variance, [8.0 / 3, 800.0 / 3], shape: [1, 2])
    expectClose(result, [-2.4494898, 5.775255, 0, 7, 2.4494898, 8.224745], within: 2e-6)
    expectClose(
      x.normalized(mean: mean, variance: variance, epsilon: 0), [-1.2247449, -1.2247449, 0, 0, 1.2247449, 1.2247449])
  }

  @Test("dropout keeps the mean, and its gradient drops the same elements", arguments: Device.underTest)
  func dropout(on device: Device) throws {
    let key = RandomKey(seed: 1)
    let x = Tensor.ones([100, 100], on: device)
    let y = try x.dropout(rate: 0.25, key: key).floats()
    #expect(Set(y) == [0, 1 / 0.75])
    // The standard error of the share is √(0.25 · 0.75 / 10000) = 0.0043.
    let dropped = y.filter { $0 == 0 }
    #expect(abs(Float(dropped.count) / 10_000 - 0.25) < 0.018)
    #expect(try gradient(at: x) { $0.dropout(rate: 0.25, key: key).sum() }.floats() == y)
    #expect(try x.dropout(rate: 0, key: key).floats() == x.floats())
  }

  @Test("an empty batch goes forwards and backwards, with gradients of zero", arguments: Device.underTest)
  func emptyBatch(on device: Device) throws {
    let x = Tensor.zeros([0, 6, 6, 1], on: device).requiringGradient()
    let kernel = sample([3, 3, 1, 2], on: device).requiringGradient()
    let weight = sample([8, 3], on: device).requiringGradient()
    let bias = sample([3], on: device).requiringGradient()
    let h = x.conv2d(kernel, activation: .relu).maxPool2d(size: Extent2D(2)).averagePool2d(size: Extent2D(1))
    let logits = h.flattened().dense(weight, bias: bias, activation: .tanh)
    #expect(logits.shape == [0, 3])
    let labels = Tensor([] as [Int32], shape: [0], on: device)
    let losses = logits.softmaxCrossEntropy(labels: labels) + logits.softmax().sum(alongAxes: [1])
    #expect(losses.shape == [0])
    let loss =
      losses.sum() + logits.normalized(alongAxes: [0], epsilon: 1).result.sum()
      + logits.gathered(labels).sum() + logits.sorted().values.sum() + logits.cumulativeSum(alongAxis: 0).sum()
    let gradients = loss.gradients()
    #expect(gradients[x]?.shape == [0, 6, 6, 1])
    expectClose(try #require(gradients[kernel]), [Float](repeating: 0, count: 18))
    expectClose(try #require(gradients[weight]), [Float](repeating: 0, count: 24))
    expectClose(try #require(gradients[bias]), [0, 0, 0])
  }

  @Test("a training step of a small convolutional network makes few launches", arguments: Device.unshared)
  func launches(on device: Device) throws {
    let images = sample([4, 28, 28, 1], on: device)
    let labels = Tensor([3, 1, 4, 1] as [Int32], shape: [4], on: device)
    let shapes: [Shape] = [[3, 3, 1, 4], [4], [3, 3, 4, 8], [8], [200, 10], [10]]
    var parameters = shapes.enumerated().map {
      sample($1, seed: UInt64($0), scale: 0.1, on: device).requiringGradient()
    }
    let descent = ElementwiseProgram(inputs: [.float32, .float32]) { x, _ in [x[0] - 0.1 * x[1]] }
    func step() throws -> Tensor {
      let p = parameters
      let h = images.conv2d(p[0], bias: p[1], activation: .relu).maxPool2d(size: Extent2D(2))
        .conv2d(p[2], bias: p[3], activation: .relu).maxPool2d(size: Extent2D(2))
      let loss = h.flattened().dense(p[4], bias: p[5]).softmaxCrossEntropy(labels: labels, averaged: true)
      let gradients = loss.gradients()
      for index in parameters.indices {
        let gradient = try #require(gradients[parameters[index]])
        Tensor.update(&parameters[index], with: descent, inputs: [gradient])
      }
      return loss
    }
    let first = try step().item()
    let before = device.statistics.launches
    let loss = try step()
    try device.synchronize()
    let launches = device.statistics.launches - before
    // On OpenCL a weight gradient, and a reduction of many elements, is two kernels.
    #expect(launches <= (device.name.hasPrefix("opencl") ? 40 : 27), "\(launches) launches")
    #expect(try loss.item() < first)
  }
}
