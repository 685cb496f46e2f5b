import CMartletKernels
import MartletBackend

// `Backend` documents this.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CPUBackend {
  public func conv2dWeightGradient(
    _ input: View, upstream: View, _ convolution: Convolution, weightGradient: View
  ) {
    countLaunch()
    assert(
      [input, upstream, weightGradient].allSatisfy(\.layout.isContiguous), "conv2dWeightGradient: strided operands")
    guard let x = elements(reading: input), let dy = elements(reading: upstream),
      let dw = elements(writing: weightGradient)
    else { return }
    let gradient = WeightGradient(
      x: x, inputShape: input.shape, dy: dy, outputShape: upstream.shape, shape: weightGradient.shape, convolution)
    let count = weightGradient.layout.elementCount
    guard count > 0 else { return }
    let slices = Convolution.weightGradientSlices(batch: input.shape[0], weightCount: count)
    let tableByteCount = gradient.rowCount * MemoryLayout<martlet_weight_row>.stride
    let slicesByteCount = slices > 1 ? slices * count * MemoryLayout<Float>.stride : 0
    withScratch(byteCount: slicesByteCount + tableByteCount) { scratch in
      let sums = slices > 1 ? scratch.assumingMemoryBound(to: Float.self) : dw
      let rows = (scratch + slicesByteCount).assumingMemoryBound(to: martlet_weight_row.self)
      gradient.writeRows(to: rows)
      if gradient.hasOneColumn {
        addPositionsTransposed(of: gradient, rows: rows, slices: slices, to: sums, count: count)
      } else {
        addPositions(of: gradient, rows: rows, slices: slices, to: sums, count: count)
      }
      if slices > 1 { addSlices(sums, slices: slices, count: count, to: dw) }
    }
  }

  private func addPositions(
    of gradient: WeightGradient, rows: UnsafePointer<martlet_weight_row>, slices: Int,
    to sums: UnsafeMutablePointer<Float>, count: Int
  ) {
    let table = contraction.pointee
    let isDepthwise = gradient.isDepthwise
    let tiles = gradient.tiles(of: table.tile_rows)
    let groups = isDepthwise ? 1 : gradient.groups
    let parts = gradient.partsPerSlice(slices: slices, groups: groups, tiles: tiles.count)
    let kernel = isDepthwise ? table.weight_gradient_channels : table.weight_gradient
    guard let kernel else { return }
    tiles.withUnsafeBufferPointer { tiles in
      threads.run(taskCount: slices * groups * parts) { task in
        let (slice, group, part) = (task / (groups * parts), task / parts % groups, task % parts)
        var job = gradient.job(group: group)
        job.dw = sums + slice * count + group * gradient.outputChannelsPerGroup
        job.rows = rows
        let images = slice * gradient.batch / slices..<(slice + 1) * gradient.batch / slices
        gradient.forEachCachedBlock(of: images) { block, rows, isFirst in
          job.first_output_row = rows.lowerBound
          job.end_output_row = rows.upperBound
          for tile in tiles[(part * tiles.count / parts)..<((part + 1) * tiles.count / parts)] {
            kernel(&job, tile.lowerBound, tile.count, block.lowerBound, block.upperBound, !isFirst)
          }
        }
      }
    }
  }

  /// With one output channel, dw is a column, which would fill one lane of each vector. Its transpose is a row: x and dy change
  /// places, and each tap is a job with its channels as columns.
  private func addPositionsTransposed(
    of gradient: WeightGradient, rows: UnsafePointer<martlet_weight_row>, slices: Int,
    to sums: UnsafeMutablePointer<Float>, count: Int
  ) {
    guard let kernel = contraction.pointee.weight_gradient else { return }
    let (taps, channels) = (gradient.taps, gradient.shape[2])
    threads.run(taskCount: slices * taps) { task in
      let (slice, tap) = task.quotientAndRemainder(dividingBy: taps)
      var job = gradient.job(group: 0)
      (job.x, job.dy) = (job.dy, job.x + rows[tap * channels].x)
      (job.x_stride, job.dy_stride) = (job.dy_stride, job.x_stride)
      job.columns = channels
      job.dw = sums + slice * count + tap * channels
      var row = rows[tap * channels]
      row.x = 0
      withUnsafePointer(to: row) { row in
        job.rows = row
        kernel(&job, 0, 1, slice * gradient.batch / slices, (slice + 1) * gradient.batch / slices, false)
      }
    }
  }

  /// Adds `slices` gradients of `count` elements each, from left to right.
  func addSlices(
    _ sums: UnsafePointer<Float>, slices: Int, count: Int, to total: UnsafeMutablePointer<Float>
  ) {
    let elementsPerTask = max(1024, 65_536 / slices / 16 * 16)
    threads.run(taskCount: (count + elementsPerTask - 1) / elementsPerTask) { task in
      contraction.pointee.add_slices(
        sums, slices, count, task * elementsPerTask, min(count, (task + 1) * elementsPerTask), total)
    }
  }
}

/// The gradient of a convolution for its weights, seen as a matrix: one row for each (kernel row, kernel column, input
/// channel of a group), one column for each output channel of a group.
struct WeightGradient {
  let x: UnsafeMutablePointer<Float>
  let inputShape: Shape
  let dy: UnsafeMutablePointer<Float>
  let outputShape: Shape
  /// `[kernel height, kernel width, in / groups, out]`.
  let shape: Shape
  let window: Window
  let groups: Int
  private let vertical: ConvolutionAxis
  private let horizontal: ConvolutionAxis

  init(
    x: UnsafeMutablePointer<Float>, inputShape: Shape, dy: UnsafeMutablePointer<Float>, outputShape: Shape,
    shape: Shape,
    _ convolution: Convolution
  ) {
    self.x = x
    self.inputShape = inputShape
    self.dy = dy
    self.outputShape = outputShape
    self.shape = shape
    window = convolution.window
    groups = convolution.groups
    (vertical, horizontal) = ConvolutionAxis.pair(window, over: Extent2D(inputShape[1], inputShape[2]))
  }

  var batch: Int { inputShape[0] }
  var outputChannelsPerGroup: Int { shape[3] / groups }
  var isDepthwise: Bool { groups > 1 && shape[2] == 1 && shape[3] == groups }
  var hasOneColumn: Bool { shape[3] == 1 && groups == 1 && shape[2] >= 4 }
  var taps: Int { shape[0] * shape[1] }
  var rowCount: Int { taps * shape[2] }

  /// Where each row's input lies, and for which output positions it exists.
  func writeRows(to rows: UnsafeMutablePointer<martlet_weight_row>) {
    var row = 0
    for i in 0..<shape[0] {
      let y = vertical.outputRange(ofTap: i)
      let top = i * window.dilation.height - window.margins.top
      for j in 0..<shape[1] {
        let z = horizontal.outputRange(ofTap: j)
        let left = j * window.dilation.width - window.margins.left
        for channel in 0..<shape[2] {
          rows[row] = martlet_weight_row(
            x: (top * inputShape[2] + left) * inputShape[3] + channel, first_row: y.lowerBound, end_row: y.upperBound,
            first_column: z.lowerBound, end_column: z.upperBound)
          row += 1
        }
      }
    }
  }

  /// Rows computed together. Rows whose inputs are neighbours in memory need one address for all, so tiles keep to runs of
  /// such rows unless these are too short to fill a tile.
  func tiles(of tileRows: Int) -> [Range<Int>] {
    let isMerged = groups == 1 && window.dilation.width == 1
    let run = isMerged ? shape[1] * shape[2] : shape[2]
    let length = run >= tileRows / 2 ? run : rowCount
    let tilesPerRun = (length + tileRows - 1) / tileRows
    return (0..<(rowCount / length)).flatMap { run in
      (0..<tilesPerRun).map { tile in
        (run * length + tile * length / tilesPerRun)..<(run * length + (tile + 1) * length / tilesPerRun)
      }
    }
  }

  /// Into how many tasks the tiles of one slice and group are cut, so that a task takes tens of microseconds, and less where
  /// there is little to do.
  func partsPerSlice(slices: Int, groups: Int, tiles: Int) -> Int {
    let fewestTasks = 16
    let (mostMultiplications, fewestMultiplications): (Int, Int) = (1 << 20, 1 << 16)
    let perImage = rowCount * (shape[3] / groups) * outputShape[1] * outputShape[2]
    let perTask = max(fewestMultiplications, min(mostMultiplications, perImage * batch * groups / fewestTasks))
    return max(1, min(tiles, perImage * max(1, batch / slices) / perTask))
  }

  /// The part of the description that does not depend on the task.
  func job(group: Int) -> martlet_weight_gradient {
    var job = martlet_weight_gradient()
    job.x = UnsafePointer(x + group * shape[2])
    job.dy = UnsafePointer(dy + group * outputChannelsPerGroup)
    job.x_stride = (
      inputShape[1] * inputShape[2] * inputShape[3], window.stride.height * inputShape[2] * inputShape[3],
      window.stride.width * inputShape[3]
    )
    job.dy_stride = (outputShape[1] * outputShape[2] * outputShape[3], outputShape[2] * outputShape[3], outputShape[3])
    job.dw_stride = shape[3]
    job.end_output_row = outputShape[1]
    job.output_columns = outputShape[2]
    job.columns = isDepthwise ? shape[3] : outputChannelsPerGroup
    return job
  }

  /// Cuts images, and where these are large their output rows, into blocks that stay in a core's second cache while all tiles
  /// pass over them. Blocks come in the order of the chains.
  func forEachCachedBlock(
    of images: Range<Int>, _ body: (_ block: Range<Int>, _ rows: Range<Int>, _ isFirst: Bool) -> Void
  ) {
    let cachedElements: Int = 1 << 16
    let rows = outputShape[1]
    let elementsPerImage = inputShape.dropFirst().reduce(1, *) + outputShape.dropFirst().reduce(1, *)
    let imagesPerBlock = max(1, cachedElements / max(1, elementsPerImage))
    let parts = max(1, min(rows, elementsPerImage / cachedElements))
    if images.isEmpty { body(images, 0..<0, true) }  // sums over nothing are written, too
    for first in stride(from: images.lowerBound, to: images.upperBound, by: imagesPerBlock) {
      let block = first..<min(images.upperBound, first + imagesPerBlock)
      for part in 0..<parts {
        body(
          block, (part * rows / parts)..<((part + 1) * rows / parts), first == images.lowerBound && part == 0)
      }
    }
  }
}
