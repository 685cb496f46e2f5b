import CMartletKernels
import MartletBackend

/// A convolution forwards, or backwards to its input: both read an image (the source) through the taps of a kernel and
/// write another (the target), and differ in which tap reads where and in which way round the weights are.
struct ConvolutionPass {
  let source: UnsafeMutablePointer<Float>
  var sourceShape: Shape
  let target: UnsafeMutablePointer<Float>
  var targetShape: Shape
  var vertical: [AxisSpan]
  let horizontal: [AxisSpan]
  /// `[kernel height, kernel width, in / groups, out]`.
  let weights: UnsafeMutablePointer<Float>
  let weightShape: Shape
  let groups: Int
  /// Forwards: the source's channels are the weights' third axis, the target's their fourth.
  let targetIsOutput: Bool

  private var taps: Int { weightShape[0] * weightShape[1] }
  var sourceChannels: Int { sourceShape[3] / groups }
  private var targetChannels: Int { targetShape[3] / groups }
  private var outputChannels: Int { weightShape[3] }
  private var inputChannelsPerGroup: Int { weightShape[2] }

  /// How long a chain is that sees all taps.
  var stepsPerGroup: Int { taps * sourceChannels }
  var targetPixels: Int { targetShape[0] * targetShape[1] * targetShape[2] }
  /// One input channel per output channel and group: channels lie side by side in A as they do in C.
  var isDepthwise: Bool { groups > 1 && sourceChannels == 1 && targetChannels == 1 }

  /// How far apart the rows (tap, source channel) of the weights are where they lie so.
  private var unpackedRowLength: Int { targetIsOutput || isDepthwise ? outputChannels : 1 }

  /// Whether the weights are packed first. They have to be where their rows do not lie along the target's channels; else it
  /// pays where many tiles read them, unless rows of whole panels already lie close together.
  func wantsPackedWeights(_ kernels: UnsafePointer<martlet_contraction_kernels>) -> Bool {
    if isDepthwise { return false }
    if !targetIsOutput { return true }
    let closeRowElements = 128
    let (fewPixels, manyPixels) = (64, 2048)
    if groups > 1 || !hasWholePanels(kernels) || outputChannels > closeRowElements { return targetPixels >= fewPixels }
    return outputChannels > kernels.pointee.panel_columns && targetPixels >= manyPixels
  }

  /// Whether each panel of the weights can be read to its full width without packing.
  private func hasWholePanels(_ kernels: UnsafePointer<martlet_contraction_kernels>) -> Bool {
    targetChannels % kernels.pointee.panel_columns == 0
  }

  func panels(of panelColumns: Int) -> Int { (targetChannels + panelColumns - 1) / panelColumns }

  /// At most how many runs all regions have together.
  func tableSize(_ kernels: UnsafePointer<martlet_contraction_kernels>) -> Int {
    let taps = vertical.reduce(0) { $0 + $1.taps.count } * horizontal.reduce(0) { $0 + $1.taps.count }
    return taps * ((sourceChannels + kernels.pointee.run_length - 1) / kernels.pointee.run_length)
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
  ///
  /// - Parameters:
  ///   - columns: The horizontal spans; all by default.
  ///   - table: Where runs are written; moves behind them.
  func contractions(
    over columns: [AxisSpan]? = nil, packed: UnsafeMutablePointer<Float>?,
    table: inout UnsafeMutablePointer<martlet_run>, _ epilogue: FusedEpilogue,
    _ kernels: UnsafePointer<martlet_contraction_kernels>
  ) -> [martlet_contraction] {
    let panelColumns = kernels.pointee.panel_columns
    var job = martlet_contraction()
    job.columns = isDepthwise ? targetShape[3] : targetChannels
    job.b_panel_stride = packed == nil ? panelColumns : stepsPerGroup * panelColumns
    job.b_is_padded = packed != nil || hasWholePanels(kernels)
    job.activation = epilogue.activation
    var jobs: [martlet_contraction] = []
    for rows in vertical {
      for columns in columns ?? horizontal {
        setChain(
          of: &job, rows.taps, columns.taps, rowLength: packed == nil ? unpackedRowLength : panelColumns, table: &table,
          kernels)
        setRows(of: &job, rows, columns, kernels)
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

  private func setRows(
    of job: inout martlet_contraction, _ rows: AxisSpan, _ columns: AxisSpan,
    _ kernels: UnsafePointer<martlet_contraction_kernels>
  ) {
    let (sourceRow, targetRow) = (sourceShape[2] * sourceShape[3], targetShape[2] * targetShape[3])
    job.setRows(
      [
        RowAxis(count: targetShape[0], a: sourceShape[1] * sourceRow, c: targetShape[1] * targetRow),
        RowAxis(count: rows.count, a: rows.sourceStep * sourceRow, c: rows.step * targetRow),
        RowAxis(count: columns.count, a: columns.sourceStep * sourceShape[3], c: columns.step * targetShape[3]),
      ], mostTileRows: isDepthwise ? kernels.pointee.channel_tile_rows : kernels.pointee.tile_rows,
      mostShortTileRows: kernels.pointee.short_tile_rows)
    // The next row of the target reads the rows of the source that this one does, and one below.
    let sharesRowsOfPixels = columns.count > 1 && job.a_stride.2 == columns.sourceStep * sourceShape[3]
    let lowest = max(rows.taps.source, rows.taps.source + (rows.taps.count - 1) * rows.taps.sourceStep)
    job.a_ahead =
      sharesRowsOfPixels && rows.count > 1 && sourceChannels >= 16 ? (lowest + rows.sourceStep) * sourceRow : 0
  }

  /// Sets the runs of a chain, (kernel row, kernel column, channel) ascending. With one channel, neighbouring taps make a
  /// run, else neighbouring channels.
  ///
  /// - Parameters:
  ///   - rowLength: How far apart rows of the weights are.
  ///   - table: Where runs are written; moves behind them.
  private func setChain(
    of job: inout martlet_contraction, _ rows: AxisTaps, _ columns: AxisTaps, rowLength: Int,
    table: inout UnsafeMutablePointer<martlet_run>, _ kernels: UnsafePointer<martlet_contraction_kernels>
  ) {
    let channels = isDepthwise ? 1 : sourceChannels
    job.a_step = channels == 1 ? columns.sourceStep * sourceShape[3] : 1
    job.b_step = channels == 1 ? columns.kernelStep * rowLength : rowLength
    job.beginChain(in: table)
    forEachTap(rows, columns) { tap, y, x in
      job.appendSteps(
        a: (y * sourceShape[2] + x) * sourceShape[3], b: tap * channels * rowLength, count: channels, to: &table,
        runLength: kernels.pointee.run_length)
    }
  }

  /// Visits the taps that a region sees, (kernel row, kernel column) ascending, and where in the source they are.
  func forEachTap(_ rows: AxisTaps, _ columns: AxisTaps, _ body: (_ tap: Int, _ y: Int, _ x: Int) -> Void) {
    for i in 0..<rows.count {
      for j in 0..<columns.count {
        body(
          (rows.kernel + i * rows.kernelStep) * weightShape[1] + columns.kernel + j * columns.kernelStep,
          rows.source + i * rows.sourceStep, columns.source + j * columns.sourceStep)
      }
    }
  }
}
