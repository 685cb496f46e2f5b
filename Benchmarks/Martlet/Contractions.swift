import Martlet

extension Catalogue {
  static let matmulBenchmarks: [Benchmark] =
    [256, 512, 1024, 2048].map { matmul("matmul-\($0)", rows: $0, steps: $0, columns: $0) }
    + [1, 10, 33].flatMap { few in
      [9, 25, 784].flatMap { steps in
        [(few, 256), (256, few)].map { rows, columns in
          matmul("matmul-\(rows)x\(steps)x\(columns)", rows: rows, steps: steps, columns: columns)
        }
      }
    }

  private static func matmul(
    _ name: String, in group: Benchmark.Group = .matmul, rows: Int, steps: Int, columns: Int
  ) -> Benchmark {
    Benchmark(
      name, in: group, workload: .matmul(rows: rows, steps: steps, columns: columns),
      cost: Cost(
        operations: Double(2 * rows * steps * columns),
        bytes: Double(4 * (rows * steps + steps * columns + rows * columns))),
      unit: .gigaflops
    ) { setting in
      let (a, b) = (noise([rows, steps], on: setting.device), noise([steps, columns], on: setting.device))
      return { _ = a.matmul(b) }
    }
  }

  private static let convolutions: [(name: String, convolution: ConvolutionShape)] = [
    ("3x3-64", ConvolutionShape(batch: 8, image: 56, channels: 64, filters: 64, kernel: 3)),
    ("3x3-128", ConvolutionShape(batch: 8, image: 28, channels: 128, filters: 128, kernel: 3)),
    ("1x1-256", ConvolutionShape(batch: 16, image: 14, channels: 256, filters: 256, kernel: 1)),
    ("5x5-1", ConvolutionShape(batch: 32, image: 28, channels: 1, filters: 32, kernel: 5)),
    ("stride2", ConvolutionShape(batch: 8, image: 56, channels: 64, filters: 128, kernel: 3, stride: 2)),
    ("7x7-stem", ConvolutionShape(batch: 4, image: 112, channels: 3, filters: 64, kernel: 7, stride: 2)),
    ("depthwise", ConvolutionShape(batch: 16, image: 28, channels: 128, filters: 128, kernel: 3, groups: 128)),
    ("dilated", ConvolutionShape(batch: 8, image: 56, channels: 64, filters: 64, kernel: 3, dilation: 2)),
  ]

  /// The layers of ResNet-50 that take most of its time, at a batch a GPU is trained with.
  private static let largeConvolutions: [(name: String, convolution: ConvolutionShape)] = [
    ("3x3-64-large", ConvolutionShape(batch: 64, image: 56, channels: 64, filters: 64, kernel: 3)),
    ("3x3-256-large", ConvolutionShape(batch: 64, image: 14, channels: 256, filters: 256, kernel: 3)),
    ("1x1-256-large", ConvolutionShape(batch: 64, image: 56, channels: 64, filters: 256, kernel: 1)),
    ("stride2-large", ConvolutionShape(batch: 64, image: 56, channels: 128, filters: 128, kernel: 3, stride: 2)),
  ]

  static let largeBenchmarks: [Benchmark] =
    [matmul("matmul-4096", in: .large, rows: 4096, steps: 4096, columns: 4096)]
    + benchmarks(of: largeConvolutions, in: .large)

  static let convolutionBenchmarks: [Benchmark] = benchmarks(of: convolutions, in: .convolutions)

  private static func benchmarks(
    of convolutions: [(name: String, convolution: ConvolutionShape)], in group: Benchmark.Group
  ) -> [Benchmark] {
    convolutions.flatMap { name, convolution in
      [false, true].map { training in
        Benchmark(
          "conv-\(name)" + (training ? "-train" : ""), in: group,
          workload: .convolution(convolution, training: training),
          cost: convolution.cost(training: training), unit: .gigaflops
        ) { setting in
          let images = noise(convolution.inputShape, on: setting.device)
          let weights = noise(convolution.weightShape, on: setting.device)
          guard training else { return { _ = convolution.result(images, weights) } }
          let upstream = noise(convolution.outputShape, on: setting.device)
          let (leaf, kernel) = (images.requiringGradient(), weights.requiringGradient())
          return { _ = convolution.result(leaf, kernel).gradients(upstream: upstream) }
        }
      }
    }
  }

  private static func noise(_ shape: Shape, on device: Device) -> Tensor {
    .normal(shape, mean: 0, standardDeviation: 1, key: RandomKey(seed: 1), on: device)
  }
}

extension ConvolutionShape {
  private var output: Int { (image + stride - 1) / stride }
  var inputShape: Shape { [batch, image, image, channels] }
  var weightShape: Shape { [kernel, kernel, channels / groups, filters] }
  var outputShape: Shape { [batch, output, output, filters] }

  /// Taps in the margins count like all others, as everywhere in the field.
  func cost(training: Bool) -> Cost {
    let passes = training ? 3.0 : 1
    let elements = inputShape.elementCount + weightShape.elementCount + outputShape.elementCount
    return Cost(
      operations: passes * Double(2 * outputShape.elementCount * kernel * kernel * channels / groups),
      bytes: passes * Double(4 * elements))
  }

  func result(_ images: Tensor, _ weights: Tensor) -> Tensor {
    images.conv2d(
      weights, stride: Extent2D(stride), padding: .explicit(Margins(all: margin)), dilation: Extent2D(dilation),
      groups: groups)
  }
}
