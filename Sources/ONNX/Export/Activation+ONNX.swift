import MartletBackend
import MartletLayers

extension Activation: ONNXLayer {
  /// Adds the activation to a graph; see `ONNXLayer`.
  public func onnx(_ x: ONNX.Value, in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
    func one(_ operation: String, _ attributes: KeyValuePairs<String, ONNX.Attribute> = [:]) -> ONNX.Value {
      graph.elementwise(operation, [x], attributes)
    }
    func clipped(_ x: ONNX.Value, _ low: Float, _ high: Float) -> ONNX.Value {
      ONNX.Value(
        name: graph.node("Clip", [x.name, graph.constant(low), graph.constant(high)]), shape: x.shape, order: x.order)
    }
    switch self {
    case .linear: return x
    case .relu: return one("Relu")
    case .relu6: return clipped(x, 0, 6)
    case .leakyRelu(let slope): return one("LeakyRelu", ["alpha": .float(slope)])
    case .elu(let alpha): return one("Elu", ["alpha": .float(alpha)])
    case .selu: return one("Selu", ["alpha": 1.673_263_2, "gamma": 1.050_701])
    case .celu(let alpha): return one("Celu", ["alpha": .float(alpha)])
    case .gelu(let approximate): return approximate ? approximateGelu(x, in: graph) : gelu(x, in: graph)
    case .sigmoid: return one("Sigmoid")
    case .hardSigmoid: return one("HardSigmoid", ["alpha": .float(1 / 6), "beta": 0.5])
    case .logSigmoid: return negated(graph.elementwise("Softplus", [negated(x, in: graph)]), in: graph)
    case .tanh: return one("Tanh")
    case .hardTanh: return clipped(x, -1, 1)
    case .tanhShrink: return graph.elementwise("Sub", [x, one("Tanh")])
    case .softplus: return one("Softplus")
    case .softsign: return one("Softsign")
    case .softShrink(let threshold): return one("Shrink", ["bias": .float(threshold), "lambd": .float(threshold)])
    case .hardShrink(let threshold): return one("Shrink", ["bias": 0.0, "lambd": .float(threshold)])
    case .squareplus(let b):
      let root = graph.elementwise("Sqrt", [graph.elementwise("Add", graph.elementwise("Mul", [x, x]), b)])
      return graph.elementwise("Mul", graph.elementwise("Add", [x, root]), 0.5)
    case .sparsePlus:
      // (x held in [-1, 1] + 1)² / 4 below 1, x from there on, where the first is 1 already.
      let inside = graph.elementwise("Add", clipped(x, -1, 1), 1)
      let curve = graph.elementwise("Mul", graph.elementwise("Mul", [inside, inside]), 0.25)
      return graph.elementwise("Max", [curve, x])
    case .sparseSigmoid: return one("HardSigmoid", ["alpha": 0.5, "beta": 0.5])
    case .sparsemax(let axis): return sparsemax(x, axis: axis, in: graph)
    case .silu: return graph.elementwise("Mul", [x, one("Sigmoid")])
    case .hardSilu: return one("HardSwish")
    case .mish: return graph.elementwise("Mul", [x, graph.elementwise("Tanh", [one("Softplus")])])
    case .exponential: return one("Exp")
    case .threshold(let threshold, let value):
      let isAbove = graph.elementwise("Greater", x, threshold, elements: .bool)
      return ONNX.Value(
        name: graph.node("Where", [isAbove.name, x.name, graph.constant(value)]), shape: x.shape, order: x.order)
    case .step(let threshold):
      return graph.cast(graph.elementwise("Greater", x, threshold, elements: .bool), to: .float32)
    case .softmax(let axis): return one("Softmax", ["axis": .int(graph.position(of: axis, in: x))])
    case .logSoftmax(let axis): return one("LogSoftmax", ["axis": .int(graph.position(of: axis, in: x))])
    case .glu:
      let x = graph.channelsLast(x)
      let shape = try outputShape(for: x.shape)
      let halves = graph.node("Split", [x.name], outputs: 2, ["axis": -1]).map { ONNX.Value(name: $0, shape: shape) }
      return graph.elementwise("Mul", [halves[0], graph.elementwise("Sigmoid", [halves[1]])])
    case .maxout(let units):
      let x = graph.channelsLast(x)
      let groups = Shape(Array(x.shape.dropLast()) + [(x.shape.last ?? units) / units, units])
      let largest = graph.node("ReduceMax", [graph.reshaped(x, to: groups).name], ["axes": [-2], "keepdims": 0])
      return ONNX.Value(name: largest, shape: try outputShape(for: x.shape))
    }
  }

  private func negated(_ x: ONNX.Value, in graph: ONNX.GraphBuilder) -> ONNX.Value { graph.elementwise("Neg", [x]) }

  private func gelu(_ x: ONNX.Value, in graph: ONNX.GraphBuilder) -> ONNX.Value {
    let erf = graph.elementwise("Erf", [graph.elementwise("Mul", x, 0.707_106_77)])
    return graph.elementwise("Mul", [graph.elementwise("Mul", x, 0.5), graph.elementwise("Add", erf, 1)])
  }

  private func approximateGelu(_ x: ONNX.Value, in graph: ONNX.GraphBuilder) -> ONNX.Value {
    let cube = graph.elementwise("Mul", [graph.elementwise("Mul", [x, x]), x])
    let inner = graph.elementwise("Add", [x, graph.elementwise("Mul", cube, 0.044_715)])
    let tanh = graph.elementwise("Tanh", [graph.elementwise("Mul", inner, 0.797_884_6)])
    return graph.elementwise("Mul", [graph.elementwise("Mul", x, 0.5), graph.elementwise("Add", tanh, 1)])
  }

  /// The threshold that makes max(x - threshold, 0) add up to 1: (sum of the k largest - 1) / k for the largest k whose k-th element
  /// stays above it.
  private func sparsemax(_ x: ONNX.Value, axis: Int, in graph: ONNX.GraphBuilder) -> ONNX.Value {
    let position = graph.position(of: axis, in: x)
    let inOurs = axis < 0 ? axis + x.shape.rank : axis - 1
    let extent = x.shape[inOurs]
    let axes: KeyValuePairs<String, ONNX.Attribute> = ["axis": .int(position)]
    let sorted = graph.node("TopK", [x.name, graph.constant([extent])], outputs: 2, axes)[0]
    let sums = graph.node("CumSum", [sorted, graph.constant(integer: position)])
    var ranksShape = [Int](repeating: 1, count: x.shape.rank + 1)
    ranksShape[position] = extent
    let ranks = graph.constant(HostWeights(shape: ranksShape, values: (1...extent).map { Float($0) }))
    func sum(_ values: String) -> String { graph.node("ReduceSum", [values, graph.constant([position])]) }
    func float(_ values: String) -> String {
      graph.node("Cast", [values], ["to": .int(ONNX.Elements.float32.rawValue)])
    }
    let scaled = graph.node("Add", [graph.node("Mul", [ranks, sorted]), graph.constant(1)])
    let count = sum(float(graph.node("Greater", [scaled, sums])))
    let total = sum(graph.node("Mul", [sums, float(graph.node("Equal", [ranks, count]))]))
    let threshold = graph.node("Div", [graph.node("Sub", [total, graph.constant(1)]), count])
    return ONNX.Value(
      name: graph.node("Relu", [graph.node("Sub", [x.name, threshold])]), shape: x.shape, order: x.order)
  }

  /// The name by which ONNX's recurrent operators know the activation, with its settings; `nil` where they do not.
  var recurrentName: (name: String, alpha: Float?, beta: Float?)? {
    switch self {
    case .linear: ("Affine", 1, 0)
    case .relu: ("Relu", nil, nil)
    case .leakyRelu(let slope): ("LeakyRelu", slope, nil)
    case .elu(let alpha): ("Elu", alpha, nil)
    case .sigmoid: ("Sigmoid", nil, nil)
    case .hardSigmoid: ("HardSigmoid", 1 / 6, 0.5)
    case .tanh: ("Tanh", nil, nil)
    case .softplus: ("Softplus", nil, nil)
    case .softsign: ("Softsign", nil, nil)
    default: nil
    }
  }
}
