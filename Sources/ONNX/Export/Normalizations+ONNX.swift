import MartletBackend
import MartletLayers

extension BatchNorm: ONNXLayer {
  /// Adds the layer to a graph, with its moving statistics; see `ONNXLayer`.
  public func onnx(_ x: ONNX.Value, in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
    let x = graph.channelsFirst(x)
    let channels = x.shape[x.shape.rank - 1]
    func weights(_ parameter: Parameter?, otherwise value: Float) throws -> String {
      if let parameter { return try graph.weights(parameter) }
      return graph.constant(HostWeights(shape: [channels], values: Array(repeating: value, count: channels)))
    }
    let inputs = [
      x.name, try weights(gamma, otherwise: 1), try weights(beta, otherwise: 0), try graph.weights(movingMean),
      try graph.weights(movingVariance),
    ]
    return ONNX.Value(
      name: graph.node("BatchNormalization", inputs, ["epsilon": .float(epsilon), "momentum": .float(momentum)]),
      shape: x.shape, order: x.order)
  }
}

extension LayerNorm: ONNXLayer {
  /// Adds the layer to a graph; see `ONNXLayer`.
  public func onnx(_ x: ONNX.Value, in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
    let x = graph.channelsLast(x)
    let rank = x.shape.rank + 1
    let batch = Shape([1] + Array(x.shape))
    let normalized = try batch.normalizedAxes(axes, for: "LayerNorm")
    // ONNX normalizes the last axes; others are brought there, and back.
    let order = batch.indices.filter { !normalized.contains($0) } + normalized
    let isInPlace = order == Array(0..<rank)
    let extents = normalized.map { batch[$0] }
    let scale =
      try gamma.map { try graph.weights($0) }
      ?? graph.constant(
        HostWeights(shape: extents, values: Array(repeating: 1, count: extents.reduce(1, *))))
    let y = graph.node(
      "LayerNormalization",
      [isInPlace ? x.name : graph.transposed(x, order), scale] + (try beta.map { [try graph.weights($0)] } ?? []),
      ["axis": .int(rank - extents.count), "epsilon": .float(epsilon)])
    let inverse = order.indices.map { axis in order.firstIndex(of: axis) ?? axis }
    return ONNX.Value(
      name: isInPlace ? y : graph.node("Transpose", [y], ["perm": .ints(inverse)]), shape: x.shape)
  }
}

extension GroupNorm: ONNXLayer {
  /// Adds the layer to a graph; see `ONNXLayer`.
  public func onnx(_ x: ONNX.Value, in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
    // With the channels first the elements of a group lie together, and each group is an instance to be normalized.
    let x = graph.channelsFirst(x)
    let rank = x.shape.rank
    let channels = x.shape[rank - 1]
    func ones(_ value: Float) -> String {
      graph.constant(HostWeights(shape: [groups], values: Array(repeating: value, count: groups)))
    }
    let grouped = graph.node("Reshape", [x.name, graph.constant([0, groups, -1])])
    let normalized = graph.node(
      "InstanceNormalization", [grouped, ones(1), ones(0)], ["epsilon": .float(epsilon)])
    let exported = [channels] + Array(x.shape.dropLast())
    let shaped = graph.node("Reshape", [normalized, graph.constant([-1] + exported)])
    func perChannel(_ parameter: Parameter) throws -> String {
      try graph.weights(parameter, as: "before \(rank - 1) axes") {
        $0.reshaped([channels] + Array(repeating: 1, count: rank - 1))
      }
    }
    let scaled = graph.node("Mul", [shaped, try perChannel(gamma)])
    return ONNX.Value(name: graph.node("Add", [scaled, try perChannel(beta)]), shape: x.shape, order: x.order)
  }
}
