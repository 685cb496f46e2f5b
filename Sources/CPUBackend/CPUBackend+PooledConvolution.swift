import CMartletKernels
import MartletBackend

// Convolution, then maximum pooling, depth first: some rows of some images at a time are convolved into scratch memory
// that stays in the core's cache, and pooled from there. Only pooled values and indices reach memory, and what no window covers
// is not computed.

// `Backend` documents this.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CPUBackend {
  public func conv2dMaxPooled(
    _ input: View, weights: View, _ convolution: Convolution, epilogue: Epilogue?, pooling: Window, output: View,
    index: View?
  ) {
    let convolved = convolution.outputShape(of: input.shape, channels: weights.shape[3])
    let plan = DepthFirstPlan(
      convolved: convolved, pooled: output.shape, pooling, chainLength: weights.shape.dropLast().reduce(1, *))
    guard convolution.groups == 1, convolved[3] > 1, !plan.windowsOverlap, output.layout.elementCount > 0,
      let fused = FusedEpilogue(epilogue, columns: convolved[3], on: self)
    else {
      return composedConv2dMaxPooled(
        input, weights: weights, convolution, epilogue: epilogue, pooling: pooling, output: output, index: index)
    }
    countLaunch()
    guard let x = elements(reading: input), let w = elements(reading: weights),
      let y = elements(writing: output)
    else { return }
    let positions = index.flatMap { IndexElements($0, on: self) }
    if index != nil && positions == nil { return }
    let axes = ConvolutionAxis.pair(convolution.window, over: Extent2D(input.shape[1], input.shape[2]))
    // The target is scratch memory; its place is put in later.
    let pass = ConvolutionPass(
      source: x, sourceShape: input.shape, target: y, targetShape: convolved, vertical: axes.0.outputSpans,
      horizontal: axes.1.outputSpans.compactMap { $0.clipped(to: plan.columns) }, weights: w,
      weightShape: weights.shape, groups: 1, targetIsOutput: true)
    run(pass, plan, fused, y, positions)
  }

  private func run(
    _ pass: ConvolutionPass, _ plan: DepthFirstPlan, _ epilogue: FusedEpilogue, _ y: UnsafeMutablePointer<Float>,
    _ positions: IndexElements?
  ) {
    let isPacked = pass.wantsPackedWeights(contraction)
    let panels = pass.panels(of: panelColumns)
    let packedByteCount = isPacked ? panels * pass.stepsPerGroup * panelColumns * MemoryLayout<Float>.stride : 0
    let tableByteCount = pass.tableSize(contraction) * MemoryLayout<martlet_run>.stride
    withScratch(byteCount: packedByteCount + (plan.bands.count + 1) * tableByteCount) { scratch in
      let packed = isPacked ? scratch.assumingMemoryBound(to: Float.self) : nil
      if let packed {
        packPanels(count: panels, elementsPerPanel: pass.stepsPerGroup * panelColumns) {
          pass.packPanel($0, into: packed, contraction)
        }
      }
      var table = (scratch + packedByteCount).assumingMemoryBound(to: martlet_run.self)
      func contractions(band: Range<Int>, images: Int) -> [martlet_contraction] {
        var part = pass
        part.sourceShape[0] = images
        part.targetShape[0] = images
        part.vertical = pass.vertical.compactMap { $0.clipped(to: plan.rows(under: band)) }
        return part.contractions(packed: packed, table: &table, epilogue, contraction)
      }
      let rest = plan.pooled[0] % plan.imagesPerUnit
      let bands = plan.bands.map { contractions(band: $0, images: plan.imagesPerUnit) }
      let remainder = rest > 0 ? contractions(band: plan.bands[0], images: rest) : []
      let unit = DepthFirstUnit(
        plan: plan, pooling: martlet_pooling(plan.pooling, image: plan.convolved, output: plan.pooled),
        source: pass.source,
        sourceImage: pass.sourceShape.dropFirst().reduce(1, *), target: pass.target, pooled: y, positions: positions,
        kernels: contraction.pointee, poolingKernels: martlet_pooling_table(instructionSet.kernelTable).pointee)
      threads.run(taskCount: (plan.unitCount + plan.unitsPerTask - 1) / plan.unitsPerTask) { task in
        withScratch(byteCount: plan.unitByteCount) { scratch in
          for number in (task * plan.unitsPerTask)..<min(plan.unitCount, (task + 1) * plan.unitsPerTask) {
            let (group, band) = number.quotientAndRemainder(dividingBy: plan.bands.count)
            let images = group * plan.imagesPerUnit..<min(plan.pooled[0], (group + 1) * plan.imagesPerUnit)
            unit.run(
              images.count < plan.imagesPerUnit ? remainder : bands[band], images, plan.bands[band],
              scratch.assumingMemoryBound(to: Float.self))
          }
        }
      }
    }
  }
}

/// What all units have in common.
private struct DepthFirstUnit {
  let plan: DepthFirstPlan
  let pooling: martlet_pooling
  let source: UnsafePointer<Float>
  let sourceImage: Int
  /// Where contractions believe the first of their images to be.
  let target: UnsafePointer<Float>
  let pooled: UnsafeMutablePointer<Float>
  let positions: IndexElements?
  let kernels: martlet_contraction_kernels
  let poolingKernels: martlet_pooling_kernels

  /// Convolves a band of some images into scratch memory, which holds nothing but the rows under the band, and pools them.
  func run(
    _ contractions: [martlet_contraction], _ images: Range<Int>, _ band: Range<Int>,
    _ scratch: UnsafeMutablePointer<Float>
  ) {
    let rowLength = plan.convolved[2] * plan.convolved[3]
    // Where row 0 of the first image would be.
    let corner = scratch - plan.rows(under: band).lowerBound * rowLength
    for var contraction in contractions {
      contraction.a += images.lowerBound * sourceImage
      contraction.c = corner + target.distance(to: contraction.c)
      let rows = contraction.row_count
      let tiles = (rows.2 + contraction.tile_rows - 1) / contraction.tile_rows
      let panels = (contraction.columns + kernels.panel_columns - 1) / kernels.panel_columns
      kernels.contract(&contraction, 0, rows.0 * rows.1 * tiles, 0, panels)
    }
    let firstImage = UnsafePointer(corner) - images.lowerBound * plan.convolved[1] * rowLength
    for image in images {
      let firstRow = image * plan.pooled[1]
      withUnsafePointer(to: pooling) {
        poolingKernels.maximum(
          $0, firstImage, pooled, positions?.bytes, positions?.words, firstRow + band.lowerBound,
          firstRow + band.upperBound)
      }
    }
  }
}
