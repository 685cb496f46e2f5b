import MartletBackend
import MartletLayers

extension Dense: ONNXLayer {
  /// Adds the layer to a graph; see `ONNXLayer`.
  public func onnx(_ x: ONNX.Value, in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
    try activation.onnx(graph.dense(x, kernel: kernel, bias: bias, units: units), in: graph)
  }
}

extension Maxout: ONNXLayer {
  /// Adds the layer to a graph; see `ONNXLayer`.
  public func onnx(_ x: ONNX.Value, in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
    let y = try graph.dense(x, kernel: kernel, bias: bias, units: units * pieces)
    return try Activation.maxout(units: units).onnx(y, in: graph)
  }
}

extension RBF: ONNXLayer {
  /// Adds the layer to a graph; see `ONNXLayer`.
  public func onnx(_ x: ONNX.Value, in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
    let x = graph.channelsLast(x)
    let spread = graph.node("Unsqueeze", [x.name, graph.constant([-2])])
    let difference = graph.node("Sub", [spread, try graph.weights(centers)])
    let distance = graph.node("ReduceSumSquare", [difference], ["axes": [-1], "keepdims": 0])
    let scaled = graph.node("Neg", [graph.node("Mul", [distance, try graph.weights(gamma)])])
    return ONNX.Value(name: graph.node("Exp", [scaled]), shape: try outputShape(for: x.shape))
  }
}

extension PReLU: ONNXLayer {
  /// Adds the layer to a graph; see `ONNXLayer`.
  public func onnx(_ x: ONNX.Value, in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
    let rank = x.shape.rank
    let isTurned = x.order == .channelsFirst
    let slopes = try graph.weights(alpha, as: isTurned ? "channels first" : "") {
      isTurned ? $0.transposed([rank - 1] + (0..<rank - 1)) : $0
    }
    return ONNX.Value(name: graph.node("PRelu", [x.name, slopes]), shape: x.shape, order: x.order)
  }
}

extension ONNX.GraphBuilder {
  /// `x · kernel + bias` along the last axis.
  func dense(_ x: ONNX.Value, kernel: Parameter, bias: Parameter?, units: Int) throws -> ONNX.Value {
    let x = channelsLast(x)
    var shape = x.shape
    shape[shape.rank - 1] = units
    let weights = try self.weights(kernel)
    guard let bias = try bias.map({ try self.weights($0) }) else {
      return ONNX.Value(name: node("MatMul", [x.name, weights]), shape: shape)
    }
    let name =
      x.shape.rank == 1
      ? node("Gemm", [x.name, weights, bias]) : node("Add", [node("MatMul", [x.name, weights]), bias])
    return ONNX.Value(name: name, shape: shape)
  }
}

extension Rescaling: ONNXLayer {
  /// Adds the layer to a graph; see `ONNXLayer`.
  public func onnx(_ x: ONNX.Value, in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
    graph.elementwise("Add", graph.elementwise("Mul", x, scale), offset)
  }
}
