import MartletLayers

/// A layer that can be written as nodes of an ONNX graph. All layers of Martlet but `Lambda` are such; a layer of your own becomes one
/// with this function:
///
///     struct Doubling: Layer, ONNXLayer {
///       func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor { x + x }
///       func onnx(_ x: ONNX.Value, in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
///         graph.elementwise("Add", [x, x])
///       }
///     }
public protocol ONNXLayer: Layer {
  /// Adds what the layer does in inference to a graph.
  ///
  /// - Parameter x: What the layer is applied to.
  /// - Returns: what it gives.
  /// - Throws: `ONNXError` where there is no counterpart.
  func onnx(_ x: ONNX.Value, in graph: ONNX.GraphBuilder) throws -> ONNX.Value
}

/// A layer of several inputs that can be written as nodes of an ONNX graph.
public protocol ONNXCombiningLayer: CombiningLayer {
  /// Adds what the layer does in inference to a graph.
  ///
  /// - Throws: `ONNXError` where there is no counterpart.
  func onnx(_ inputs: [ONNX.Value], in graph: ONNX.GraphBuilder) throws -> ONNX.Value
}

/// A layer that finds or heeds missing steps. The mask is a bool value `[batch, time]`.
protocol ONNXMaskingLayer: ONNXLayer {
  func onnx(_ x: ONNX.Value, mask: ONNX.Value?, in graph: ONNX.GraphBuilder) throws -> (ONNX.Value, mask: ONNX.Value?)
}

extension ONNXMaskingLayer {
  /// Adds the layer to a graph, all steps being there.
  public func onnx(_ x: ONNX.Value, in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
    try onnx(x, mask: nil, in: graph).0
  }
}
