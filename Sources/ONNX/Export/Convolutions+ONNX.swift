import MartletBackend
import MartletLayers
import MartletTensor

// Kernels are [height, width, in / groups, out] here and [out, in / groups, height, width] in ONNX.
private let outputsFirst = [3, 2, 0, 1]

extension Conv2D: ONNXLayer {
  /// Adds the layer to a graph; see `ONNXLayer`.
  public func onnx(_ x: ONNX.Value, in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
    let weights = try graph.weights(kernel, as: "outputs first") { $0.transposed(outputsFirst) }
    let window = try Window(
      size: kernelSize, stride: stride, dilation: dilation, padding: padding, over: Extent2D(x.shape[0], x.shape[1]),
      for: "Conv2D")
    let y = graph.convolution(
      x, weights, try bias.map { try graph.weights($0) }, window, groups: groups, filters: filters)
    return try activation.onnx(y, in: graph)
  }
}

extension DepthwiseConv2D: ONNXLayer {
  /// Adds the layer to a graph; see `ONNXLayer`.
  public func onnx(_ x: ONNX.Value, in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
    let y = try graph.depthwise(
      x, kernel, try bias.map { try graph.weights($0) }, size: kernelSize, stride: stride, padding: padding,
      dilation: dilation, depthMultiplier: depthMultiplier)
    return try activation.onnx(y, in: graph)
  }
}

extension SeparableConv2D: ONNXLayer {
  /// Adds the layer to a graph; see `ONNXLayer`.
  public func onnx(_ x: ONNX.Value, in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
    let deep = try graph.depthwise(
      x, depthwiseKernel, nil, size: kernelSize, stride: stride, padding: padding, dilation: 1,
      depthMultiplier: depthMultiplier)
    let weights = try graph.weights(pointwiseKernel, as: "outputs first") { $0.transposed(outputsFirst) }
    let y = graph.convolution(
      deep, weights, try bias.map { try graph.weights($0) }, Window(size: 1), groups: 1, filters: filters)
    return try activation.onnx(y, in: graph)
  }
}

extension Conv1D: ONNXLayer {
  /// Adds the layer to a graph; see `ONNXLayer`.
  public func onnx(_ x: ONNX.Value, in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
    let x = graph.channelsFirst(x)
    let weights = try graph.weights(kernel, as: "outputs first") { $0.transposed([2, 1, 0]) }
    let padding: Padding =
      switch padding {
      case .valid: .valid
      case .same: .same
      case .causal: .explicit(Margins(left: (kernelSize - 1) * dilation))
      }
    let row = Extent2D(1, x.shape[0])
    let window = try Window(
      size: Extent2D(1, kernelSize), stride: Extent2D(1, stride), dilation: Extent2D(1, dilation), padding: padding,
      over: row, for: "Conv1D")
    let name = graph.node(
      "Conv", [x.name, weights] + (try bias.map { [try graph.weights($0)] } ?? []),
      [
        "kernel_shape": [kernelSize], "strides": [stride], "dilations": [dilation],
        "pads": [window.margins.left, window.margins.right], "group": .int(groups),
      ])
    let y = ONNX.Value(name: name, shape: [window.outputExtent(over: row).width, filters], order: .channelsFirst)
    return try activation.onnx(y, in: graph)
  }
}

extension ConvTransposed2D: ONNXLayer {
  /// Adds the layer to a graph; see `ONNXLayer`.
  public func onnx(_ x: ONNX.Value, in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
    let x = graph.channelsFirst(x)
    // [height, width, out, in] here, [in, out, height, width] there.
    let weights = try graph.weights(kernel, as: "inputs first") { $0.transposed([3, 2, 0, 1]) }
    let (shape, convolution) = try Shape.convTransposed2dShape(
      input: Shape([1] + Array(x.shape)), kernel: [kernelSize.height, kernelSize.width, filters, x.shape[2]],
      stride: stride, padding: padding)
    let margins = convolution.window.margins
    // What ONNX computes without help, and what is missing at the bottom and on the right.
    func missing(_ input: Int, _ output: Int, _ size: Int, _ stride: Int, _ margins: Int) -> Int {
      output - ((input - 1) * stride + size - margins)
    }
    let bottom = missing(x.shape[0], shape[1], kernelSize.height, stride.height, margins.top + margins.bottom)
    let right = missing(x.shape[1], shape[2], kernelSize.width, stride.width, margins.left + margins.right)
    let name = graph.node(
      "ConvTranspose", [x.name, weights] + (try bias.map { [try graph.weights($0)] } ?? []),
      [
        "kernel_shape": [kernelSize.height, kernelSize.width], "strides": [stride.height, stride.width],
        "pads": [margins.top, margins.left, margins.bottom, margins.right], "output_padding": [bottom, right],
      ])
    let y = ONNX.Value(name: name, shape: Shape(shape.dropFirst()), order: .channelsFirst)
    return try activation.onnx(y, in: graph)
  }
}

extension MaxPool2D: ONNXLayer {
  /// Adds the layer to a graph; see `ONNXLayer`.
  public func onnx(_ x: ONNX.Value, in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
    try graph.pooled(x, "MaxPool", size: size, stride: stride, padding: padding)
  }
}

extension AveragePool2D: ONNXLayer {
  /// Adds the layer to a graph; see `ONNXLayer`.
  public func onnx(_ x: ONNX.Value, in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
    try graph.pooled(x, "AveragePool", size: size, stride: stride, padding: padding)
  }
}

extension GlobalAveragePool2D: ONNXLayer {
  /// Adds the layer to a graph; see `ONNXLayer`.
  public func onnx(_ x: ONNX.Value, in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
    graph.pooledGlobally(x, "GlobalAveragePool", keepingRank: keepingRank)
  }
}

extension GlobalMaxPool2D: ONNXLayer {
  /// Adds the layer to a graph; see `ONNXLayer`.
  public func onnx(_ x: ONNX.Value, in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
    graph.pooledGlobally(x, "GlobalMaxPool", keepingRank: keepingRank)
  }
}

extension ONNX.GraphBuilder {
  fileprivate func convolution(
    _ x: ONNX.Value, _ weights: String, _ bias: String?, _ window: Window, groups: Int, filters: Int
  ) -> ONNX.Value {
    let x = channelsFirst(x)
    let margins = window.margins
    let name = node(
      "Conv", [x.name, weights] + (bias.map { [$0] } ?? []),
      [
        "kernel_shape": [window.size.height, window.size.width],
        "strides": [window.stride.height, window.stride.width],
        "dilations": [window.dilation.height, window.dilation.width],
        "pads": [margins.top, margins.left, margins.bottom, margins.right], "group": .int(groups),
      ])
    let output = window.outputExtent(over: Extent2D(x.shape[0], x.shape[1]))
    return ONNX.Value(name: name, shape: [output.height, output.width, filters], order: .channelsFirst)
  }

  fileprivate func depthwise(
    _ x: ONNX.Value, _ kernel: Parameter, _ bias: String?, size: Extent2D, stride: Extent2D, padding: Padding,
    dilation: Extent2D, depthMultiplier: Int
  ) throws -> ONNX.Value {
    let channels = x.shape[2]
    let weights = try self.weights(kernel, as: "one group per channel") {
      $0.reshaped([size.height, size.width, 1, channels * depthMultiplier]).transposed(outputsFirst)
    }
    let window = try Window(
      size: size, stride: stride, dilation: dilation, padding: padding, over: Extent2D(x.shape[0], x.shape[1]),
      for: "DepthwiseConv2D")
    return convolution(x, weights, bias, window, groups: channels, filters: channels * depthMultiplier)
  }

  fileprivate func pooled(
    _ x: ONNX.Value, _ operation: String, size: Extent2D, stride: Extent2D, padding: Padding
  ) throws -> ONNX.Value {
    let x = channelsFirst(x)
    let image = Extent2D(x.shape[0], x.shape[1])
    let window = try Window(size: size, stride: stride, padding: padding, over: image, for: operation)
    let name = node(
      operation, [x.name],
      [
        "kernel_shape": [size.height, size.width], "strides": [stride.height, stride.width],
        "pads": [window.margins.top, window.margins.left, window.margins.bottom, window.margins.right],
      ])
    let output = window.outputExtent(over: image)
    return ONNX.Value(name: name, shape: [output.height, output.width, x.shape[2]], order: .channelsFirst)
  }

  fileprivate func pooledGlobally(_ x: ONNX.Value, _ operation: String, keepingRank: Bool) -> ONNX.Value {
    let x = channelsFirst(x)
    let pooled = ONNX.Value(name: node(operation, [x.name]), shape: [1, 1, x.shape[2]], order: .channelsFirst)
    // The order of axes of extent 1 does not matter.
    return keepingRank
      ? pooled : ONNX.Value(name: node("Flatten", [pooled.name]), shape: [x.shape[2]])
  }
}
