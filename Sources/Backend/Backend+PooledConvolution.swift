// Convolution and maximum pooling as one, composed of the two: what a backend without a faster way of its own runs. The
// convolution's results, or their gradient, stand in a temporary block between the two.

// `Backend` documents these.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension Backend {
  public func conv2dMaxPooled(
    _ input: View, weights: View, _ convolution: Convolution, epilogue: Epilogue?, pooling: Window, output: View,
    index: View?
  ) {
    composedConv2dMaxPooled(
      input, weights: weights, convolution, epilogue: epilogue, pooling: pooling, output: output, index: index)
  }

  public func conv2dMaxPooledDataGradient(
    _ upstream: View, index: View, pooling: Window, weights: View, _ convolution: Convolution, inputGradient: View
  ) {
    composedConv2dMaxPooledDataGradient(
      upstream, index: index, pooling: pooling, weights: weights, convolution, inputGradient: inputGradient)
  }

  public func conv2dMaxPooledWeightGradient(
    _ input: View, upstream: View, index: View, pooling: Window, _ convolution: Convolution, weightGradient: View
  ) {
    composedConv2dMaxPooledWeightGradient(
      input, upstream: upstream, index: index, pooling: pooling, convolution, weightGradient: weightGradient)
  }
}

// For backends whose own way does not suit every case.
extension Backend {
  /// `conv2dMaxPooled` by way of a temporary block.
  package func composedConv2dMaxPooled(
    _ input: View, weights: View, _ convolution: Convolution, epilogue: Epilogue?, pooling: Window, output: View,
    index: View?
  ) {
    let results = temporary(convolution.outputShape(of: input.shape, channels: weights.shape[3]))
    conv2d(input, weights: weights, convolution, epilogue: epilogue, output: results)
    pool2d(results, .maximum, pooling, output: output, index: index)
  }

  /// `conv2dMaxPooledDataGradient` by way of a temporary block.
  package func composedConv2dMaxPooledDataGradient(
    _ upstream: View, index: View, pooling: Window, weights: View, _ convolution: Convolution, inputGradient: View
  ) {
    let expanded = temporary(convolution.outputShape(of: inputGradient.shape, channels: weights.shape[3]))
    pool2dBackward(upstream, .maximum, pooling, index: index, inputGradient: expanded)
    conv2dDataGradient(expanded, weights: weights, convolution, inputGradient: inputGradient)
  }

  /// `conv2dMaxPooledWeightGradient` by way of a temporary block.
  package func composedConv2dMaxPooledWeightGradient(
    _ input: View, upstream: View, index: View, pooling: Window, _ convolution: Convolution, weightGradient: View
  ) {
    let expanded = temporary(convolution.outputShape(of: input.shape, channels: weightGradient.shape[3]))
    pool2dBackward(upstream, .maximum, pooling, index: index, inputGradient: expanded)
    conv2dWeightGradient(input, upstream: expanded, convolution, weightGradient: weightGradient)
  }

  private func temporary(_ shape: Shape) -> View {
    let byteCount = shape.elementCount * DType.float32.byteCount
    return View(storage: allocate(byteCount: byteCount), layout: Layout(contiguous: shape), dtype: .float32)
  }
}

extension Convolution {
  /// The shape of the results for images `[batch, height, width, in]`.
  package func outputShape(of input: Shape, channels: Int) -> Shape {
    let extent = window.outputExtent(over: Extent2D(input[1], input[2]))
    return [input[0], extent.height, extent.width, channels]
  }
}
