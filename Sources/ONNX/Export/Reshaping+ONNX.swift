import MartletBackend
import MartletLayers
import MartletTensor

extension Flatten: ONNXLayer {
  /// Adds the layer to a graph; see `ONNXLayer`.
  public func onnx(_ x: ONNX.Value, in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
    graph.reshaped(x, to: try outputShape(for: x.shape))
  }
}

extension Reshape: ONNXLayer {
  /// Adds the layer to a graph; see `ONNXLayer`.
  public func onnx(_ x: ONNX.Value, in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
    graph.reshaped(x, to: try outputShape(for: x.shape))
  }
}

extension ZeroPadding2D: ONNXLayer {
  /// Adds the layer to a graph; see `ONNXLayer`.
  public func onnx(_ x: ONNX.Value, in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
    var (before, after) = ([0, margins.top, margins.left, 0], [0, margins.bottom, margins.right, 0])
    if x.order == .channelsFirst { (before, after) = ([0, 0] + before[1...2], [0, 0] + after[1...2]) }
    return ONNX.Value(
      name: graph.node("Pad", [x.name, graph.constant(before + after)]), shape: try outputShape(for: x.shape),
      order: x.order)
  }
}

extension UpSampling2D: ONNXLayer {
  /// Adds the layer to a graph; see `ONNXLayer`.
  public func onnx(_ x: ONNX.Value, in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
    let x = graph.channelsFirst(x)
    let scales = graph.constant(
      HostWeights(shape: [4], values: [1, 1, Float(size.height), Float(size.width)]))
    let (mode, transformation) =
      interpolation == .nearest ? ("nearest", "asymmetric") : ("linear", "half_pixel")
    let name = graph.node(
      "Resize", [x.name, "", scales],
      [
        "mode": .string(mode), "coordinate_transformation_mode": .string(transformation), "nearest_mode": "floor",
      ])
    return ONNX.Value(name: name, shape: try outputShape(for: x.shape), order: x.order)
  }
}

extension Dropout: ONNXLayer {
  /// Adds the layer to a graph, where it does nothing unless somebody trains the model; see `ONNXLayer`.
  public func onnx(_ x: ONNX.Value, in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
    graph.elementwise("Dropout", x, rate)
  }
}

extension GaussianNoise: ONNXLayer {
  /// Nothing: noise belongs to learning.
  public func onnx(_ x: ONNX.Value, in graph: ONNX.GraphBuilder) throws -> ONNX.Value { x }
}

extension RandomTransform: ONNXLayer {
  /// Nothing: transforming at random belongs to learning.
  public func onnx(_ x: ONNX.Value, in graph: ONNX.GraphBuilder) throws -> ONNX.Value { x }
}
