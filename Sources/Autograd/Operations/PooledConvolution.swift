import MartletBackend
import MartletTensor

// Convolution, bias, activation and maximum pooling as one operation, which keeps the full-size results and gradients between
// them out of memory. Once the index says which element each window takes, the result is linear in the image and in the kernel,
// as convolution is, and its gradients close under differentiation in the same way: see `conv2d`.

extension Tensor {
  /// `conv2d`, then `maxPool2d`, in one backend call: the same values, and the same gradients for image and kernel (where windows
  /// overlap, but for rounding). The gradient for the bias is summed over the pooled elements, which may round differently.
  ///
  /// - Parameters:
  ///   - kernel: `[kernel height, kernel width, in/groups, out]`
  ///   - bias: `[out]`
  ///   - groups: See `conv2d`.
  ///   - poolSize: Height and width of the pooling window.
  ///   - poolStride: By default the size.
  /// - Shape: `[batch, height, width, in]` in, `[batch, pooled height, pooled width, out]` out.
  public func conv2dMaxPooled(
    _ kernel: Tensor, bias: Tensor? = nil, stride: Extent2D = Extent2D(1), padding: Padding = .valid,
    dilation: Extent2D = Extent2D(1), groups: Int = 1, activation: FusedActivation = .none, poolSize: Extent2D,
    poolStride: Extent2D? = nil, poolPadding: Padding = .valid
  ) -> Tensor {
    requireFloat("conv2dMaxPooled")
    kernel.requireFloat("conv2dMaxPooled")
    kernel.requireDevice(device, for: "conv2dMaxPooled")
    let (convolved, convolution) = trapping {
      try Shape.conv2dShape(
        input: shape, kernel: kernel.shape, stride: stride, padding: padding, dilation: dilation, groups: groups)
    }
    let (target, pooling) = trapping {
      try Shape.pool2dShape(input: convolved, size: poolSize, stride: poolStride, padding: poolPadding)
    }
    let epilogue = activation.epilogue(bias: bias, outputShape: convolved, on: device, for: "conv2dMaxPooled")
    let isRecorded = (node != nil || kernel.node != nil) && Recording.isEnabled
    let index = isRecorded ? Tensor(undefined: target, poolSize.area <= 256 ? .uint8 : .int32, on: device) : nil
    let result = Tensor(undefined: target, .float32, on: device)
    if target.elementCount > 0 {
      backend.conv2dMaxPooled(
        contiguous().view, weights: kernel.contiguous().view, convolution, epilogue: epilogue, pooling: pooling,
        output: result.view, index: index?.view)
    }
    guard let index else { return result.recordedFused(bias, activation) }
    let selection = SelectedConvolution(convolution: convolution, convolved: convolved, pooling: pooling, index: index)
    // The activation takes the largest element to the largest, or to one as large; so its gradient, which reads outputs only,
    // and the bias' can be taken after pooling.
    return result.recorded(
      "conv2d max-pooled", (self, { [shape] in selection.dataGradient($0, kernel, shape) }),
      (kernel, { [x = self, shape = kernel.shape] in selection.weightGradient(x, $0, shape) })
    ).recordedFused(bias, activation)
  }
}

/// A convolution of whose results only those that an index names are kept, and its gradients.
private struct SelectedConvolution {
  let convolution: Convolution
  /// The shape of all results.
  let convolved: Shape
  let pooling: Window
  /// Which element each window takes.
  let index: Tensor

  func results(_ x: Tensor, _ kernel: Tensor) -> Tensor {
    x.convolved(kernel, convolution, convolved).pickedFromWindows(index, pooling)
  }

  func dataGradient(_ upstream: Tensor, _ kernel: Tensor, _ target: Shape) -> Tensor {
    let result = Tensor(undefined: target, .float32, on: upstream.device)
    if target.elementCount > 0 {
      upstream.backend.conv2dMaxPooledDataGradient(
        upstream.contiguous().view, index: index.view, pooling: pooling, weights: kernel.contiguous().view, convolution,
        inputGradient: result.view)
    }
    return result.recorded(
      "conv2d max-pooled data gradient", (upstream, { results($0, kernel) }),
      (kernel, { [shape = kernel.shape] in weightGradient($0, upstream, shape) }))
  }

  func weightGradient(_ x: Tensor, _ upstream: Tensor, _ target: Shape) -> Tensor {
    let result = Tensor(undefined: target, .float32, on: x.device)
    if target.elementCount > 0 {
      x.backend.conv2dMaxPooledWeightGradient(
        x.contiguous().view, upstream: upstream.contiguous().view, index: index.view, pooling: pooling, convolution,
        weightGradient: result.view)
    }
    return result.recorded(
      "conv2d max-pooled weight gradient", (x, { [shape = x.shape] in dataGradient(upstream, $0, shape) }),
      (upstream, { results(x, $0) }))
  }
}
