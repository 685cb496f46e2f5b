import CMartletKernels
import MartletBackend

// A target of one channel would fill one lane of each vector. Seen the other way round, with the weights as the only row and
// neighbouring pixels as columns, it fills all of them.

extension CPUBackend {
  /// Runs a pass for which `hasPixelColumns` holds.
  func runWithPixelColumns(_ pass: ConvolutionPass, _ finish: FinishedElements?) {
    let (images, pixels) = (pass.sourceShape[0], pass.sourceShape[1] * pass.sourceShape[2])
    let channels = pass.sourceShape[3]
    let planesByteCount = images * pixels * channels * MemoryLayout<Float>.stride
    let tableByteCount = pass.tableSize(contraction) * MemoryLayout<martlet_run>.stride
    withScratch(byteCount: planesByteCount + tableByteCount) { scratch in
      // [batch, height, width, channels] → [batch, channels, height, width]
      let planes = scratch.assumingMemoryBound(to: Float.self)
      threads.run(taskCount: images) { image in
        let first = image * pixels * channels
        vector.pointee.transpose(
          UnsafeRawPointer(pass.source + first).assumingMemoryBound(to: UInt32.self), channels,
          UnsafeMutableRawPointer(planes + first).assumingMemoryBound(to: UInt32.self), pixels, channels, pixels)
      }
      var table = (scratch + planesByteCount).assumingMemoryBound(to: martlet_run.self)
      let wide = pass.pixelColumnContractions(planes: planes, table: &table, contraction)
      let narrow = pass.contractions(
        over: pass.horizontal.filter { !ConvolutionPass.isWide($0) }, packed: nil, table: &table, FusedEpilogue(),
        contraction)
      contract(wide + narrow, finish: finish)
    }
  }
}

extension ConvolutionPass {
  /// Whether the target's only channel is better computed with pixels as columns, which takes pixels that are neighbours in
  /// both images.
  var hasPixelColumns: Bool {
    groups == 1 && targetShape[3] == 1 && sourceChannels >= 4
      && (vertical + horizontal).allSatisfy { $0.step == 1 && $0.sourceStep == 1 }
      && horizontal.contains(where: Self.isWide)
  }

  /// Whether a span has enough pixels to fill vectors; borders have not.
  fileprivate static func isWide(_ span: AxisSpan) -> Bool { span.count >= 8 }

  /// One contraction for each wide region and image: the weights are the only row of A, `planes` (one per channel of the source)
  /// are B, and rows of the target are rows of pixels.
  fileprivate func pixelColumnContractions(
    planes: UnsafePointer<Float>, table: inout UnsafeMutablePointer<martlet_run>,
    _ kernels: UnsafePointer<martlet_contraction_kernels>
  ) -> [martlet_contraction] {
    let (height, width) = (sourceShape[1], sourceShape[2])
    var job = martlet_contraction()
    job.a = UnsafePointer(weights)
    job.b_stride = width
    job.b_panel_stride = kernels.pointee.panel_columns
    job.a_step = 1
    job.b_step = height * width
    job.c_stride = (targetShape[2], 0, 0)
    job.tile_rows = 1
    var jobs: [martlet_contraction] = []
    for rows in vertical {
      for columns in horizontal where Self.isWide(columns) {
        job.row_count = (rows.count, 1, 1)
        job.columns = columns.count
        job.beginChain(in: table)
        forEachTap(rows.taps, columns.taps) { tap, y, x in
          job.appendSteps(
            a: tap * sourceChannels, b: y * width + x, count: sourceChannels, to: &table,
            runLength: kernels.pointee.run_length)
        }
        for image in 0..<targetShape[0] {
          job.b = planes + image * sourceChannels * height * width
          job.c = target + (image * targetShape[1] + rows.first) * targetShape[2] + columns.first
          jobs.append(job)
        }
      }
    }
    return jobs
  }
}
