#if OpenCL
  import MartletBackend

  // `Backend` documents these.
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  extension OpenCLBackend {
    public func matmul(_ a: View, _ b: View, accumulate: Bool, epilogue: Epilogue?, into c: View) {
      let (count, rows, columns) = (c.shape[0], c.shape[1], c.shape[2])
      if count * rows * columns == 0 { return }
      var contraction = Contraction(
        kind: .matmul, rows: rows, columns: columns, depth: a.shape[2], count: count, output: c, shape: c.shape)
      contraction.a = Contraction.Matrix(
        block: a.block, offset: a.layout.offset, z: a.layout.strides[0], row: a.layout.strides[1],
        column: a.layout.strides[2])
      contraction.b = Contraction.Matrix(
        block: b.block, offset: b.layout.offset, z: b.layout.strides[0], row: b.layout.strides[1],
        column: b.layout.strides[2])
      contraction.accumulate = accumulate
      contraction.epilogue = epilogue
      if let packed = packedIfUseful(b, for: contraction) {
        contraction.b = Contraction.Matrix(
          block: packed.view.block, owner: packed.view.storage, z: packed.z, row: packed.row, column: 1)
        contraction.packedPanel = packed.panel
      }
      run(contraction)
    }

    /// Columns of b in panels as wide as a tile, `[batch, panels, k, tile columns]`.
    ///
    /// Processors need columns side by side; and where many rows use a panel, rows of a large matrix lie so far apart that
    /// caches cannot hold a panel unless it is copied together.
    private func packedIfUseful(_ b: View, for contraction: Contraction)
      -> (view: View, z: Int, row: Int, panel: Int)?
    {
      guard profile == .cpu else { return nil }
      let isFar = contraction.rows >= 64 && b.layout.strides[1] >= 256 && contraction.depth >= 32
      let isSideBySide = b.layout.strides[2] == 1 || contraction.columns == 1
      if isSideBySide && !isFar { return nil }
      let width = tile(for: contraction).columns
      let depth = contraction.depth
      let isShared = b.layout.strides[0] == 0
      let batch = isShared ? 1 : contraction.count
      let (full, rest) = contraction.columns.quotientAndRemainder(dividingBy: width)
      let panels = full + (rest > 0 ? 1 : 0)
      let storage = allocate(byteCount: max(1, batch * panels * depth * width) * 4)
      let target = View(storage: storage, layout: Layout(contiguous: [batch, panels, depth, width]), dtype: .float32)
      func copy(panels range: Range<Int>, width count: Int) {
        if range.isEmpty { return }
        var source = b
        source.layout = Layout(
          shape: [batch, range.count, depth, count],
          strides: [b.layout.strides[0], width * b.layout.strides[2], b.layout.strides[1], b.layout.strides[2]],
          offset: b.layout.offset + range.lowerBound * width * b.layout.strides[2])
        var part = target
        part.layout = target.layout.sliced(axis: 1, from: range.lowerBound, count: range.count)
          .sliced(axis: 3, from: 0, count: count)
        map(Self.copyProgram, inputs: [source], parameters: [], outputs: [part])
      }
      copy(panels: 0..<full, width: width)
      if rest > 0 { copy(panels: full..<full + 1, width: rest) }
      return (target, isShared ? 0 : panels * depth * width, width, depth * width)
    }

    static let copyProgram = ElementwiseProgram(inputs: [.float32]) { x, _ in [x[0]] }

    // MARK: Convolution

    public func conv2d(_ input: View, weights: View, _ convolution: Convolution, epilogue: Epilogue?, output: View) {
      if output.shape.elementCount == 0 { return }
      var contraction = forward(input, weights: weights, convolution, over: output.shape, output: output)
      contraction.epilogue = epilogue
      run(contraction)
    }

    /// The sums of a convolution with results of a shape.
    func forward(_ input: View, weights: View, _ convolution: Convolution, over shape: Shape, output: View)
      -> Contraction
    {
      let (window, groups) = (convolution.window, convolution.groups)
      let (inChannels, outChannels) = (input.shape[3], shape[3])
      let channels = inChannels / groups
      var contraction = Contraction(
        kind: .convolution, rows: shape[0] * shape[1] * shape[2], columns: outChannels / groups,
        depth: window.size.area * channels, count: groups, output: output, shape: shape)
      contraction.a = Contraction.Matrix(block: input.block, offset: input.layout.offset, z: channels, column: 1)
      contraction.b = Contraction.Matrix(
        block: weights.block, offset: weights.layout.offset, z: outChannels / groups, row: outChannels, column: 1)
      contraction.sliding = Contraction.Sliding(
        image: Extent2D(input.shape[1], input.shape[2]), pixel: inChannels, channels: channels,
        grid: Extent2D(shape[1], shape[2]), stride: window.stride,
        start: Extent2D(-window.margins.top, -window.margins.left), step: window.dilation, taps: window.size,
        tapStep: Extent2D(window.size.width * channels * outChannels, channels * outChannels), batch: input.shape[0])
      contraction.groups = groups
      return contraction.depthwise(
        convolution.multiplier(inChannels: inChannels, outChannels: outChannels), columns: outChannels)
    }

    public func conv2dDataGradient(
      _ upstream: View, weights: View, _ convolution: Convolution, inputGradient: View
    ) {
      dataGradient(
        upstream, Extent2D(upstream.shape[1], upstream.shape[2]), nil, weights: weights, convolution,
        inputGradient: inputGradient)
    }

    /// The gradient for the input, from an upstream with an extent, or from that of its pooled results.
    func dataGradient(
      _ upstream: View, _ extent: Extent2D, _ pooling: Contraction.Pooling?, weights: View, _ convolution: Convolution,
      inputGradient: View
    ) {
      if inputGradient.shape.elementCount == 0 { return }
      let (window, groups) = (convolution.window, convolution.groups)
      let (inChannels, outChannels) = (inputGradient.shape[3], upstream.shape[3])
      let (groupIn, groupOut) = (inChannels / groups, outChannels / groups)
      var base = Contraction(
        kind: .convolution, rows: 0, columns: groupIn, depth: 0, count: groups, output: inputGradient,
        shape: inputGradient.shape)
      base.a = Contraction.Matrix(block: upstream.block, offset: upstream.layout.offset, z: groupOut, column: 1)
      base.groups = groups
      base.sliding.image = extent
      base.pooling = pooling
      base.sliding.pixel = outChannels
      base.sliding.channels = groupOut
      base.sliding.batch = upstream.shape[0]
      // Columns are input channels now: a GPU reads the weights across, a processor wants them turned.
      let multiplier = convolution.multiplier(inChannels: inChannels, outChannels: outChannels)
      base = base.depthwise(multiplier, columns: inChannels)
      base.isDepthwiseGradient = multiplier != nil
      let isPlanar = profile == .cpu && multiplier == nil && groupIn <= 4
      let planes = isPlanar ? planes(of: upstream, groups: groups) : nil
      if let planes {
        base.a = Contraction.Matrix(block: planes.block, owner: planes.storage, offset: planes.layout.offset)
      }
      let turned = profile == .cpu && multiplier == nil && !isPlanar ? turnedWeights(weights, groups: groups) : nil
      let tapStep: Int
      if let turned {
        base.b = Contraction.Matrix(
          block: turned.block, owner: turned.storage, z: window.size.area * groupOut * groupIn, row: groupIn, column: 1)
        tapStep = groupOut * groupIn
      } else {
        base.b = Contraction.Matrix(
          block: weights.block, offset: weights.layout.offset, z: groupOut, row: 1, column: outChannels)
        tapStep = groupIn * outChannels
      }
      for vertical in StridePhase.all(
        extent: inputGradient.shape[1], size: window.size.height, stride: window.stride.height,
        dilation: window.dilation.height, margin: window.margins.top)
      {
        for horizontal in StridePhase.all(
          extent: inputGradient.shape[2], size: window.size.width, stride: window.stride.width,
          dilation: window.dilation.width, margin: window.margins.left)
        {
          var contraction = base
          contraction.rows = upstream.shape[0] * vertical.count * horizontal.count
          contraction.depth = vertical.taps * horizontal.taps * groupOut
          contraction.sliding.grid = Extent2D(vertical.count, horizontal.count)
          contraction.sliding.start = Extent2D(vertical.start, horizontal.start)
          contraction.sliding.step = Extent2D(vertical.step, horizontal.step)
          contraction.sliding.taps = Extent2D(vertical.taps, horizontal.taps)
          contraction.sliding.tapStart = (vertical.firstTap * window.size.width + horizontal.firstTap) * tapStep
          contraction.sliding.tapStep = Extent2D(
            vertical.tapStep * window.size.width * tapStep, horizontal.tapStep * tapStep)
          contraction.output.layout = inputGradient.layout
            .sliced(axis: 1, from: vertical.first, count: vertical.count, step: window.stride.height)
            .sliced(axis: 2, from: horizontal.first, count: horizontal.count, step: window.stride.width)
          if isPlanar { runPlanar(contraction) } else { run(contraction) }
        }
      }
    }

    /// The weights as `[group, tap row, tap column, output channel of the group, input channel]`.
    private func turnedWeights(_ weights: View, groups: Int) -> View {
      let (taps, groupIn, groupOut) = (weights.shape[0] * weights.shape[1], weights.shape[2], weights.shape[3] / groups)
      let shape: Shape = [groups, taps, groupOut, groupIn]
      let storage = allocate(byteCount: max(1, shape.elementCount) * 4)
      let turned = View(storage: storage, layout: Layout(contiguous: shape), dtype: .float32)
      var source = weights
      source.layout = Layout(
        shape: shape, strides: [groupOut, groupIn * weights.shape[3], 1, weights.shape[3]],
        offset: weights.layout.offset)
      map(Self.copyProgram, inputs: [source], parameters: [], outputs: [turned])
      return turned
    }

    public func conv2dWeightGradient(
      _ input: View, upstream: View, _ convolution: Convolution, weightGradient: View
    ) {
      self.weightGradient(
        input, upstream: upstream, Extent2D(upstream.shape[1], upstream.shape[2]), nil, convolution,
        weightGradient: weightGradient)
    }

    /// The gradient for the weights, from an upstream with an extent, or from that of its pooled results.
    func weightGradient(
      _ input: View, upstream: View, _ extent: Extent2D, _ pooling: Contraction.Pooling?, _ convolution: Convolution,
      weightGradient: View
    ) {
      let weightCount = weightGradient.shape.elementCount
      if weightCount == 0 { return }
      let (window, groups) = (convolution.window, convolution.groups)
      let (inChannels, outChannels) = (input.shape[3], upstream.shape[3])
      let channels = inChannels / groups
      let slices = Convolution.weightGradientSlices(batch: input.shape[0], weightCount: weightCount)
      let rows = window.size.area * channels
      let partial: View
      if slices == 1 {
        partial = View(
          storage: weightGradient.storage,
          layout: Layout(
            shape: [1, rows, outChannels], strides: [0, outChannels, 1], offset: weightGradient.layout.offset),
          dtype: .float32)
      } else {
        partial = View(
          storage: allocate(byteCount: slices * weightCount * 4),
          layout: Layout(contiguous: [slices, rows, outChannels]), dtype: .float32)
      }
      var contraction = Contraction(
        kind: .weightGradient, rows: rows, columns: outChannels / groups, depth: 0, count: slices * groups,
        output: partial, shape: partial.shape)
      contraction.a = Contraction.Matrix(block: input.block, offset: input.layout.offset, z: channels)
      contraction.b = Contraction.Matrix(
        block: upstream.block, offset: upstream.layout.offset, z: outChannels / groups, row: outChannels, column: 1)
      contraction.sliding = Contraction.Sliding(
        image: Extent2D(input.shape[1], input.shape[2]), pixel: inChannels, channels: channels,
        grid: extent, stride: window.stride,
        start: Extent2D(-window.margins.top, -window.margins.left), step: window.dilation, taps: window.size,
        batch: input.shape[0])
      contraction.pooling = pooling
      contraction.slices = slices
      contraction.groups = groups
      run(
        contraction.depthwise(
          convolution.multiplier(inChannels: inChannels, outChannels: outChannels), columns: outChannels))
      if slices > 1 { addInOrder(partial, into: weightGradient) }
    }

    /// `target = parts[0] + parts[1] + …`, one after the other; there are at most 16.
    private func addInOrder(_ parts: View, into target: View) {
      let program = ElementwiseProgram(inputs: Array(repeating: .float32, count: parts.shape[0])) { x, _ in
        [x.dropFirst().reduce(x[0]) { $0 + $1 }]
      }
      let inputs = (0..<parts.shape[0]).map { slice in
        var part = parts
        part.layout = Layout(contiguous: target.shape, offset: slice * target.shape.elementCount)
        return part
      }
      map(program, inputs: inputs, parameters: [], outputs: [target])
    }
  }

  /// The positions of an input axis that the window meets with the same taps: every `stride`-th, and those taps.
  ///
  /// Position `first + q·stride` lies under tap k of window position `(first + q·stride + margin - k·dilation) / stride` where
  /// that division leaves no rest: taps `firstTap`, `firstTap + tapStep`, … of window positions `q + start + j·step`.
  struct StridePhase {
    var first, count, firstTap, tapStep, taps, start, step: Int

    static func all(extent: Int, size: Int, stride: Int, dilation: Int, margin: Int) -> [StridePhase] {
      (0..<min(stride, extent)).map { first in
        let shifted = first + margin
        let tapStep = stride / greatestCommonDivisor(stride, dilation)
        let firstTap = (0..<min(tapStep, size)).first { (shifted - $0 * dilation) % stride == 0 }
        return StridePhase(
          first: first, count: (extent - first + stride - 1) / stride, firstTap: firstTap ?? 0, tapStep: tapStep,
          taps: firstTap.map { (size - $0 + tapStep - 1) / tapStep } ?? 0,
          start: firstTap.map { (shifted - $0 * dilation) / stride } ?? 0, step: -(tapStep * dilation / stride))
      }
    }

    private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
      b == 0 ? a : greatestCommonDivisor(b, a % b)
    }
  }
#endif
