import MartletBackend
import MartletTensor

// Convolution is linear in the image and in the kernel. With y = C(x, w), the gradients are D(upstream, w) for x and
// W(x, upstream) for w; these are linear too, and their gradients are C, D and W again, so the three close under differentiation.

extension Tensor {
  /// Convolution (cross-correlation) of images, with bias and activation in one backend call.
  ///
  /// - Parameters:
  ///   - kernel: `[kernel height, kernel width, in/groups, out]`
  ///   - bias: `[out]`
  ///   - groups: The input and output channels fall into so many groups; as many as input channels make it depthwise.
  /// - Shape: `[batch, height, width, in]` in, `[batch, out height, out width, out]` out.
  public func conv2d(
    _ kernel: Tensor, bias: Tensor? = nil, stride: Extent2D = Extent2D(1), padding: Padding = .valid,
    dilation: Extent2D = Extent2D(1), groups: Int = 1, activation: FusedActivation = .none
  ) -> Tensor {
    requireFloat("conv2d")
    kernel.requireFloat("conv2d")
    kernel.requireDevice(device, for: "conv2d")
    let (target, convolution) = trapping {
      try Shape.conv2dShape(
        input: shape, kernel: kernel.shape, stride: stride, padding: padding, dilation: dilation, groups: groups)
    }
    return convolved(
      kernel, convolution, target,
      epilogue: activation.epilogue(bias: bias, outputShape: target, on: device, for: "conv2d")
    ).recordedFused(bias, activation)
  }

  /// Transposed convolution: what a convolution with this kernel would send back to its input.
  ///
  /// - Parameters:
  ///   - kernel: `[kernel height, kernel width, out, in]`
  ///   - bias: `[out]`
  ///   - padding: See `Shape.convTransposed2dShape`.
  /// - Shape: `[batch, height, width, in]` in, `[batch, out height, out width, out]` out.
  public func convTransposed2d(
    _ kernel: Tensor, bias: Tensor? = nil, stride: Extent2D = Extent2D(1), padding: Padding = .valid,
    dilation: Extent2D = Extent2D(1)
  ) -> Tensor {
    requireFloat("convTransposed2d")
    kernel.requireFloat("convTransposed2d")
    kernel.requireDevice(device, for: "convTransposed2d")
    let (target, convolution) = trapping {
      try Shape.convTransposed2dShape(
        input: shape, kernel: kernel.shape, stride: stride, padding: padding, dilation: dilation)
    }
    let result = convolutionDataGradient(kernel, convolution, target)
    guard let bias else { return result }
    require(
      bias.shape == [target[3]], "convTransposed2d: a bias of shape \(bias.shape) for \(target[3]) output channels")
    return result + bias
  }

  /// C: this as the image.
  func convolved(
    _ kernel: Tensor, _ convolution: Convolution, _ target: Shape, epilogue: Epilogue? = nil
  ) -> Tensor {
    let result = Tensor(undefined: target, .float32, on: device)
    if target.elementCount > 0 {
      backend.conv2d(
        contiguous().view, weights: kernel.contiguous().view, convolution, epilogue: epilogue, output: result.view)
    }
    return result.recorded(
      "conv2d", (self, { [shape] in $0.convolutionDataGradient(kernel, convolution, shape) }),
      (
        kernel,
        { [x = self, shape = kernel.shape] in x.convolutionWeightGradient($0, convolution, shape) }
      ))
  }

  /// D: this as the upstream of a convolution, whose image had the shape `target`.
  private func convolutionDataGradient(_ kernel: Tensor, _ convolution: Convolution, _ target: Shape) -> Tensor {
    let result = Tensor(undefined: target, .float32, on: device)
    if target.elementCount > 0 {
      backend.conv2dDataGradient(
        contiguous().view, weights: kernel.contiguous().view, convolution, inputGradient: result.view)
    }
    return result.recorded(
      "conv2d data gradient", (self, { [shape] in $0.convolved(kernel, convolution, shape) }),
      (
        kernel,
        { [upstream = self, shape = kernel.shape] in
          $0.convolutionWeightGradient(upstream, convolution, shape)
        }
      ))
  }

  /// W: this as the image of a convolution whose kernel had the shape `target`.
  private func convolutionWeightGradient(_ upstream: Tensor, _ convolution: Convolution, _ target: Shape) -> Tensor {
    let result = Tensor(undefined: target, .float32, on: device)
    if target.elementCount > 0 {
      backend.conv2dWeightGradient(
        contiguous().view, upstream: upstream.contiguous().view, convolution, weightGradient: result.view)
    }
    return result.recorded(
      "conv2d weight gradient",
      (self, { [shape] in upstream.convolutionDataGradient($0, convolution, shape) }),
      (upstream, { [x = self, shape = upstream.shape] in x.convolved($0, convolution, shape) }))
  }
}
