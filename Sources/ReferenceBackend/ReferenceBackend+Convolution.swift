import MartletBackend

extension ReferenceBackend {
  package func conv2d(
    _ input: View, weights: View, _ convolution: Convolution, epilogue: Epilogue?, output: View
  ) {
    let geometry = ConvolutionGeometry(input: input, weights: weights, output: output, convolution)
    guard let operands = launch([input, weights, output]), let further = self.operands(epilogue?.inputs ?? [])
    else { return }
    var writer = ResultWriter(resultCount: 1, epilogue, inputs: further, outputs: [operands[2]])
    let (x, w) = (operands[0].floats, operands[1].floats)
    switch arithmetic {
    case .accurate: geometry.convolve(x, w, &writer, in: Double.self)
    case .canonical: geometry.convolve(x, w, &writer, in: Float.self)
    }
  }

  package func conv2dDataGradient(_ upstream: View, weights: View, _ convolution: Convolution, inputGradient: View) {
    let geometry = ConvolutionGeometry(input: inputGradient, weights: weights, output: upstream, convolution)
    guard let operands = launch([upstream, weights, inputGradient]) else { return }
    let (dy, w, dx) = (operands[0].floats, operands[1].floats, operands[2].floats)
    switch arithmetic {
    case .accurate: geometry.dataGradient(dy, w, into: dx, in: Double.self)
    case .canonical: geometry.dataGradient(dy, w, into: dx, in: Float.self)
    }
  }

  package func conv2dWeightGradient(_ input: View, upstream: View, _ convolution: Convolution, weightGradient: View) {
    let geometry = ConvolutionGeometry(input: input, weights: weightGradient, output: upstream, convolution)
    guard let operands = launch([input, upstream, weightGradient]) else { return }
    let (x, dy, dw) = (operands[0].floats, operands[1].floats, operands[2].floats)
    switch arithmetic {
    case .accurate: geometry.weightGradient(x, dy, into: dw, in: Double.self)
    case .canonical: geometry.weightGradient(x, dy, into: dw, in: Float.self)
    }
  }
}

/// The extents of one convolution, and its three sums. In all three the sums of neighbouring channels advance side by side;
/// each of them is a chain in the specified order.
private struct ConvolutionGeometry {
  private let batch, height, width, inChannels: Int
  private let outHeight, outWidth, outChannels: Int
  private let window: Window
  private let groups, groupIn, groupOut: Int

  /// - Precondition: the shapes fit each other, and the operands are contiguous.
  init(input: View, weights: View, output: View, _ convolution: Convolution) {
    (batch, height, width, inChannels) = (input.shape[0], input.shape[1], input.shape[2], input.shape[3])
    (outHeight, outWidth, outChannels) = (output.shape[1], output.shape[2], output.shape[3])
    window = convolution.window
    groups = convolution.groups
    groupIn = inChannels / groups
    groupOut = outChannels / groups
    let out = window.outputExtent(over: Extent2D(height, width))
    precondition(
      output.shape == [batch, out.height, out.width, outChannels]
        && weights.shape == [window.size.height, window.size.width, groupIn, outChannels]
        && groupIn * groups == inChannels && groupOut * groups == outChannels,
      "reference: convolution of \(input.shape) with \(weights.shape) (\(convolution)) and \(output.shape)")
    precondition(
      [input, weights, output].allSatisfy { $0.layout.isContiguous },
      "reference: convolution wants contiguous operands")
  }

  /// The row or column of the input under tap `tap` of the window at `position`, or `nil` in the margin.
  private func row(_ position: Int, _ tap: Int) -> Int? {
    let y = position * window.stride.height + tap * window.dilation.height - window.margins.top
    return y >= 0 && y < height ? y : nil
  }

  private func column(_ position: Int, _ tap: Int) -> Int? {
    let x = position * window.stride.width + tap * window.dilation.width - window.margins.left
    return x >= 0 && x < width ? x : nil
  }

  private func inputStart(_ image: Int, _ y: Int, _ x: Int) -> Int { ((image * height + y) * width + x) * inChannels }
  private func outputStart(_ image: Int, _ y: Int, _ x: Int) -> Int {
    ((image * outHeight + y) * outWidth + x) * outChannels
  }
  private func weightStart(_ ky: Int, _ kx: Int) -> Int { (ky * window.size.width + kx) * groupIn * outChannels }

  func convolve<Sum: Accumulator>(
    _ input: UnsafeMutablePointer<Float>, _ weights: UnsafeMutablePointer<Float>, _ writer: inout ResultWriter,
    in: Sum.Type
  ) {
    var sums = [Sum](repeating: 0, count: outChannels)
    for image in 0..<batch {
      for oy in 0..<outHeight {
        for ox in 0..<outWidth {
          for channel in 0..<outChannels { sums[channel] = 0 }
          for ky in 0..<window.size.height {
            guard let y = row(oy, ky) else { continue }
            for kx in 0..<window.size.width {
              guard let x = column(ox, kx) else { continue }
              for group in 0..<groups {
                for i in 0..<groupIn {
                  let value = input[inputStart(image, y, x) + group * groupIn + i]
                  let w = weights + (weightStart(ky, kx) + i * outChannels)
                  for o in group * groupOut..<(group + 1) * groupOut { sums[o].add(value, times: w[o]) }
                }
              }
            }
          }
          for channel in 0..<outChannels { writer.writeNext(Float(sums[channel])) }
        }
      }
    }
  }

  func dataGradient<Sum: Accumulator>(
    _ upstream: UnsafeMutablePointer<Float>, _ weights: UnsafeMutablePointer<Float>,
    into inputGradient: UnsafeMutablePointer<Float>, in: Sum.Type
  ) {
    // The window position at which a tap lies on an element: where the distance is a whole number of strides.
    func position(_ distance: Int, _ stride: Int, _ count: Int) -> Int? {
      distance >= 0 && distance % stride == 0 && distance / stride < count ? distance / stride : nil
    }
    var sums = [Sum](repeating: 0, count: inChannels)
    for image in 0..<batch {
      for y in 0..<height {
        for x in 0..<width {
          for channel in 0..<inChannels { sums[channel] = 0 }
          for ky in 0..<window.size.height {
            let down = y + window.margins.top - ky * window.dilation.height
            guard let oy = position(down, window.stride.height, outHeight) else { continue }
            for kx in 0..<window.size.width {
              let right = x + window.margins.left - kx * window.dilation.width
              guard let ox = position(right, window.stride.width, outWidth) else { continue }
              for group in 0..<groups {
                for o in group * groupOut..<(group + 1) * groupOut {
                  let value = upstream[outputStart(image, oy, ox) + o]
                  let w = weights + (weightStart(ky, kx) + o)
                  for i in 0..<groupIn { sums[group * groupIn + i].add(value, times: w[i * outChannels]) }
                }
              }
            }
          }
          for channel in 0..<inChannels { inputGradient[inputStart(image, y, x) + channel] = Float(sums[channel]) }
        }
      }
    }
  }

  func weightGradient<Sum: Accumulator>(
    _ input: UnsafeMutablePointer<Float>, _ upstream: UnsafeMutablePointer<Float>,
    into weightGradient: UnsafeMutablePointer<Float>, in: Sum.Type
  ) {
    let weightCount = window.size.area * groupIn * outChannels
    let slices = Convolution.weightGradientSlices(batch: batch, weightCount: weightCount)
    var total = [Sum](repeating: 0, count: weightCount)
    var sums = total
    for slice in 0..<slices {
      for i in sums.indices { sums[i] = 0 }
      for image in slice * batch / slices..<(slice + 1) * batch / slices {
        for oy in 0..<outHeight {
          for ox in 0..<outWidth { addTaps(of: image, oy, ox, input, upstream, to: &sums) }
        }
      }
      for i in sums.indices { total[i] = slice == 0 ? sums[i] : total[i] + sums[i] }
    }
    for i in total.indices { weightGradient[i] = Float(total[i]) }
  }

  /// Adds what one output position contributes to the gradient of every weight.
  private func addTaps<Sum: Accumulator>(
    of image: Int, _ oy: Int, _ ox: Int, _ input: UnsafeMutablePointer<Float>,
    _ upstream: UnsafeMutablePointer<Float>, to sums: inout [Sum]
  ) {
    let dy = upstream + outputStart(image, oy, ox)
    for ky in 0..<window.size.height {
      guard let y = row(oy, ky) else { continue }
      for kx in 0..<window.size.width {
        guard let x = column(ox, kx) else { continue }
        for group in 0..<groups {
          for i in 0..<groupIn {
            let value = input[inputStart(image, y, x) + group * groupIn + i]
            let w = weightStart(ky, kx) + i * outChannels
            for o in group * groupOut..<(group + 1) * groupOut { sums[w + o].add(value, times: dy[o]) }
          }
        }
      }
    }
  }
}
