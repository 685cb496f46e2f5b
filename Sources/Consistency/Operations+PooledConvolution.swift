import MartletBackend

// Convolution and maximum pooling as one. The gradients' operands are finite, since backends may leave out terms whose upstream
// is zero.
extension Operation {
  static var pooledConvolutions: [Operation] { [pooledConvolution, pooledDataGradient, pooledWeightGradient] }

  private static let pooledConvolution = Operation(name: "max-pooled conv2d", caseCount: 150) { g in
    let c = g.pooledConvolutionCase()
    let values: CaseGenerator.Values = g.chance(0.3) ? .ties : g.values()
    let epilogue = g.chance(0.7) ? g.epilogue(over: c.pooling.input) : nil
    let withIndex = g.chance(0.75)
    let operands =
      [
        g.contiguous(c.input, .float32, values), g.contiguous(c.weights, .float32, values),
        g.contiguous(c.pooling.output, .float32, .junk), g.contiguous(c.pooling.output, c.pooling.indexType, .junk),
      ]
      + (epilogue?.inputs ?? [])
    return Case(
      setting: "conv2d \(c.summary)" + (epilogue.map { " then \($0.program)" } ?? ""), operands: operands,
      outputs: withIndex ? [2, 3] : [2], tolerance: nil
    ) { backend, views in
      let epilogue = epilogue.map {
        Epilogue($0.program, inputs: Array(views.dropFirst(4)), parameters: $0.parameters)
      }
      backend.conv2dMaxPooled(
        views[0], weights: views[1], c.convolution, epilogue: epilogue, pooling: c.pooling.window, output: views[2],
        index: withIndex ? views[3] : nil)
    }
  }

  private static let pooledDataGradient = Operation(name: "max-pooled conv2d data gradient", caseCount: 150) { g in
    let c = g.pooledConvolutionCase()
    let operands = [
      g.contiguous(c.pooling.output, .float32, g.chance(0.5) ? .sparse : .ordinary), g.poolingIndices(c.pooling),
      g.contiguous(c.weights, .float32, g.chance(0.3) ? .wide : .ordinary), g.contiguous(c.input, .float32, .junk),
    ]
    return Case(
      setting: "data gradient \(c.summary)", operands: operands, outputs: [3],
      tolerance: Tolerance(termCount: c.weights[0] * c.weights[1] * c.weights[3])
    ) { backend, views in
      backend.conv2dMaxPooledDataGradient(
        views[0], index: views[1], pooling: c.pooling.window, weights: views[2], c.convolution, inputGradient: views[3])
    }
  }

  private static let pooledWeightGradient = Operation(name: "max-pooled conv2d weight gradient", caseCount: 150) { g in
    let c = g.pooledConvolutionCase()
    let operands = [
      g.contiguous(c.input, .float32, g.chance(0.3) ? .wide : .ordinary),
      g.contiguous(c.pooling.output, .float32, g.chance(0.5) ? .sparse : .ordinary), g.poolingIndices(c.pooling),
      g.contiguous(c.weights, .float32, .junk),
    ]
    return Case(
      setting: "weight gradient \(c.summary)", operands: operands, outputs: [3],
      tolerance: Tolerance(termCount: c.pooling.input.dropLast().reduce(1, *))
    ) { backend, views in
      backend.conv2dMaxPooledWeightGradient(
        views[0], upstream: views[1], index: views[2], pooling: c.pooling.window, c.convolution,
        weightGradient: views[3])
    }
  }
}

/// The shapes of a convolution and of the pooling that follows it.
private struct PooledConvolutionCase {
  let convolution: Convolution
  let input, weights: Shape
  let pooling: PoolingCase

  var summary: String { "\(convolution.summary), pooled \(pooling.window.summary)" }
}

extension CaseGenerator {
  /// Mostly what networks have, square windows side by side over a dense convolution; and everything else: windows that overlap,
  /// leave gaps, reach into margins or do not fill the image, strides, dilations, groups.
  fileprivate mutating func pooledConvolutionCase() -> PooledConvolutionCase {
    let isPlain = chance(0.4)
    let size = pick([Extent2D(3), Extent2D(1), Extent2D(2), Extent2D(5), Extent2D(3, 2), Extent2D(1, 4)])
    let stride = isPlain ? Extent2D(1) : pick([Extent2D(1), Extent2D(1), Extent2D(2), Extent2D(1, 3)])
    let dilation = isPlain ? Extent2D(1) : pick([Extent2D(1), Extent2D(1), Extent2D(2, 1), Extent2D(1, 2)])
    let groups = isPlain ? 1 : pick([1, 1, 1, 2, 3])
    let isDepthwise = !isPlain && chance(0.1)
    let perGroup = (
      isDepthwise ? 1 : pick([1, 2, 3, 5, 8, 11, 16, 17, 32, 64]),
      isDepthwise ? 1 : pick([1, 2, 3, 8, 15, 16, 17, 32, 33])
    )
    let groupCount = isDepthwise ? pick([3, 16, 19]) : groups
    let channels = (groupCount * min(perGroup.0, largestExtent), groupCount * min(perGroup.1, largestExtent))
    let budget = budget(200_000, large: 12_000_000)
    var image = Extent2D(
      min(pick([2, 5, 7, 8, 13, 28]), largestExtent), min(pick([1, 3, 6, 9, 12, 13, 28]), largestExtent))
    let perTap = size.area * channels.0 / groupCount * channels.1
    while image.area * perTap > budget && image.area > 1 {
      image = Extent2D(max(1, image.height / 2), max(1, image.width / 2))
    }
    let drawn = isLarge ? 64 : pick([1, 2, 3, 5, 9, 17])
    let batch = chance(0.03) ? 0 : min(drawn, largestExtent, max(1, budget / max(1, perTap * image.area)))

    let window = window(size, stride, dilation, isPlain ? int(0...1) : int(0...4), over: image)
    let convolved = window.outputExtent(over: image)
    let poolingSize =
      isPlain
      ? Extent2D(2) : pick([Extent2D(2), Extent2D(3), Extent2D(2, 3), Extent2D(1, 2), Extent2D(1), Extent2D(17, 16)])
    let poolingStride =
      isPlain || chance(0.5) ? poolingSize : pick([Extent2D(1), Extent2D(2), Extent2D(3), Extent2D(2, 4)])
    let plainMargins = Margins(
      bottom: max(0, poolingSize.height - convolved.height), right: max(0, poolingSize.width - convolved.width))
    let pooling =
      isPlain
      ? Window(size: poolingSize, stride: poolingStride, margins: plainMargins)
      : poolingWindow(poolingSize, poolingStride, over: convolved)
    let out = pooling.outputExtent(over: convolved)
    return PooledConvolutionCase(
      convolution: Convolution(window: window, groups: groupCount),
      input: [batch, image.height, image.width, channels.0],
      weights: [size.height, size.width, channels.0 / groupCount, channels.1],
      pooling: PoolingCase(
        window: pooling, input: [batch, convolved.height, convolved.width, channels.1],
        output: [batch, out.height, out.width, channels.1]))
  }
}
