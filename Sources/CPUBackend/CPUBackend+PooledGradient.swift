import CMartletKernels
import MartletBackend

// The gradients of convolution and maximum pooling as one. The convolution's upstream, most of which is zero, is never written
// to memory: where windows do not overlap, the kernels go through lists of what is not zero; else, or where runs of neighbours
// are too short for that, it is expanded image by image into scratch memory.

// `Backend` documents these.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CPUBackend {
  public func conv2dMaxPooledDataGradient(
    _ upstream: View, index: View, pooling: Window, weights: View, _ convolution: Convolution, inputGradient: View
  ) {
    let kernels = martlet_pooled_gradient_table(instructionSet.kernelTable).pointee
    let gradient = PooledGradient(
      input: inputGradient.shape, weights: weights.shape, upstream: upstream.shape, pooling, convolution,
      lanes: kernels.lanes)
    guard let gradient, index.dtype == .uint8, inputGradient.layout.elementCount > 0 else {
      return composedConv2dMaxPooledDataGradient(
        upstream, index: index, pooling: pooling, weights: weights, convolution, inputGradient: inputGradient)
    }
    countLaunch()
    guard let dy = elements(reading: upstream), let w = elements(reading: weights),
      let dx = elements(writing: inputGradient),
      let indices = elements(reading: index, as: UInt8.self)
    else { return }
    let images = inputGradient.shape[0]
    let weightCount = gradient.filters * gradient.weightsPerFilter
    withScratch(byteCount: weightCount * MemoryLayout<Float>.stride) { scratch in
      let arranged = scratch.assumingMemoryBound(to: Float.self)
      arrange(w, of: gradient, into: arranged)
      let imagesPerTask = gradient.imagesPerTask
      threads.run(taskCount: (images + imagesPerTask - 1) / imagesPerTask) { task in
        withTaskScratch(of: gradient, kernels) { padded, lists in
          for image in (task * imagesPerTask)..<min(images, (task + 1) * imagesPerTask) {
            let target = dx + image * gradient.imageCount
            let sums = padded ?? target
            sums.update(repeating: 0, count: padded == nil ? gradient.imageCount : gradient.paddedCount)
            withUnsafePointer(to: gradient.geometry) {
              kernels.data_gradient(
                $0, dy + image * gradient.upstreamCount, indices + image * gradient.upstreamCount, arranged, sums, lists
              )
            }
            if padded != nil { gradient.copyInterior(of: sums, to: target) }
          }
        }
      }
    }
  }

  public func conv2dMaxPooledWeightGradient(
    _ input: View, upstream: View, index: View, pooling: Window, _ convolution: Convolution, weightGradient: View
  ) {
    let kernels = martlet_pooled_gradient_table(instructionSet.kernelTable).pointee
    let gradient = PooledGradient(
      input: input.shape, weights: weightGradient.shape, upstream: upstream.shape, pooling, convolution,
      lanes: kernels.lanes)
    guard let gradient, index.dtype == .uint8, input.shape[0] > 0, weightGradient.layout.elementCount > 0 else {
      return composedConv2dMaxPooledWeightGradient(
        input, upstream: upstream, index: index, pooling: pooling, convolution, weightGradient: weightGradient)
    }
    countLaunch()
    guard let x = elements(reading: input), let dy = elements(reading: upstream),
      let dw = elements(writing: weightGradient),
      let indices = elements(reading: index, as: UInt8.self)
    else { return }
    let images = input.shape[0]
    let slices = Convolution.weightGradientSlices(batch: images, weightCount: weightGradient.layout.elementCount)
    let count = gradient.filters * gradient.weightsPerFilter
    let parts = gradient.partsPerSlice(slices: slices, images: images)
    withScratch(byteCount: (slices + 1) * count * MemoryLayout<Float>.stride) { scratch in
      let total = scratch.assumingMemoryBound(to: Float.self)
      let sums = total + count
      threads.run(taskCount: slices * parts) { task in
        let (slice, part) = task.quotientAndRemainder(dividingBy: parts)
        let filters = gradient.filters(ofPart: part, of: parts)
        withTaskScratch(of: gradient, kernels) { padded, lists in
          padded?.update(repeating: 0, count: gradient.paddedCount)
          let first = slice * images / slices
          for image in first..<(slice + 1) * images / slices {
            let source = x + image * gradient.imageCount
            if let padded { gradient.copyInterior(of: source, intoPadded: padded) }
            withUnsafePointer(to: gradient.geometry) {
              kernels.weight_gradient(
                $0, padded ?? source, dy + image * gradient.upstreamCount, indices + image * gradient.upstreamCount,
                filters.lowerBound, filters.upperBound, image > first, sums + slice * count, lists)
            }
          }
        }
      }
      addSlices(sums, slices: slices, count: count, to: total)
      restore(total, of: gradient, into: dw)
    }
  }

  /// Scratch memory of one task: a padded image where there are margins, and room for lists.
  private func withTaskScratch(
    of gradient: PooledGradient, _ kernels: martlet_pooled_gradient_kernels,
    _ body: (_ padded: UnsafeMutablePointer<Float>?, _ lists: UnsafeMutableRawPointer) -> Void
  ) {
    let paddedByteCount = gradient.hasMargins ? gradient.paddedCount * MemoryLayout<Float>.stride : 0
    let listByteCount = withUnsafePointer(to: gradient.geometry) { kernels.scratch_byte_count($0) }
    // Kernels may read one vector behind an image; the lists stand there.
    withScratch(byteCount: paddedByteCount + listByteCount) {
      body(gradient.hasMargins ? $0.assumingMemoryBound(to: Float.self) : nil, $0 + paddedByteCount)
    }
  }

  /// `[tap row][run][filter]` → `[tap row][filter][padded run]`
  private func arrange(
    _ weights: UnsafePointer<Float>, of gradient: PooledGradient, into arranged: UnsafeMutablePointer<Float>
  ) {
    let g = gradient.geometry
    threads.run(taskCount: g.tap_rows) { row in
      transpose(
        weights + row * g.run_length * g.filters, g.filters, arranged + row * g.padded_run_length * g.filters,
        g.padded_run_length, rows: g.filters, columns: g.run_length)
    }
  }

  /// `[filter][tap row][padded run]` → `[tap row][run][filter]`
  private func restore(
    _ total: UnsafePointer<Float>, of gradient: PooledGradient, into weights: UnsafeMutablePointer<Float>
  ) {
    let g = gradient.geometry
    threads.run(taskCount: g.tap_rows) { row in
      transpose(
        total + row * g.padded_run_length, gradient.weightsPerFilter, weights + row * g.run_length * g.filters,
        g.filters,
        rows: g.run_length, columns: g.filters)
    }
  }

  private func transpose(
    _ from: UnsafePointer<Float>, _ fromStride: Int, _ to: UnsafeMutablePointer<Float>, _ toStride: Int, rows: Int,
    columns: Int
  ) {
    vector.pointee.transpose(
      UnsafeRawPointer(from).assumingMemoryBound(to: UInt32.self), fromStride,
      UnsafeMutableRawPointer(to).assumingMemoryBound(to: UInt32.self), toStride, rows, columns)
  }
}

/// The geometry of a gradient that is computed from lists.
private struct PooledGradient {
  let geometry: martlet_pooled_gradient
  /// Elements of one image, with and without margins, and of its upstream.
  let imageCount: Int
  let paddedCount: Int
  let upstreamCount: Int
  private let image: Extent2D
  private let padded: Extent2D
  private let channels: Int
  private let margins: Margins

  /// Nil where lists do not pay or windows may share elements.
  init?(
    input: Shape, weights: Shape, upstream: Shape, _ pooling: Window, _ convolution: Convolution, lanes: Int
  ) {
    let window = convolution.window
    let run = weights[1] * weights[2]
    guard convolution.groups == 1, window.dilation.width == 1, pooling.stride.height >= pooling.size.height,
      pooling.stride.width >= pooling.size.width, (2...256).contains(pooling.size.area), run >= 2 * lanes
    else { return nil }
    image = Extent2D(input[1], input[2])
    channels = input[3]
    margins = window.margins
    let output = window.outputExtent(over: image)
    // What some position reads, or the image where that is larger.
    padded = Extent2D(
      max(
        image.height + margins.top,
        (output.height - 1) * window.stride.height + (window.size.height - 1) * window.dilation.height + 1),
      max(image.width + margins.left, (output.width - 1) * window.stride.width + window.size.width))
    imageCount = image.area * channels
    paddedCount = padded.area * channels
    upstreamCount = upstream.dropFirst().reduce(1, *)
    let rowLength = padded.width * channels
    guard imageCount < Int32.max / 2, paddedCount < Int32.max / 2, weights.elementCount < Int32.max / 2,
      upstreamCount < Int32.max / 2
    else { return nil }
    geometry = martlet_pooled_gradient(
      row_step: window.stride.height * rowLength, column_step: window.stride.width * channels,
      tap_row_step: window.dilation.height * rowLength, tap_rows: weights[0], run_length: run,
      padded_run_length: (run + lanes - 1) / lanes * lanes, filters: weights[3], window_rows: upstream[1],
      window_columns: upstream[2], size_height: pooling.size.height, size_width: pooling.size.width,
      stride_height: pooling.stride.height, stride_width: pooling.stride.width, margin_top: pooling.margins.top,
      margin_left: pooling.margins.left)
  }

  /// Whether images have to be copied to where there is room around them.
  var hasMargins: Bool { padded != image }
  var filters: Int { geometry.filters }
  var weightsPerFilter: Int { geometry.tap_rows * geometry.padded_run_length }
  private var multiplicationsPerImage: Int { upstreamCount * weightsPerFilter }

  /// A task takes tens of microseconds.
  private static let multiplicationsPerTask: Int = 1 << 20

  var imagesPerTask: Int { max(1, Self.multiplicationsPerTask / max(1, multiplicationsPerImage)) }

  /// Into how many tasks the filters of one slice are cut.
  func partsPerSlice(slices: Int, images: Int) -> Int {
    let perSlice = images / slices * multiplicationsPerImage
    return max(1, min(filters / 16, perSlice / (2 * Self.multiplicationsPerTask)))
  }

  /// Whole vectors of filters.
  func filters(ofPart part: Int, of parts: Int) -> Range<Int> {
    func bound(_ part: Int) -> Int { part == parts ? filters : part * (filters / 16) / parts * 16 }
    return bound(part)..<bound(part + 1)
  }

  func copyInterior(of padded: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>) {
    for row in 0..<image.height {
      (target + row * image.width * channels).update(from: padded + start(ofRow: row), count: image.width * channels)
    }
  }

  func copyInterior(of source: UnsafePointer<Float>, intoPadded padded: UnsafeMutablePointer<Float>) {
    for row in 0..<image.height {
      (padded + start(ofRow: row)).update(from: source + row * image.width * channels, count: image.width * channels)
    }
  }

  private func start(ofRow row: Int) -> Int { ((row + margins.top) * padded.width + margins.left) * channels }
}
