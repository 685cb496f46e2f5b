import CMartletKernels
import MartletBackend

// Depthwise convolutions with kernels 3 or 5 wide have a kernel of their own, which computes whole rows. The data gradient is
// the same thing in a mirror: seen from the last column to the first, ascending taps meet ascending columns.

extension CPUBackend {
  /// Whether `runDepthwise` computes a pass.
  func supportsDepthwise(_ pass: ConvolutionPass, _ window: Window) -> Bool {
    pass.isDepthwise && window.dilation.width == 1
      && (pass.targetIsOutput || window.stride == Extent2D(1))
      && contraction.pointee.supports_depthwise(pass.sourceShape[3], window.size.width, window.stride.width)
  }

  /// Runs a pass that is supported.
  func runDepthwise(
    _ pass: ConvolutionPass, _ window: Window, _ epilogue: FusedEpilogue, _ finish: FinishedElements?
  ) {
    let (images, rows) = (pass.targetShape[0], pass.targetShape[1])
    let rowElements = pass.targetShape[2] * pass.targetShape[3]
    withScratch(byteCount: rows * MemoryLayout<martlet_depthwise_row>.stride) { scratch in
      let table = scratch.assumingMemoryBound(to: martlet_depthwise_row.self)
      pass.writeDepthwiseRows(to: table)
      var job = pass.depthwise(window)
      job.rows = UnsafePointer(table)
      job.bias = epilogue.bias
      job.activation = epilogue.activation
      // Tens of microseconds for a task, as long as there are rows enough.
      let multiplicationsPerTask: Int = 1 << 19
      let rowsPerTask = max(1, min(rows, multiplicationsPerTask / max(1, rowElements * window.size.area)))
      let tasksPerImage = (rows + rowsPerTask - 1) / rowsPerTask
      withUnsafePointer(to: job) { job in
        threads.run(taskCount: images * tasksPerImage) { task in
          let (image, part) = task.quotientAndRemainder(dividingBy: tasksPerImage)
          let (first, end) = (part * rows / tasksPerImage, (part + 1) * rows / tasksPerImage)
          contraction.pointee.depthwise(job, image, first, end)
          if let finish {
            let origin = finish.base.distance(to: pass.target) + image * rows * rowElements
            finish.body((origin + first * rowElements)..<(origin + end * rowElements))
          }
        }
      }
    }
  }
}

extension ConvolutionPass {
  /// The part of the description that does not depend on the epilogue.
  fileprivate func depthwise(_ window: Window) -> martlet_depthwise {
    let channels = sourceShape[3]
    let (sourceColumns, targetColumns) = (sourceShape[2], targetShape[2])
    var job = martlet_depthwise()
    job.x = UnsafePointer(source)
    job.w = UnsafePointer(weights)
    job.y = target
    job.x_image = sourceShape[1] * sourceColumns * channels
    job.x_tap_row = (targetIsOutput ? window.dilation.height : -window.dilation.height) * sourceColumns * channels
    job.x_column = channels
    job.w_tap_row = window.size.width * channels
    job.y_image = targetShape[1] * targetColumns * channels
    job.y_row = targetColumns * channels
    job.y_column = channels
    job.channels = channels
    job.width = window.size.width
    job.stride = window.stride.width
    job.columns = targetColumns
    job.input_columns = sourceColumns
    job.first_input = -window.margins.left
    if !targetIsOutput {
      // Position i receives from o = i + margin - k. In the mirror i' = targetColumns - 1 - i and o' = sourceColumns - 1 - o.
      job.x += (sourceColumns - 1) * channels
      job.y += (targetColumns - 1) * channels
      job.x_column = -channels
      job.y_column = -channels
      job.first_input = sourceColumns - targetColumns - window.margins.left
    }
    return job
  }

  /// Lists where each row of the target finds its operands.
  fileprivate func writeDepthwiseRows(to table: UnsafeMutablePointer<martlet_depthwise_row>) {
    let (sourceRow, weightRow) = (sourceShape[2] * sourceShape[3], weightShape[1] * weightShape[3])
    for span in vertical {
      for index in 0..<span.count {
        table[span.first + index * span.step] = martlet_depthwise_row(
          x: (span.taps.source + index * span.sourceStep) * sourceRow, w: span.taps.kernel * weightRow,
          taps: span.taps.count)
      }
    }
  }
}
