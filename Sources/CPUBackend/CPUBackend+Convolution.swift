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
    guard let x = elements(reading: input), let w = elements(reading: weights), let y = elements(writing: output),
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
      finishing(output, y, fused == nil ? epilogue : nil) {
        run(pass, convolution.window, fused ?? FusedEpilogue(), $0)
      }
    }
  }

  public func conv2dDataGradient(
    _ upstream: View, weights: View, _ convolution: Convolution, inputGradient: View
  ) {
    countLaunch()
    assert(
      [upstream, weights, inputGradient].allSatisfy(\.layout.isContiguous), "conv2dDataGradient: strided operands")
    guard let dy = elements(reading: upstream), let w = elements(reading: weights),
      let dx = elements(writing: inputGradient),
      inputGradient.layout.elementCount > 0
    else { return }
    let image = Extent2D(inputGradient.shape[1], inputGradient.shape[2])
    let axes = ConvolutionAxis.pair(convolution.window, over: image)
    let pass = ConvolutionPass(
      source: dy, sourceShape: upstream.shape, target: dx, targetShape: inputGradient.shape,
      vertical: axes.0.inputSpans, horizontal: axes.1.inputSpans, weights: w, weightShape: weights.shape,
      groups: convolution.groups, targetIsOutput: false)
    if pass.hasPixelColumns {
      runWithPixelColumns(pass, nil)
    } else {
      run(pass, convolution.window, FusedEpilogue(), nil)
    }
  }

  private func run(
    _ pass: ConvolutionPass, _ window: Window, _ epilogue: FusedEpilogue, _ finish: FinishedElements?
  ) {
    if supportsDepthwise(pass, window) {
      runDepthwise(pass, window, epilogue, finish)
    } else {
      runContractions(pass, epilogue, finish)
    }
  }

  private func runContractions(_ pass: ConvolutionPass, _ epilogue: FusedEpilogue, _ finish: FinishedElements?) {
    let isPacked = pass.wantsPackedWeights(contraction)
    let panels = pass.panels(of: panelColumns)
    let packedElements = isPacked ? pass.groups * panels * pass.stepsPerGroup * panelColumns : 0
    let packedByteCount = packedElements * MemoryLayout<Float>.stride
    let tableByteCount = pass.tableSize(contraction) * MemoryLayout<martlet_run>.stride
    withScratch(byteCount: packedByteCount + tableByteCount) { scratch in
      let packed = scratch.assumingMemoryBound(to: Float.self)
      var table = (scratch + packedByteCount).assumingMemoryBound(to: martlet_run.self)
      if isPacked {
        packPanels(count: pass.groups * panels, elementsPerPanel: pass.stepsPerGroup * panelColumns) {
          pass.packPanel($0, into: packed, contraction)
        }
      }
      let jobs = pass.contractions(packed: isPacked ? packed : nil, table: &table, epilogue, contraction)
      contract(jobs, perChannel: pass.isDepthwise, finish: finish)
    }
  }
}
