import MartletBackend
import MartletTensor

extension Tensor {
  /// The largest element of each window. The gradient goes to the first of the largest.
  ///
  /// - Parameter stride: By default the size.
  /// - Shape: `[batch, height, width, channels]` in, `[batch, out height, out width, channels]` out.
  public func maxPool2d(size: Extent2D, stride: Extent2D? = nil, padding: Padding = .valid) -> Tensor {
    requireFloat("maxPool2d")
    let (target, window) = trapping {
      try Shape.pool2dShape(input: shape, size: size, stride: stride, padding: padding)
    }
    let result = Tensor(undefined: target, .float32, on: device)
    let isRecorded = node != nil && Recording.isEnabled
    let index = isRecorded ? Tensor(undefined: target, size.area <= 256 ? .uint8 : .int32, on: device) : nil
    if target.elementCount > 0 {
      backend.pool2d(contiguous().view, .maximum, window, output: result.view, index: index?.view)
    }
    guard let index else { return result }
    return result.recorded("maxPool2d", (self, { [shape] in $0.unpooled(index, window, toGive: shape) }))
  }

  /// Each element at the position of its window that the index names, added up.
  private func unpooled(_ index: Tensor, _ window: Window, toGive target: Shape) -> Tensor {
    let result = Tensor(undefined: target, .float32, on: device)
    if target.elementCount > 0 {
      backend.pool2dBackward(contiguous().view, .maximum, window, index: index.view, inputGradient: result.view)
    }
    return result.recorded("unpooled", (self, { $0.pickedFromWindows(index, window) }))
  }

  // Parameters: height, width, channels, window width, stride height, stride width, top, left.
  private static let windowPosition = ElementwiseProgram(
    inputs: [.int32], parameters: [LaneType](repeating: .int32, count: 8)
  ) { x, p in
    let row = .coordinate(axis: 1) * p[4] - p[6] + x[0] / p[3]
    let column = .coordinate(axis: 2) * p[5] - p[7] + x[0] % p[3]
    return [((.coordinate(axis: 0) * p[0] + row) * p[1] + column) * p[2] + .coordinate(axis: 3)]
  }

  /// The element of each window that the index names: the reverse of `unpooled`.
  func pickedFromWindows(_ index: Tensor, _ window: Window) -> Tensor {
    let numbers = [
      shape[1], shape[2], shape[3], window.size.width, window.stride.height, window.stride.width, window.margins.top,
      window.margins.left,
    ]
    let positions = Tensor.map(
      Tensor.windowPosition, index, parameters: numbers.map { .int32(Int32(truncatingIfNeeded: $0)) }, for: "unpooled")
    return flattened(fromAxis: 0).gathered(positions)
  }

  /// The mean of each window over the elements inside the image.
  ///
  /// - Parameter stride: By default the size.
  /// - Shape: `[batch, height, width, channels]` in, `[batch, out height, out width, channels]` out.
  public func averagePool2d(size: Extent2D, stride: Extent2D? = nil, padding: Padding = .valid) -> Tensor {
    requireFloat("averagePool2d")
    let (target, window) = trapping {
      try Shape.pool2dShape(input: shape, size: size, stride: stride, padding: padding)
    }
    return averaged(window, target)
  }

  private func averaged(_ window: Window, _ target: Shape) -> Tensor {
    let result = Tensor(undefined: target, .float32, on: device)
    if target.elementCount > 0 {
      backend.pool2d(contiguous().view, .average, window, output: result.view, index: nil)
    }
    return result.recorded("averagePool2d", (self, { [shape] in $0.spread(window, shape) }))
  }

  /// Each element spread evenly over its window: the reverse of `averaged`.
  private func spread(_ window: Window, _ target: Shape) -> Tensor {
    let result = Tensor(undefined: target, .float32, on: device)
    if target.elementCount > 0 {
      backend.pool2dBackward(contiguous().view, .average, window, index: nil, inputGradient: result.view)
    }
    return result.recorded("spread", (self, { [shape] in $0.averaged(window, shape) }))
  }
}
