import MartletBackend
import MartletLayers

extension Sequential: ONNXMaskingLayer {
  func onnx(_ x: ONNX.Value, mask: ONNX.Value?, in graph: ONNX.GraphBuilder) throws -> (ONNX.Value, mask: ONNX.Value?) {
    var (y, mask) = (x, mask)
    for ((name, _), layer) in zip(parts, layers) {
      try graph.within(name) {
        if let layer = layer as? any ONNXMaskingLayer {
          (y, mask) = try layer.onnx(y, mask: mask, in: graph)
        } else {
          y = try graph.add(layer, to: y)
          if !(layer is any MaskTransparent) { mask = nil }
        }
      }
    }
    return (y, mask)
  }
}

extension Model: ONNXLayer {
  /// Adds a model of one input and one output to a graph; see `ONNXLayer`.
  public func onnx(_ x: ONNX.Value, in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
    _ = try outputShape(for: x.shape)
    return try onnx([x], in: graph)[0]
  }

  /// Adds everything between the inputs and the outputs to a graph.
  func onnx(_ inputs: [ONNX.Value], in graph: ONNX.GraphBuilder) throws -> [ONNX.Value] {
    var values = inputs
    for step in steps {
      let operands = step.operands.map { values[$0] }
      values.append(
        try graph.within(step.pathName) {
          switch step.part {
          case .layer(let layer): try graph.add(layer, to: operands[0])
          case .combination(let layer): try graph.add(layer, to: operands)
          }
        })
    }
    return outputs.map { values[$0] }
  }
}

extension Residual: ONNXLayer {
  /// Adds the layers and their shortcut to a graph; see `ONNXLayer`.
  public func onnx(_ x: ONNX.Value, in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
    let y = try graph.within("body") { try body.onnx(x, in: graph) }
    let added = try shortcut.map { layer in try graph.within("shortcut") { try graph.add(layer, to: x) } } ?? x
    return graph.elementwise("Add", [added, y])
  }
}

extension TimeDistributed: ONNXLayer {
  /// Adds the layer to a graph, applied to all steps at once; see `ONNXLayer`.
  public func onnx(_ x: ONNX.Value, in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
    let step = Shape(x.shape.dropFirst())
    // Steps become samples: the first axis counts both.
    let steps = graph.node("Reshape", [graph.channelsLast(x).name, graph.constant([-1] + Array(step))])
    let y = graph.channelsLast(
      try graph.within("layer") {
        try graph.add(layer, to: ONNX.Value(name: steps, shape: step, elements: x.elements))
      })
    let shape = Shape([x.shape[0]] + Array(y.shape))
    return ONNX.Value(
      name: graph.node("Reshape", [y.name, graph.constant([-1] + Array(shape))]), shape: shape, elements: y.elements)
  }
}

extension ONNX.GraphBuilder {
  /// Adds a layer of any type.
  ///
  /// - Throws: `ONNXError` naming the layer where it has no counterpart.
  public func add(_ layer: any Layer, to x: ONNX.Value) throws -> ONNX.Value {
    guard let exported = layer as? any ONNXLayer else { throw unknown(layer, type: type(of: layer).typeName) }
    return try exported.onnx(x, in: self)
  }

  /// Adds a layer of several inputs.
  ///
  /// - Throws: `ONNXError` naming the layer where it has no counterpart.
  public func add(_ layer: any CombiningLayer, to inputs: [ONNX.Value]) throws -> ONNX.Value {
    guard let exported = layer as? any ONNXCombiningLayer else { throw unknown(layer, type: type(of: layer).typeName) }
    return try exported.onnx(inputs, in: self)
  }

  private func unknown(_ layer: any Sendable, type: String) -> ONNXError {
    let reason =
      layer is Lambda
      ? "it runs any Swift code, which a file cannot hold; use layers there are, or a layer of your own that conforms to ONNXLayer"
      : "it does not say how; make it conform to ONNXLayer, with a function that adds its nodes to the graph"
    return .cannotExport(layer: path.isEmpty ? type : path, type: type, reason: reason)
  }
}

extension Layer {
  /// Whether what the layer takes are indices, which are whole numbers.
  var takesIndices: Bool {
    switch self {
    case is Embedding: true
    case let block as Sequential: block.layers.first?.takesIndices ?? false
    case let distributed as TimeDistributed: distributed.layer.takesIndices
    default: false
    }
  }
}

extension Model {
  /// For each input whether it goes to layers that take indices, and nowhere else.
  var takesIndices: [Bool] {
    inputShapes.indices.map { input in
      let readers = steps.filter { $0.operands.contains(input) }
      return !outputs.contains(input) && !readers.isEmpty
        && readers.allSatisfy { step in
          guard case .layer(let layer) = step.part else { return false }
          return layer.takesIndices
        }
    }
  }
}
