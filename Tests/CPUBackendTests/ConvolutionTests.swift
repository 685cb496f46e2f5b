import MartletBackend
import MartletCPUBackend
import Testing

/// One convolution to try.
struct ConvolutionCase: CustomStringConvertible, Sendable {
  var batch: Int
  var image: Extent2D
  var channels: Int
  var filters: Int
  var window: Window
  var groups = 1

  init(
    _ batch: Int, _ height: Int, _ width: Int, _ channels: Int, to filters: Int, kernel: Extent2D,
    stride: Extent2D = .init(1),
    dilation: Extent2D = .init(1), margins: Margins = .init(), groups: Int = 1
  ) {
    self.batch = batch
    self.image = Extent2D(height, width)
    self.channels = channels
    self.filters = filters
    self.window = Window(size: kernel, stride: stride, dilation: dilation, margins: margins)
    self.groups = groups
  }

  var convolution: Convolution { Convolution(window: window, groups: groups) }
  var output: Extent2D { window.outputExtent(over: image) }
  var inputShape: Shape { [batch, image.height, image.width, channels] }
  var weightShape: Shape { [window.size.height, window.size.width, channels / groups, filters] }
  var outputShape: Shape { [batch, output.height, output.width, filters] }
  var description: String {
    "\(batch)×\(image)×\(channels)→\(filters), kernel \(window.size), stride \(window.stride), "
      + "dilation \(window.dilation), margins \(window.margins.top) \(window.margins.bottom) \(window.margins.left) "
      + "\(window.margins.right), groups \(groups)"
  }

  /// Visits every product of the convolution: positions in the input, the weights and the output, such that for each
  /// position of each of the three the others come in the specified order.
  func forEachProduct(_ visit: (_ image: Int, _ input: Int, _ weight: Int, _ output: Int) -> Void) {
    let (perGroup, filtersPerGroup) = (channels / groups, filters / groups)
    func element(_ shape: Shape, _ a: Int, _ b: Int, _ c: Int, _ d: Int) -> Int {
      ((a * shape[1] + b) * shape[2] + c) * shape[3] + d
    }
    // Kernel row, kernel column, channel, filter outermost serves outputs and inputs; for one weight, image, output row
    // and output column are ascending inside.
    for i in 0..<window.size.height {
      for j in 0..<window.size.width {
        for channel in 0..<perGroup {
          for filter in 0..<filters {
            let inputChannel = filter / filtersPerGroup * perGroup + channel
            for n in 0..<batch {
              for row in 0..<output.height {
                for column in 0..<output.width {
                  let y = row * window.stride.height - window.margins.top + i * window.dilation.height
                  let x = column * window.stride.width - window.margins.left + j * window.dilation.width
                  guard (0..<image.height).contains(y), (0..<image.width).contains(x) else { continue }
                  visit(
                    n, element(inputShape, n, y, x, inputChannel), element(weightShape, i, j, channel, filter),
                    element(outputShape, n, row, column, filter))
                }
              }
            }
          }
        }
      }
    }
  }

  static let all: [ConvolutionCase] = [
    // The layers of a small net on 28×28 digits.
    ConvolutionCase(2, 28, 28, 1, to: 32, kernel: .init(3)),
    ConvolutionCase(2, 13, 13, 32, to: 64, kernel: .init(3)),
    ConvolutionCase(5, 11, 11, 1, to: 6, kernel: .init(5), margins: .init(all: 2)),
    // One pixel, one channel, one tap.
    ConvolutionCase(1, 1, 1, 1, to: 1, kernel: .init(1)),
    ConvolutionCase(3, 1, 1, 5, to: 3, kernel: .init(1)),
    ConvolutionCase(1, 7, 7, 20, to: 33, kernel: .init(1)),
    ConvolutionCase(2, 9, 8, 16, to: 17, kernel: .init(1), stride: .init(2)),
    // Kernels that reach over the image, and margins wider than the kernel.
    ConvolutionCase(2, 2, 3, 3, to: 4, kernel: .init(5), margins: .init(all: 2)),
    ConvolutionCase(1, 3, 3, 2, to: 2, kernel: .init(2), margins: .init(top: 3, bottom: 2, left: 4, right: 3)),
    ConvolutionCase(1, 1, 4, 2, to: 3, kernel: .init(3, 1), margins: .init(top: 1, bottom: 1)),
    // Strides, dilations and uneven margins.
    ConvolutionCase(2, 9, 11, 5, to: 7, kernel: .init(3), stride: .init(2), margins: .init(bottom: 1, right: 1)),
    ConvolutionCase(1, 10, 7, 4, to: 15, kernel: .init(2, 3), stride: .init(3, 2)),
    ConvolutionCase(2, 12, 12, 3, to: 16, kernel: .init(3), dilation: .init(2), margins: .init(all: 2)),
    ConvolutionCase(
      1, 11, 13, 6, to: 5, kernel: .init(3), stride: .init(2), dilation: .init(3, 2), margins: .init(all: 3)),
    ConvolutionCase(1, 8, 8, 2, to: 3, kernel: .init(3), stride: .init(4), dilation: .init(2)),
    ConvolutionCase(1, 5, 29, 15, to: 31, kernel: .init(1, 4), margins: .init(left: 2, right: 1)),
    ConvolutionCase(1, 6, 6, 3, to: 2, kernel: .init(1), stride: .init(3)),
    // Long chains, cut into blocks.
    ConvolutionCase(1, 5, 5, 130, to: 35, kernel: .init(2), margins: .init(bottom: 1, right: 1)),
    ConvolutionCase(1, 2, 5, 1600, to: 18, kernel: .init(1, 2), margins: .init(left: 1)),
    // One channel and a square kernel, whose short chains have tiles of their own.
    ConvolutionCase(2, 10, 21, 1, to: 40, kernel: .init(3)),
    ConvolutionCase(3, 11, 14, 1, to: 33, kernel: .init(5), margins: .init(all: 2)),
    ConvolutionCase(3, 11, 14, 1, to: 12, kernel: .init(3), dilation: .init(2)),
    // Groups, and one channel per group with one and with several filters.
    ConvolutionCase(2, 7, 7, 12, to: 8, kernel: .init(3), margins: .init(all: 1), groups: 4),
    ConvolutionCase(1, 6, 5, 6, to: 70, kernel: .init(3), stride: .init(2), groups: 2),
    ConvolutionCase(2, 7, 9, 37, to: 37, kernel: .init(3), margins: .init(all: 1), groups: 37),
    ConvolutionCase(1, 9, 9, 16, to: 16, kernel: .init(5), stride: .init(2), margins: .init(all: 2), groups: 16),
    ConvolutionCase(3, 6, 6, 3, to: 3, kernel: .init(3), dilation: .init(2), groups: 3),
    ConvolutionCase(2, 5, 5, 5, to: 15, kernel: .init(2), groups: 5),
    // Rows of depthwise results: every width of a tile, borders on both sides of one, strides and gradients' mirror.
    ConvolutionCase(2, 6, 17, 37, to: 37, kernel: .init(3), margins: .init(top: 1, bottom: 2, left: 2), groups: 37),
    ConvolutionCase(1, 5, 23, 16, to: 16, kernel: .init(5), margins: .init(all: 2), groups: 16),
    ConvolutionCase(1, 9, 13, 33, to: 33, kernel: .init(3), stride: .init(2), margins: .init(all: 1), groups: 33),
    ConvolutionCase(1, 11, 20, 20, to: 20, kernel: .init(2, 5), stride: .init(1, 2), groups: 20),
    ConvolutionCase(1, 8, 2, 18, to: 18, kernel: .init(3, 5), margins: .init(all: 3), groups: 18),
    ConvolutionCase(
      1, 9, 10, 16, to: 16, kernel: .init(3), dilation: .init(2, 1), margins: .init(all: 2), groups: 16),
    // One filter, and one channel whose gradient is wanted: pixels become the lanes.
    ConvolutionCase(3, 9, 35, 8, to: 1, kernel: .init(3), margins: .init(all: 1)),
    ConvolutionCase(1, 12, 12, 1, to: 5, kernel: .init(5)),
    ConvolutionCase(2, 7, 7, 6, to: 1, kernel: .init(3), dilation: .init(2), margins: .init(left: 2, right: 1)),
    ConvolutionCase(2, 7, 7, 6, to: 1, kernel: .init(3), stride: .init(2)),
    // A batch in many slices, and none at all.
    ConvolutionCase(21, 4, 5, 3, to: 18, kernel: .init(3), margins: .init(all: 1)),
    ConvolutionCase(0, 4, 4, 2, to: 2, kernel: .init(3)),
  ]
}

@Suite("CPU conv2d") struct ConvolutionTests {
  @Test("is one chain per output over (kernel row, kernel column, channel)", arguments: ConvolutionCase.all)
  func forward(_ test: ConvolutionCase) throws {
    let x = noise(test.inputShape.elementCount, seed: 1)
    let w = noise(test.weightShape.elementCount, seed: 2)
    let bias = noise(test.filters, seed: 3)
    var y = [Float](repeating: 0, count: test.outputShape.elementCount)
    test.forEachProduct { _, input, weight, output in y[output].addProduct(x[input], w[weight]) }
    let rectified = y.indices.map { max(y[$0] + bias[$0 % test.filters], 0) }
    let biasTimesResult = ElementwiseProgram(inputs: [.float32, .float32], parameters: [.float32]) { x, p in
      [x[0] * x[1] - p[0]]
    }
    let biasAndRectifier = ElementwiseProgram(inputs: [.float32, .float32]) { x, _ in [.maximum(x[0] + x[1], 0)] }
    for backend in backendsUnderTest {
      let (input, weights) = (backend.tensor(x, test.inputShape), backend.tensor(w, test.weightShape))
      let output = backend.unwritten(test.outputShape)
      backend.conv2d(input, weights: weights, test.convolution, epilogue: nil, output: output)
      expectIdentical(try backend.contents(of: output), y, "\(test) on \(backend.capabilities.deviceName)")
      let epilogue = Epilogue(biasAndRectifier, inputs: [try backend.vector(bias, over: test.outputShape)])
      backend.conv2d(input, weights: weights, test.convolution, epilogue: epilogue, output: output)
      expectIdentical(try backend.contents(of: output), rectified, "\(test) with a bias and a rectifier")
      let scaled = Epilogue(
        biasTimesResult, inputs: [try backend.vector(bias, over: test.outputShape)], parameters: [.float32(3)])
      backend.conv2d(input, weights: weights, test.convolution, epilogue: scaled, output: output)
      expectIdentical(
        try backend.contents(of: output), y.indices.map { y[$0] * bias[$0 % test.filters] - 3 },
        "\(test) with a program of its own")
    }
  }

  @Test(
    "has an input gradient of one chain per input over (kernel row, kernel column, filter)",
    arguments: ConvolutionCase.all)
  func dataGradient(_ test: ConvolutionCase) throws {
    let dy = noise(test.outputShape.elementCount, seed: 4)
    let w = noise(test.weightShape.elementCount, seed: 5)
    // The visit runs over (channel, filter) per tap; an input has one channel, so its filters are ascending.
    var dx = [Float](repeating: 0, count: test.inputShape.elementCount)
    test.forEachProduct { _, input, weight, output in dx[input].addProduct(dy[output], w[weight]) }
    for backend in backendsUnderTest {
      let inputGradient = backend.unwritten(test.inputShape)
      backend.conv2dDataGradient(
        backend.tensor(dy, test.outputShape), weights: backend.tensor(w, test.weightShape), test.convolution,
        inputGradient: inputGradient)
      expectIdentical(
        try backend.contents(of: inputGradient), dx, "\(test) on \(backend.capabilities.deviceName)")
    }
  }

  @Test("has a weight gradient of one chain per slice over (image, row, column)", arguments: ConvolutionCase.all)
  func weightGradient(_ test: ConvolutionCase) throws {
    let x = noise(test.inputShape.elementCount, seed: 6)
    let dy = noise(test.outputShape.elementCount, seed: 7)
    let count = test.weightShape.elementCount
    let slices = Convolution.weightGradientSlices(batch: test.batch, weightCount: count)
    var sums = [[Float]](repeating: [Float](repeating: 0, count: count), count: slices)
    var sliceOfImage: [Int] = []
    for slice in 0..<slices {
      sliceOfImage += Array(repeating: slice, count: (slice + 1) * test.batch / slices - slice * test.batch / slices)
    }
    test.forEachProduct { image, input, weight, output in
      sums[sliceOfImage[image]][weight].addProduct(x[input], dy[output])
    }
    let dw = (0..<count).map { index in sums.dropFirst().reduce(sums[0][index]) { $0 + $1[index] } }
    for backend in backendsUnderTest {
      let weightGradient = backend.unwritten(test.weightShape)
      backend.conv2dWeightGradient(
        backend.tensor(x, test.inputShape), upstream: backend.tensor(dy, test.outputShape), test.convolution,
        weightGradient: weightGradient)
      expectIdentical(
        try backend.contents(of: weightGradient), dw, "\(test) on \(backend.capabilities.deviceName)")
    }
  }

  @Test("leaves taps in the margin out: infinite weights there do no harm")
  func infiniteWeights() throws {
    // The top row of the kernel is infinite and lies in the margin for the first output row.
    let backend = try CPUBackend()
    let weights: [Float] = [.infinity, 1]
    let output = backend.unwritten([1, 1, 2, 1])
    backend.conv2d(
      backend.tensor([2, 3], [1, 1, 2, 1]), weights: backend.tensor(weights, [2, 1, 1, 1]),
      Convolution(window: Window(size: .init(2, 1), margins: .init(top: 1))), epilogue: nil, output: output)
    #expect(try backend.contents(of: output) == [2, 3])
  }
}
