import CMartletKernels
import MartletBackend

// `Backend` documents these.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CPUBackend {
  public func conv2d(
    _ input: View, weights: View, _ convolution: Convolution, epilogue: Epilogue?, output: View
  ) {
    countLaunch()
    assert([input, weights, output].allSatisfy(\.layout.isContiguous), "conv2d: strided operands")
    guard let x = elements(of: input), let w = elements(of: weights), let y = elements(of: output),
      output.layout.elementCount > 0
    else { return }
    let axes = ConvolutionAxis.pair(convolution.window, over: Extent2D(input.shape[1], input.shape[2]))
    let pass = ConvolutionPass(
      source: x, sourceShape: input.shape, target: y, targetShape: output.shape, vertical: axes.0.outputSpans,
      horizontal: axes.1.outputSpans, weights: w, weightShape: weights.shape, groups: convolution.groups,
      targetIsOutput: true)
    if pass.hasPixelColumns {
      finishing(output, y, epilogue) { runWithPixelColumns(pass, $0) }
    } else {
      let fused = FusedEpilogue(epilogue, columns: output.shape[3], on: self)
      finishing(output, y, fused == nil ? epilogue : nil) { run(pass, fused ?? FusedEpilogue(), $0) }
    }
  }

  public func conv2dDataGradient(
    _ upstream: View, weights: View, _ convolution: Convolution, inputGradient: View
  ) {
    countLaunch()
    assert(
      [upstream, weights, inputGradient].allSatisfy(\.layout.isContiguous), "conv2dDataGradient: strided operands")
    guard let dy = elements(of: upstream), let w = elements(of: weights), let dx = elements(of: inputGradient),
      inputGradient.layout.elementCount > 0
    else { return }
    let image = Extent2D(inputGradient.shape[1], inputGradient.shape[2])
    let axes = ConvolutionAxis.pair(convolution.window, over: image)
    let pass = ConvolutionPass(
      source: dy, sourceShape: upstream.shape, target: dx, targetShape: inputGradient.shape,
      vertical: axes.0.inputSpans, horizontal: axes.1.inputSpans, weights: w, weightShape: weights.shape,
      groups: convolution.groups, targetIsOutput: false)
    if pass.hasPixelColumns { runWithPixelColumns(pass, nil) } else { run(pass, FusedEpilogue(), nil) }
  }

  private func run(_ pass: ConvolutionPass, _ epilogue: FusedEpilogue, _ finish: FinishedElements?) {
    let isPacked = !pass.isDepthwise && (!pass.targetIsOutput || pass.targetPixels >= 64)
    let panels = pass.panels(of: panelColumns)
    let packedElements = isPacked ? pass.groups * panels * pass.stepsPerGroup * panelColumns : 0
    let packedByteCount = packedElements * MemoryLayout<Float>.stride
    withScratch(byteCount: packedByteCount + pass.tableSize * MemoryLayout<martlet_step>.stride) { scratch in
      let packed = scratch.assumingMemoryBound(to: Float.self)
      let table = (scratch + packedByteCount).assumingMemoryBound(to: martlet_step.self)
      if isPacked {
        packPanels(count: pass.groups * panels, elementsPerPanel: pass.stepsPerGroup * panelColumns) {
          pass.packPanel($0, into: packed, contraction)
        }
      }
      contract(
        pass.contractions(packed: isPacked ? packed : nil, table: table, epilogue, contraction),
        perChannel: pass.isDepthwise, finish: finish)
    }
  }
}

// A target of one channel would fill one lane of each vector. Seen the other way round, with the weights as the only row and
// neighbouring pixels as columns, it fills all of them.
extension CPUBackend {
  private func runWithPixelColumns(_ pass: ConvolutionPass, _ finish: FinishedElements?) {
    let (images, pixels) = (pass.sourceShape[0], pass.sourceShape[1] * pass.sourceShape[2])
    let channels = pass.sourceShape[3]
    let planesByteCount = images * pixels * channels * MemoryLayout<Float>.stride
    withScratch(byteCount: planesByteCount + pass.tableSize * MemoryLayout<martlet_step>.stride) { scratch in
      // [batch, height, width, channels] → [batch, channels, height, width]
      let planes = scratch.assumingMemoryBound(to: Float.self)
      threads.run(taskCount: images) { image in
        let first = image * pixels * channels
        vector.pointee.transpose(
          UnsafeRawPointer(pass.source + first).assumingMemoryBound(to: UInt32.self), channels,
          UnsafeMutableRawPointer(planes + first).assumingMemoryBound(to: UInt32.self), pixels, channels, pixels)
      }
      let table = (scratch + planesByteCount).assumingMemoryBound(to: martlet_step.self)
      contract(pass.pixelColumnContractions(planes: planes, table: table, panelColumns: panelColumns), finish: finish)
    }
  }
}

/// A convolution forwards, or backwards to its input: both read an image (the source) through the taps of a kernel and
/// write another (the target), and differ in which tap reads where and in which way round the weights are.
private struct ConvolutionPass {
  let source: UnsafeMutablePointer<Float>
  let sourceShape: Shape
  let target: UnsafeMutablePointer<Float>
  let targetShape: Shape
  let vertical: [AxisSpan]
  let horizontal: [AxisSpan]
  /// `[kernel height, kernel width, in / groups, out]`.
  let weights: UnsafeMutablePointer<Float>
  let weightShape: Shape
  let groups: Int
  /// Forwards: the source's channels are the weights' third axis, the target's their fourth.
  let targetIsOutput: Bool

  private var taps: Int { weightShape[0] * weightShape[1] }
  private var sourceChannels: Int { sourceShape[3] / groups }
  private var targetChannels: Int { targetShape[3] / groups }
  private var outputChannels: Int { weightShape[3] }
  private var inputChannelsPerGroup: Int { weightShape[2] }

  /// How long a chain is that sees all taps.
  var stepsPerGroup: Int { taps * sourceChannels }
  var targetPixels: Int { targetShape[0] * targetShape[1] * targetShape[2] }
  /// One input channel per output channel and group: channels lie side by side in A as they do in C.
  var isDepthwise: Bool { groups > 1 && sourceChannels == 1 && targetChannels == 1 }

  /// Whether the target's only channel is better computed with pixels as columns, which takes pixels that are neighbours in
  /// both images.
  var hasPixelColumns: Bool {
    groups == 1 && targetShape[3] == 1 && sourceChannels >= 4
      && (vertical + horizontal).allSatisfy { $0.step == 1 && $0.sourceStep == 1 }
  }

  func panels(of panelColumns: Int) -> Int { (targetChannels + panelColumns - 1) / panelColumns }

  /// How many steps all regions have together.
  var tableSize: Int {
    let channels = isDepthwise ? 1 : sourceChannels
    return vertical.reduce(0) { $0 + $1.taps.count } * horizontal.reduce(0) { $0 + $1.taps.count } * channels
  }

  /// Packs the weights of one group's panel, `index = group · panels + panel`, as rows (tap, source channel).
  func packPanel(
    _ index: Int, into packed: UnsafeMutablePointer<Float>, _ kernels: UnsafePointer<martlet_contraction_kernels>
  ) {
    let panelColumns = kernels.pointee.panel_columns
    let (group, panel) = index.quotientAndRemainder(dividingBy: panels(of: panelColumns))
    let first = panel * panelColumns
    let columns = min(panelColumns, targetChannels - first)
    let destination = packed + index * stepsPerGroup * panelColumns
    let groupWeights = weights + group * (outputChannels / groups)
    if targetIsOutput {
      kernels.pointee.pack(groupWeights + first, stepsPerGroup, outputChannels, columns, 1, destination)
    } else {
      for tap in 0..<taps {
        kernels.pointee.pack(
          groupWeights + (tap * inputChannelsPerGroup + first) * outputChannels, sourceChannels, 1, columns,
          outputChannels, destination + tap * sourceChannels * panelColumns)
      }
    }
  }

  /// One contraction for each region of the target, a vertical by a horizontal span, and group.
  func contractions(
    packed: UnsafeMutablePointer<Float>?, table: UnsafeMutablePointer<martlet_step>, _ epilogue: FusedEpilogue,
    _ kernels: UnsafePointer<martlet_contraction_kernels>
  ) -> [martlet_contraction] {
    let panelColumns = kernels.pointee.panel_columns
    var job = martlet_contraction()
    job.columns = isDepthwise ? targetShape[3] : targetChannels
    job.b_panel_stride = packed == nil ? panelColumns : stepsPerGroup * panelColumns
    job.b_is_padded = packed != nil
    job.activation = epilogue.activation
    var jobs: [martlet_contraction] = []
    var steps = table
    for rows in vertical {
      for columns in horizontal {
        job.step_count = writeSteps(rows.taps, columns.taps, rowLength: packed == nil ? nil : panelColumns, to: steps)
        job.steps = UnsafePointer(steps)
        steps += job.step_count
        setRows(
          of: &job, rows, columns,
          mostTileRows: isDepthwise ? kernels.pointee.channel_tile_rows : kernels.pointee.tile_rows
        )
        let corner = target + (rows.first * targetShape[2] + columns.first) * targetShape[3]
        for group in 0..<(isDepthwise ? 1 : groups) {
          job.a = UnsafePointer(source + group * sourceChannels)
          job.b =
            packed.map { UnsafePointer($0 + group * panels(of: panelColumns) * stepsPerGroup * panelColumns) }
            ?? UnsafePointer(weights + group * targetChannels)
          job.c = corner + group * targetChannels
          job.bias = epilogue.bias.map { $0 + group * targetChannels }
          jobs.append(job)
        }
      }
    }
    return jobs
  }

  /// One contraction for each region and image: the weights are the only row of A, `planes` (one per channel of the source) are
  /// B, and rows of the target are rows of pixels.
  func pixelColumnContractions(
    planes: UnsafePointer<Float>, table: UnsafeMutablePointer<martlet_step>, panelColumns: Int
  ) -> [martlet_contraction] {
    let (height, width) = (sourceShape[1], sourceShape[2])
    var job = martlet_contraction()
    job.a = UnsafePointer(weights)
    job.b_stride = width
    job.b_panel_stride = panelColumns
    job.c_stride = (targetShape[2], 0, 0)
    job.tile_rows = 1
    var jobs: [martlet_contraction] = []
    var steps = table
    for rows in vertical {
      for columns in horizontal {
        job.row_count = (rows.count, 1, 1)
        job.columns = columns.count
        job.steps = UnsafePointer(steps)
        job.step_count = 0
        forEachTap(rows.taps, columns.taps) { tap, y, x in
          for channel in 0..<sourceChannels {
            steps[job.step_count] = martlet_step(
              a: tap * sourceChannels + channel, b: (channel * height + y) * width + x)
            job.step_count += 1
          }
        }
        steps += job.step_count
        for image in 0..<targetShape[0] {
          job.b = planes + image * sourceChannels * height * width
          job.c = target + (image * targetShape[1] + rows.first) * targetShape[2] + columns.first
          jobs.append(job)
        }
      }
    }
    return jobs
  }

  private func setRows(of job: inout martlet_contraction, _ rows: AxisSpan, _ columns: AxisSpan, mostTileRows: Int) {
    let (sourceRow, targetRow) = (sourceShape[2] * sourceShape[3], targetShape[2] * targetShape[3])
    job.setRows(
      [
        RowAxis(count: targetShape[0], a: sourceShape[1] * sourceRow, c: targetShape[1] * targetRow),
        RowAxis(count: rows.count, a: rows.sourceStep * sourceRow, c: rows.step * targetRow),
        RowAxis(count: columns.count, a: columns.sourceStep * sourceShape[3], c: columns.step * targetShape[3]),
      ], mostTileRows: mostTileRows)
  }

  /// Lists the steps of a chain, (kernel row, kernel column, channel) ascending; returns how many there are.
  ///
  /// - Parameter rowLength: How far apart rows of packed weights are; nil for weights as they are.
  private func writeSteps(
    _ rows: AxisTaps, _ columns: AxisTaps, rowLength: Int?, to steps: UnsafeMutablePointer<martlet_step>
  ) -> Int {
    let channels = isDepthwise ? 1 : sourceChannels
    var count = 0
    forEachTap(rows, columns) { tap, y, x in
      let a = (y * sourceShape[2] + x) * sourceShape[3]
      for channel in 0..<channels {
        steps[count] = martlet_step(a: a + channel, b: (tap * channels + channel) * (rowLength ?? outputChannels))
        count += 1
      }
    }
    return count
  }

  /// Visits the taps that a region sees, (kernel row, kernel column) ascending, and where in the source they are.
  private func forEachTap(_ rows: AxisTaps, _ columns: AxisTaps, _ body: (_ tap: Int, _ y: Int, _ x: Int) -> Void) {
    for i in 0..<rows.count {
      for j in 0..<columns.count {
        body(
          (rows.kernel + i * rows.kernelStep) * weightShape[1] + columns.kernel + j * columns.kernelStep,
          rows.source + i * rows.sourceStep, columns.source + j * columns.sourceStep)
      }
    }
  }
}
