import MartletBackend

extension ReferenceBackend {
  package func pool2d(_ input: View, _ kind: PoolingKind, _ window: Window, output: View, index: View?) {
    let geometry = PoolingGeometry(input: input, output: output, index: index, window)
    guard let operands = launch([input, output] + (index.map { [$0] } ?? [])) else { return }
    let (x, y) = (operands[0].floats, operands[1].floats)
    switch (kind, arithmetic) {
    case (.maximum, _): geometry.maxima(of: x, into: y, index: operands.count == 3 ? operands[2] : nil)
    case (.average, .accurate): geometry.averages(of: x, into: y, in: Double.self)
    case (.average, .canonical): geometry.averages(of: x, into: y, in: Float.self)
    }
  }

  package func pool2dBackward(
    _ upstream: View, _ kind: PoolingKind, _ window: Window, index: View?, inputGradient: View
  ) {
    precondition(kind == .average || index != nil, "reference: the gradient of max pooling wants the index")
    let geometry = PoolingGeometry(input: inputGradient, output: upstream, index: index, window)
    guard let operands = launch([upstream, inputGradient] + (index.map { [$0] } ?? [])) else { return }
    let (dy, dx) = (operands[0].floats, operands[1].floats)
    let index = kind == .maximum ? operands[2] : nil
    switch arithmetic {
    case .accurate: geometry.spread(dy, by: index, into: dx, in: Double.self)
    case .canonical: geometry.spread(dy, by: index, into: dx, in: Float.self)
    }
  }
}

/// The extents of one pooling, and its loops.
private struct PoolingGeometry {
  private let batch, height, width, channels: Int
  private let outHeight, outWidth: Int
  private let window: Window

  /// - Precondition: the shapes fit each other, and the operands are contiguous.
  init(input: View, output: View, index: View?, _ window: Window) {
    (batch, height, width, channels) = (input.shape[0], input.shape[1], input.shape[2], input.shape[3])
    (outHeight, outWidth) = (output.shape[1], output.shape[2])
    self.window = window
    let out = window.outputExtent(over: Extent2D(height, width))
    precondition(
      output.shape == [batch, out.height, out.width, channels] && window.dilation == Extent2D(1)
        && index?.shape ?? output.shape == output.shape,
      "reference: pooling of \(input.shape) by \(window) and \(output.shape)")
    precondition(
      input.layout.isContiguous && output.layout.isContiguous && index?.layout.isContiguous ?? true,
      "reference: pooling wants contiguous operands")
    if let index {
      precondition(
        index.dtype == (window.size.area <= 256 ? .uint8 : .int32),
        "reference: pooling indices of a window of \(window.size) as \(index.dtype)")
    }
  }

  /// Calls `body` for each window and channel in ascending order of output positions.
  private func forEachOutput(_ body: (_ output: Int, _ taps: [(tap: Int, input: Int)]) -> Void) {
    var taps: [(tap: Int, input: Int)] = []
    for image in 0..<batch {
      for oy in 0..<outHeight {
        for ox in 0..<outWidth {
          taps.removeAll(keepingCapacity: true)
          for ky in 0..<window.size.height {
            let y = oy * window.stride.height + ky - window.margins.top
            guard y >= 0 && y < height else { continue }
            for kx in 0..<window.size.width {
              let x = ox * window.stride.width + kx - window.margins.left
              guard x >= 0 && x < width else { continue }
              taps.append((ky * window.size.width + kx, ((image * height + y) * width + x) * channels))
            }
          }
          body(((image * outHeight + oy) * outWidth + ox) * channels, taps)
        }
      }
    }
  }

  func maxima(
    of input: UnsafeMutablePointer<Float>, into output: UnsafeMutablePointer<Float>, index: Operand?
  ) {
    forEachOutput { position, taps in
      for channel in 0..<channels {
        var best = taps[0]
        for other in taps.dropFirst() {
          let (candidate, champion) = (input[other.input + channel], input[best.input + channel])
          if candidate > champion || candidate.isNaN && !champion.isNaN { best = other }
        }
        output[position + channel] = input[best.input + channel]
        index?.store(UInt32(best.tap), at: position + channel)
      }
    }
  }

  func averages<Sum: Accumulator>(
    of input: UnsafeMutablePointer<Float>, into output: UnsafeMutablePointer<Float>, in: Sum.Type
  ) {
    forEachOutput { position, taps in
      for channel in 0..<channels {
        var sum: Sum = 0
        for tap in taps { sum += Sum(input[tap.input + channel]) }
        output[position + channel] = Float(sum / Sum(taps.count))
      }
    }
  }

  /// The gradient of both kinds: of the maximum where there is an index, else of the average.
  func spread<Sum: Accumulator>(
    _ upstream: UnsafeMutablePointer<Float>, by index: Operand?, into inputGradient: UnsafeMutablePointer<Float>,
    in: Sum.Type
  ) {
    var sums = [Sum](repeating: 0, count: batch * height * width * channels)
    forEachOutput { position, taps in
      for channel in 0..<channels {
        let value = Sum(upstream[position + channel])
        for tap in taps {
          if let index {
            if index.load(position + channel) == UInt32(tap.tap) { sums[tap.input + channel] += value }
          } else {
            sums[tap.input + channel] += value / Sum(taps.count)
          }
        }
      }
    }
    for i in sums.indices { inputGradient[i] = Float(sums[i]) }
  }
}
