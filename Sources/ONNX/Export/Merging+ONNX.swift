import MartletBackend
import MartletLayers

extension Add: ONNXCombiningLayer {
  /// Adds the layer to a graph; see `ONNXCombiningLayer`.
  public func onnx(_ inputs: [ONNX.Value], in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
    inputs.count == 2 ? graph.elementwise("Add", inputs) : graph.elementwise("Sum", inputs)
  }
}

extension Subtract: ONNXCombiningLayer {
  /// Adds the layer to a graph; see `ONNXCombiningLayer`.
  public func onnx(_ inputs: [ONNX.Value], in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
    graph.elementwise("Sub", inputs)
  }
}

extension Multiply: ONNXCombiningLayer {
  /// Adds the layer to a graph; see `ONNXCombiningLayer`.
  public func onnx(_ inputs: [ONNX.Value], in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
    inputs.dropFirst().reduce(inputs[0]) { graph.elementwise("Mul", [$0, $1]) }
  }
}

extension Average: ONNXCombiningLayer {
  /// Adds the layer to a graph; see `ONNXCombiningLayer`.
  public func onnx(_ inputs: [ONNX.Value], in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
    graph.elementwise("Mean", inputs)
  }
}

extension Maximum: ONNXCombiningLayer {
  /// Adds the layer to a graph; see `ONNXCombiningLayer`.
  public func onnx(_ inputs: [ONNX.Value], in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
    graph.elementwise("Max", inputs)
  }
}

extension Minimum: ONNXCombiningLayer {
  /// Adds the layer to a graph; see `ONNXCombiningLayer`.
  public func onnx(_ inputs: [ONNX.Value], in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
    graph.elementwise("Min", inputs)
  }
}

extension Concatenate: ONNXCombiningLayer {
  /// Adds the layer to a graph; see `ONNXCombiningLayer`.
  public func onnx(_ inputs: [ONNX.Value], in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
    let shape = try outputShape(for: inputs.map(\.shape))
    let inputs = graph.aligned(inputs)
    let position = graph.position(of: axis, in: inputs[0])
    return ONNX.Value(
      name: graph.node("Concat", inputs.map(\.name), ["axis": .int(position)]), shape: shape,
      elements: inputs[0].elements, order: inputs[0].order)
  }
}
