import MartletBackend

extension Operation {
  static var windows: [Operation] {
    [
      convolution, dataGradient, weightGradient, maximumPooling, averagePooling, maximumPoolingGradient,
      averagePoolingGradient,
    ]
  }

  private static let convolution = Operation(name: "conv2d", caseCount: 150) { g in
    let c = g.convolutionCase()
    let values = g.values()
    let epilogue = g.chance(0.5) ? g.epilogue(over: c.output) : nil
    let operands =
      [
        g.contiguous(c.input, .float32, values), g.contiguous(c.weights, .float32, values),
        g.contiguous(c.output, .float32, .junk),
      ]
      + (epilogue?.inputs ?? [])
    return Case(
      setting: "conv2d \(c.convolution.summary)" + (epilogue.map { " then \($0.program)" } ?? ""), operands: operands,
      outputs: [2], tolerance: Tolerance(ulp: 2, termCount: c.weights[0] * c.weights[1] * c.weights[2] + 2)
    ) { backend, views in
      let epilogue = epilogue.map {
        Epilogue($0.program, inputs: Array(views.dropFirst(3)), parameters: $0.parameters)
      }
      backend.conv2d(views[0], weights: views[1], c.convolution, epilogue: epilogue, output: views[2])
    }
  }

  private static let dataGradient = Operation(name: "conv2d data gradient", caseCount: 150) { g in
    let c = g.convolutionCase()
    let values = g.values()
    let operands = [
      g.contiguous(c.output, .float32, values), g.contiguous(c.weights, .float32, values),
      g.contiguous(c.input, .float32, .junk),
    ]
    return Case(
      setting: "data gradient \(c.convolution.summary)", operands: operands, outputs: [2],
      tolerance: Tolerance(termCount: c.weights[0] * c.weights[1] * c.weights[3])
    ) { backend, views in
      backend.conv2dDataGradient(views[0], weights: views[1], c.convolution, inputGradient: views[2])
    }
  }

  private static let weightGradient = Operation(name: "conv2d weight gradient", caseCount: 150) { g in
    let c = g.convolutionCase()
    let values = g.values()
    let operands = [
      g.contiguous(c.input, .float32, values), g.contiguous(c.output, .float32, values),
      g.contiguous(c.weights, .float32, .junk),
    ]
    return Case(
      setting: "weight gradient \(c.convolution.summary)", operands: operands, outputs: [2],
      tolerance: Tolerance(termCount: c.output[0] * c.output[1] * c.output[2])
    ) { backend, views in
      backend.conv2dWeightGradient(views[0], upstream: views[1], c.convolution, weightGradient: views[2])
    }
  }

  private static let maximumPooling = Operation(name: "max pooling", caseCount: 60) { g in
    let p = g.poolingCase()
    let values: CaseGenerator.Values = g.chance(0.5) ? .ties : g.values()
    let withIndex = g.index % 4 != 3
    let operands = [
      g.contiguous(p.input, .float32, values), g.contiguous(p.output, .float32, .junk),
      g.contiguous(p.output, p.indexType, .junk),
    ]
    return Case(
      setting: "max pooling \(p.window.summary)", operands: withIndex ? operands : Array(operands.prefix(2)),
      outputs: withIndex ? [1, 2] : [1]
    ) { backend, views in
      backend.pool2d(views[0], .maximum, p.window, output: views[1], index: withIndex ? views[2] : nil)
    }
  }

  private static let averagePooling = Operation(name: "average pooling", caseCount: 50) { g in
    let p = g.poolingCase()
    return Case(
      setting: "average pooling \(p.window.summary)",
      operands: [g.contiguous(p.input, .float32, g.values()), g.contiguous(p.output, .float32, .junk)], outputs: [1],
      tolerance: Tolerance(ulp: 3, termCount: p.window.size.area)
    ) { backend, views in
      backend.pool2d(views[0], .average, p.window, output: views[1], index: nil)
    }
  }

  private static let maximumPoolingGradient = Operation(name: "max pooling gradient", caseCount: 60) { g in
    let p = g.poolingCase()
    let operands = [
      g.contiguous(p.output, .float32, g.values()), g.poolingIndices(p), g.contiguous(p.input, .float32, .junk),
    ]
    return Case(
      setting: "max pooling gradient \(p.window.summary)", operands: operands, outputs: [2],
      tolerance: Tolerance(termCount: p.window.size.area)
    ) { backend, views in
      backend.pool2dBackward(views[0], .maximum, p.window, index: views[1], inputGradient: views[2])
    }
  }

  private static let averagePoolingGradient = Operation(name: "average pooling gradient", caseCount: 50) { g in
    let p = g.poolingCase()
    return Case(
      setting: "average pooling gradient \(p.window.summary)",
      operands: [g.contiguous(p.output, .float32, g.values()), g.contiguous(p.input, .float32, .junk)], outputs: [1],
      tolerance: Tolerance(ulp: 3, termCount: 2 * p.window.size.area)
    ) { backend, views in
      backend.pool2dBackward(views[0], .average, p.window, index: nil, inputGradient: views[1])
    }
  }
}

/// The shapes of one convolution.
private struct ConvolutionCase {
  let convolution: Convolution
  let input, weights, output: Shape
}

/// The shapes of one pooling.
struct PoolingCase {
  let window: Window
  let input, output: Shape
  var indexType: DType { window.size.area <= 256 ? .uint8 : .int32 }
}

extension CaseGenerator {
  /// Walks through a grid of stride × dilation × padding × groups; the extents are drawn. Windows larger than the image and
  /// windows that lie in the margin altogether are among them.
  fileprivate mutating func convolutionCase() -> ConvolutionCase {
    let size = Extent2D(pick([1, 1, 2, 3, 3, 5, 7]), pick([1, 2, 3, 3, 4, 5]))
    let stride = [Extent2D(1), Extent2D(2), Extent2D(1, 3), Extent2D(3, 2)][index % 4]
    let dilation = [Extent2D(1), Extent2D(1), Extent2D(2), Extent2D(3, 1)][index / 4 % 4]
    let groups = [1, 1, 2, 3, 0][index / 16 % 5]  // 0: as many as input channels
    let padding = int(0...4)
    let budget = budget(150_000, large: 12_000_000)

    let perGroup = (
      groups == 0 ? 1 : pick([1, 1, 2, 3, 4, 5, 8, 16, 17]), pick([1, 2, 3, 4, 7, 8, 15, 16, 17, 32, 33])
    )
    let groupCount = groups == 0 ? pick([1, 3, 8, 16, 19]) : groups
    let channels = (groupCount * min(perGroup.0, largestExtent), groupCount * min(perGroup.1, largestExtent))
    var image = Extent2D(
      min(pick(isLarge ? [13, 28, 31] : [1, 3, 5, 7, 8, 12, 13]), largestExtent),
      min(pick([1, 2, 5, 7, 9, 14, 16, 17]), largestExtent))
    let perTap = size.area * channels.0 / groupCount * channels.1
    while image.area * perTap > budget && image.area > 1 {
      image = Extent2D(max(1, image.height / 2), max(1, image.width / 2))
    }
    let drawn = isLarge ? 64 : pick([1, 1, 2, 3, 5, 17])
    let batch = chance(0.03) ? 0 : min(drawn, largestExtent, max(1, budget / max(1, perTap * image.area)))

    let window = window(size, stride, dilation, padding, over: image)
    let out = window.outputExtent(over: image)
    return ConvolutionCase(
      convolution: Convolution(window: window, groups: groupCount),
      input: [batch, image.height, image.width, channels.0],
      weights: [size.height, size.width, channels.0 / groupCount, channels.1],
      output: [batch, out.height, out.width, channels.1])
  }

  /// A window with none, same, some or plenty of margin; where it does not fit, just so much more that it does.
  mutating func window(
    _ size: Extent2D, _ stride: Extent2D, _ dilation: Extent2D, _ padding: Int, over image: Extent2D
  ) -> Window {
    var margins = Margins()
    let reach = Extent2D((size.height - 1) * dilation.height + 1, (size.width - 1) * dilation.width + 1)
    switch padding {
    case 1, 2:
      margins = Margins(
        top: (reach.height - 1) / 2, bottom: reach.height / 2, left: (reach.width - 1) / 2, right: reach.width / 2)
    case 3: margins = Margins(top: int(0...2), bottom: int(0...2), left: int(0...2), right: int(0...2))
    case 4: margins = Margins(top: int(0...reach.height + 1), bottom: 1, left: 0, right: int(0...reach.width + 2))
    default: break
    }
    margins.bottom += max(0, reach.height - image.height - margins.top - margins.bottom)
    margins.right += max(0, reach.width - image.width - margins.left - margins.right)
    return Window(size: size, stride: stride, dilation: dilation, margins: margins)
  }

  /// Windows that touch the image everywhere: margins stay below the size, and where they are at the end, the last window
  /// begins inside.
  fileprivate mutating func poolingCase() -> PoolingCase {
    let sizes = [Extent2D(2), Extent2D(3), Extent2D(1), Extent2D(3, 2), Extent2D(2, 5), Extent2D(7), Extent2D(17)]
    let strides = [Extent2D(2), Extent2D(1), Extent2D(3), Extent2D(2, 1)]
    let size = sizes[index % sizes.count]
    let stride = strides[index / sizes.count % strides.count]
    let image = Extent2D(
      min(pick([1, 2, 4, 5, 7, 8, 13, 28]), largestExtent), min(pick([1, 2, 3, 5, 6, 9, 13, 17]), largestExtent))
    let window = poolingWindow(size, stride, over: image)
    let out = window.outputExtent(over: image)
    let channels = extent(upTo: 65)
    let batch = isLarge ? 32 : extent(upTo: 3)
    return PoolingCase(
      window: window, input: [batch, image.height, image.width, channels],
      output: [batch, out.height, out.width, channels])
  }

  /// A window without margins or with some, which it touches the image beside.
  mutating func poolingWindow(_ size: Extent2D, _ stride: Extent2D, over image: Extent2D) -> Window {
    func margins(_ image: Int, _ size: Int, _ stride: Int, _ g: inout CaseGenerator) -> (Int, Int) {
      let before = g.chance(0.5) ? 0 : g.int(0...size - 1)
      let needed = max(0, size - image - before)
      let after = max(needed, g.chance(0.4) ? 0 : g.int(0...size - 1))
      // The last window begins before the end of the image.
      let count = (image + before + after - size) / stride + 1
      let last = (count - 1) * stride - before
      return (before, last < image ? after : needed)
    }
    let vertical = margins(image.height, size.height, stride.height, &self)
    let horizontal = margins(image.width, size.width, stride.width, &self)
    return Window(
      size: size, stride: stride,
      margins: Margins(top: vertical.0, bottom: vertical.1, left: horizontal.0, right: horizontal.1))
  }

  /// For each window and channel any of its elements that lies in the image.
  mutating func poolingIndices(_ p: PoolingCase) -> HostOperand {
    var operand = contiguous(p.output, p.indexType, .junk)
    // The taps along one axis that lie inside at a position of the window.
    func inside(_ position: Int, _ size: Int, _ stride: Int, _ margin: Int, _ image: Int) -> ClosedRange<Int> {
      let start = position * stride - margin
      return max(0, -start)...min(size, image - start) - 1
    }
    for (element, position) in operand.positions.enumerated() {
      let pixel = element / p.output[3]
      let (oy, ox) = (pixel / p.output[2] % p.output[1], pixel % p.output[2])
      let w = p.window
      let ky = int(inside(oy, w.size.height, w.stride.height, w.margins.top, p.input[1]))
      let kx = int(inside(ox, w.size.width, w.stride.width, w.margins.left, p.input[2]))
      operand.setInteger(ky * w.size.width + kx, at: position)
    }
    return operand
  }
}

extension Window {
  /// `3×3 stride 2×2 dilation 1×1 margins 1 1 1 1` (top, bottom, left, right).
  var summary: String {
    "\(size) stride \(stride) dilation \(dilation) margins "
      + "\(margins.top) \(margins.bottom) \(margins.left) \(margins.right)"
  }
}

extension Convolution {
  var summary: String { "\(window.summary) groups \(groups)" }
}
