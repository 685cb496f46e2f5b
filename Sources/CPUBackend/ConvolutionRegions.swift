import MartletBackend

/// Positions along one axis of the image that a convolution writes, all of which see the same taps of the kernel.
///
/// Away from the border every position sees every tap; near it some taps fall into the margin and are left out. Cutting the
/// axis where the set of taps changes leaves work without any conditions inside.
struct AxisSpan {
  /// The first position written, the distance to the next, and how many there are.
  var first: Int
  var step: Int
  var count: Int
  /// What the first position sees.
  var taps: AxisTaps
  /// How far the taps move in the image read, from one position written to the next.
  var sourceStep: Int

  /// The part within a range of positions; nil where there is none.
  ///
  /// - Precondition: `step` is 1.
  func clipped(to range: Range<Int>) -> AxisSpan? {
    assert(step == 1)
    var part = self
    part.first = max(first, range.lowerBound)
    part.count = min(first + count, range.upperBound) - part.first
    part.taps.source += (part.first - first) * sourceStep
    return part.count > 0 ? part : nil
  }
}

/// The taps of the kernel that one position sees, in ascending order: always an arithmetic progression.
struct AxisTaps {
  var count = 0
  /// The first tap, and the distance to the next.
  var kernel = 0
  var kernelStep = 0
  /// The position in the image read that belongs to the first tap, and the distance to the next tap's.
  var source = 0
  var sourceStep = 0

  mutating func append(kernel next: Int, source nextSource: Int) {
    if count == 0 { (kernel, source) = (next, nextSource) }
    if count == 1 { (kernelStep, sourceStep) = (next - kernel, nextSource - source) }
    count += 1
  }

  func isSameKernelPart(as other: AxisTaps) -> Bool {
    count == other.count && kernel == other.kernel && kernelStep == other.kernelStep
  }
}

/// One axis of a convolution.
struct ConvolutionAxis {
  var input: Int
  var output: Int
  var size: Int
  var stride: Int
  var dilation: Int
  /// The margin before the first element.
  var margin: Int

  /// Vertically and horizontally.
  static func pair(_ window: Window, over image: Extent2D) -> (ConvolutionAxis, ConvolutionAxis) {
    let output = window.outputExtent(over: image)
    return (
      ConvolutionAxis(
        input: image.height, output: output.height, size: window.size.height, stride: window.stride.height,
        dilation: window.dilation.height, margin: window.margins.top),
      ConvolutionAxis(
        input: image.width, output: output.width, size: window.size.width, stride: window.stride.width,
        dilation: window.dilation.width, margin: window.margins.left)
    )
  }

  /// The spans of the output: tap k of output position o reads input position `o·stride - margin + k·dilation`.
  var outputSpans: [AxisSpan] {
    spans(from: 0, step: 1, count: output, sourceStep: stride) { position in
      var taps = AxisTaps()
      for k in 0..<size {
        let source = position * stride - margin + k * dilation
        if (0..<input).contains(source) { taps.append(kernel: k, source: source) }
      }
      return taps
    }
  }

  /// The spans of the input's gradient: input position i receives from output position `(i + margin - k·dilation) / stride`
  /// through tap k, where that is a whole number. Positions with the same remainder, a phase, share their taps.
  var inputSpans: [AxisSpan] {
    (0..<min(stride, input)).flatMap { phase in
      spans(from: phase, step: stride, count: (input - phase + stride - 1) / stride, sourceStep: 1) { position in
        var taps = AxisTaps()
        for k in 0..<size {
          let scaled = position + margin - k * dilation
          if scaled >= 0, scaled % stride == 0, scaled / stride < output {
            taps.append(kernel: k, source: scaled / stride)
          }
        }
        return taps
      }
    }
  }

  /// For each tap the output positions for which it lies inside the input.
  func outputRange(ofTap k: Int) -> Range<Int> {
    let offset = k * dilation - margin  // input position = output position · stride + offset
    let first = min(output, offset >= 0 ? 0 : (-offset + stride - 1) / stride)
    let end = input > offset ? min(output, (input - 1 - offset) / stride + 1) : 0
    return first..<max(first, end)
  }

  private func spans(
    from first: Int, step: Int, count: Int, sourceStep: Int, taps: (Int) -> AxisTaps
  ) -> [AxisSpan] {
    var spans: [AxisSpan] = []
    for index in 0..<count {
      let position = first + index * step
      let seen = taps(position)
      if let last = spans.last, last.taps.isSameKernelPart(as: seen) {
        spans[spans.count - 1].count += 1
      } else {
        spans.append(AxisSpan(first: position, step: step, count: 1, taps: seen, sourceStep: sourceStep))
      }
    }
    return spans
  }
}
