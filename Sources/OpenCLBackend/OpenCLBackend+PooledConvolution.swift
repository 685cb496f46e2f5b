#if OpenCL
  import MartletBackend

  // Convolution and maximum pooling as one, where windows do not overlap: rows of the contraction come window by window, so that an
  // item holds whole windows and stores their maxima. In the gradients, on GPUs, the loaders look into the index: the upstream at
  // full size, most of which is zero, is never in memory. Processors load it faster from there.

  // `Backend` documents these.
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  extension OpenCLBackend {
    public func conv2dMaxPooled(
      _ input: View, weights: View, _ convolution: Convolution, epilogue: Epilogue?, pooling: Window, output: View,
      index: View?
    ) {
      let convolved = convolution.outputShape(of: input.shape, channels: weights.shape[3])
      guard canPool(pooling), !convolution.isDepthwise(input), output.shape.elementCount > 0, convolved.elementCount > 0
      else {
        return composedConv2dMaxPooled(
          input, weights: weights, convolution, epilogue: epilogue, pooling: pooling, output: output, index: index)
      }
      var contraction = forward(input, weights: weights, convolution, over: convolved, output: output)
      contraction.rows = output.shape[0] * output.shape[1] * output.shape[2] * pooling.size.area
      contraction.pooling = Contraction.Pooling(pooling, pooled: output.shape, index: index)
      contraction.epilogue = epilogue
      run(contraction)
    }

    public func conv2dMaxPooledDataGradient(
      _ upstream: View, index: View, pooling: Window, weights: View, _ convolution: Convolution, inputGradient: View
    ) {
      guard profile.usesLocalMemory, !pooling.overlaps, !convolution.isDepthwise(inputGradient),
        upstream.shape.elementCount > 0
      else {
        return composedConv2dMaxPooledDataGradient(
          upstream, index: index, pooling: pooling, weights: weights, convolution, inputGradient: inputGradient)
      }
      let convolved = convolution.outputShape(of: inputGradient.shape, channels: weights.shape[3])
      dataGradient(
        upstream, Extent2D(convolved[1], convolved[2]),
        Contraction.Pooling(pooling, pooled: upstream.shape, index: index, isUpstream: true), weights: weights,
        convolution, inputGradient: inputGradient)
    }

    public func conv2dMaxPooledWeightGradient(
      _ input: View, upstream: View, index: View, pooling: Window, _ convolution: Convolution, weightGradient: View
    ) {
      guard profile.usesLocalMemory, !pooling.overlaps, !convolution.isDepthwise(input),
        upstream.shape.elementCount > 0
      else {
        return composedConv2dMaxPooledWeightGradient(
          input, upstream: upstream, index: index, pooling: pooling, convolution, weightGradient: weightGradient)
      }
      let convolved = convolution.outputShape(of: input.shape, channels: weightGradient.shape[3])
      self.weightGradient(
        input, upstream: upstream, Extent2D(convolved[1], convolved[2]),
        Contraction.Pooling(pooling, pooled: upstream.shape, index: index, isUpstream: true), convolution,
        weightGradient: weightGradient)
    }

    /// Whether an item's rows hold whole windows: a processor's tile is made to, a GPU's rows come in fours.
    private func canPool(_ pooling: Window) -> Bool {
      // On tensor cores a window's elements are spread over items.
      if pooling.overlaps || currentTensorCores != nil { return false }
      let area = pooling.size.area
      return profile.usesLocalMemory ? 4 % area == 0 : area <= Tile.mostPooledRows
    }
  }

  extension Convolution {
    /// Whether each channel of an image is a group, so that a kernel without pooling is the faster one.
    fileprivate func isDepthwise(_ image: View) -> Bool { groups > 1 && groups == image.shape[3] }
  }

  extension Window {
    /// Whether windows are anything but side by side.
    fileprivate var overlaps: Bool { stride != size || dilation != Extent2D(1) }
  }
#endif
