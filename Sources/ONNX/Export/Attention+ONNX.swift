import MartletBackend
import MartletLayers

extension MultiHeadAttention: ONNXLayer, ONNXCombiningLayer {
  /// Adds self-attention to a graph; see `ONNXLayer`.
  public func onnx(_ x: ONNX.Value, in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
    try onnx([x, x], in: graph)
  }

  /// Adds the layer to a graph; see `ONNXCombiningLayer`.
  public func onnx(_ inputs: [ONNX.Value], in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
    let (query, value) = (inputs[0], inputs[1])
    let key = inputs.count == 3 ? inputs[2] : value
    let (targets, sources) = (query.shape[0], value.shape[0])
    let q = try projected(query, queryKernel, queryBias, size: keySize, [0, 2, 1, 3], in: graph)
    // The keys' last two axes change places at once: [batch, heads, size, sources].
    let k = try projected(key, keyKernel, keyBias, size: keySize, [0, 2, 3, 1], in: graph)
    let v = try projected(value, valueKernel, valueBias, size: valueSize, [0, 2, 1, 3], in: graph)
    let scaled = graph.node("Mul", [q, graph.constant(1 / Float(keySize).squareRoot())])
    var scores = graph.node("MatMul", [scaled, k])
    if isCausal {
      // Far below any score where a source comes later than the target.
      let hidden = (0..<targets).flatMap { target in (0..<sources).map { $0 > target ? Float(-1e30) : 0 } }
      scores = graph.node(
        "Add", [scores, graph.constant(HostWeights(shape: [1, 1, targets, sources], values: hidden))])
    }
    let weights = graph.node("Softmax", [scores], ["axis": -1])
    let heads = graph.node("Transpose", [graph.node("MatMul", [weights, v])], ["perm": [0, 2, 1, 3]])
    let width = headCount * valueSize
    let joined = graph.node("Reshape", [heads, graph.constant([-1, targets, width])])
    let outputs = outputSize ?? query.shape[1]
    let kernel = try graph.weights(outputKernel, as: "matrix") { $0.reshaped([width, outputs]) }
    var result = graph.node("MatMul", [joined, kernel])
    if let outputBias { result = graph.node("Add", [result, try graph.weights(outputBias)]) }
    return ONNX.Value(name: result, shape: [targets, outputs])
  }

  /// `[batch, length, heads, size]` with its axes in another order.
  private func projected(
    _ x: ONNX.Value, _ kernel: Parameter, _ bias: Parameter?, size: Int, _ order: [Int], in graph: ONNX.GraphBuilder
  ) throws -> String {
    let x = graph.channelsLast(x)
    let width = headCount * size
    let weights = try graph.weights(kernel, as: "matrix") { $0.reshaped([x.shape[1], width]) }
    var y = graph.node("MatMul", [x.name, weights])
    if let bias { y = graph.node("Add", [y, try graph.weights(bias, as: "row") { $0.reshaped([width]) }]) }
    let heads = graph.node("Reshape", [y, graph.constant([-1, x.shape[0], headCount, size])])
    return graph.node("Transpose", [heads], ["perm": .ints(order)])
  }
}
