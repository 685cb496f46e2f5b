import Foundation
import MartletBackend
import MartletLayers
import MartletTensor

extension ONNX {
  /// An ONNX graph that is being written: layers add their nodes to it.
  ///
  /// A class, because one graph grows while it goes from layer to layer.
  public final class GraphBuilder {
    private(set) var nodes: [ONNXNodeProto] = []
    private(set) var initializers: [ONNXTensorProto] = []
    private var usedNames: Set<String> = []
    private var constants: [String: String] = [:]
    private var weights: [WeightsKey: String] = [:]
    private var scope: [String] = []
    private var outputs: Set<String> = []
    private var newNames: [String: String] = [:]
    /// A value in the other order of axes, where it was needed already; see `channelsFirst`.
    var counterparts: [String: Value] = [:]
    /// The graph around this one, for the body of a loop.
    private let outer: GraphBuilder?

    private struct WeightsKey: Hashable {
      let parameter: ObjectIdentifier
      let form: String
    }

    init(inside outer: GraphBuilder? = nil) {
      self.outer = outer
      scope = outer?.scope ?? []
    }

    // MARK: Names

    /// The path of the layer that is being written.
    var path: String { scope.joined(separator: ".") }

    /// Runs a closure with a layer's name at the end of the path.
    func within<Result>(_ name: String, _ body: () throws -> Result) rethrows -> Result {
      scope.append(name)
      defer { scope.removeLast() }
      return try body()
    }

    /// A name that nothing has yet: the one wanted, or with a number.
    func freeName(_ wanted: String) -> String {
      if let outer { return outer.freeName(wanted) }
      var name = wanted
      var number = 1
      while !usedNames.insert(name).inserted {
        name = "\(wanted)_\(number)"
        number += 1
      }
      return name
    }

    // MARK: Nodes

    /// Adds a node of one output.
    ///
    /// - Parameters:
    ///   - inputs: Names of values; an empty one stands for an optional input that is not given.
    /// - Returns: the name of its output.
    public func node(
      _ operation: String, _ inputs: [String], _ attributes: KeyValuePairs<String, Attribute> = [:]
    ) -> String {
      node(operation, inputs, outputs: 1, attributes)[0]
    }

    /// Adds a node of several outputs.
    ///
    /// - Returns: their names.
    public func node(
      _ operation: String, _ inputs: [String], outputs: Int, _ attributes: KeyValuePairs<String, Attribute> = [:]
    ) -> [String] {
      self.node(operation, inputs, outputs: outputs, attributes.map { ($0.key, $0.value) })
    }

    func node(
      _ operation: String, _ inputs: [String], outputs: Int, _ attributes: [(String, Attribute)]
    ) -> [String] {
      var node = ONNXNodeProto()
      node.opType = operation
      node.name = freeName((scope + [operation]).joined(separator: "."))
      node.input = inputs
      node.output = outputs == 1 ? [node.name] : (0..<outputs).map { freeName("\(node.name).\($0)") }
      node.attribute = attributes.map { ONNXAttributeProto($0, $1) }
      nodes.append(node)
      return node.output
    }

    /// Adds nodes and arrays whose names are free.
    func append(_ nodes: [ONNXNodeProto], _ initializers: [ONNXTensorProto]) {
      self.nodes += nodes
      self.initializers += initializers
    }

    /// Adds a node that works element by element on values of one shape, in whichever order their axes stand.
    ///
    /// - Parameter elements: The type of the result; by default that of the first input.
    public func elementwise(
      _ operation: String, _ inputs: [Value], _ attributes: KeyValuePairs<String, Attribute> = [:],
      elements: Elements? = nil
    ) -> Value {
      let inputs = aligned(inputs)
      return Value(
        name: node(operation, inputs.map(\.name), attributes), shape: inputs[0].shape,
        elements: elements ?? inputs[0].elements, order: inputs[0].order)
    }

    /// Adds a node that works element by element on a value and a number.
    public func elementwise(_ operation: String, _ x: Value, _ number: Float, elements: Elements? = nil) -> Value {
      Value(
        name: node(operation, [x.name, constant(number)]), shape: x.shape, elements: elements ?? x.elements,
        order: x.order)
    }

    // MARK: Numbers in the file

    /// The name of a number.
    public func constant(_ value: Float) -> String {
      remembered("float \(value.bitPattern)", as: "constant") {
        ONNXTensorProto(name: $0, HostWeights(shape: [], values: [value]))
      }
    }

    /// The name of a list of whole numbers (int64), such as a shape or axes.
    public func constant(_ values: [Int]) -> String {
      remembered("ints \(values)", as: "numbers") {
        ONNXTensorProto(name: $0, integers: values, shape: [values.count])
      }
    }

    /// The name of a whole number (int64).
    func constant(integer value: Int) -> String {
      remembered("int \(value)", as: "number") { ONNXTensorProto(name: $0, integers: [value], shape: []) }
    }

    /// The name of an array that is no parameter: written as a node, by which readers tell it from what can be learned.
    func constant(_ weights: HostWeights) -> String {
      var attribute = ONNXAttributeProto()
      (attribute.name, attribute.type, attribute.t) = ("value", .tensor, ONNXTensorProto(name: "", weights))
      let name = node("Constant", [])
      nodes[nodes.count - 1].attribute = [attribute]
      return name
    }

    private func remembered(_ key: String, as wanted: String, _ make: (String) -> ONNXTensorProto) -> String {
      if let outer { return outer.remembered(key, as: wanted, make) }
      if let name = constants[key] { return name }
      let name = freeName(wanted)
      initializers.append(make(name))
      constants[key] = name
      return name
    }

    /// The name of a parameter's array, which bears the parameter's name.
    ///
    /// - Throws: `BackendError` when its value cannot be read.
    public func weights(_ parameter: Parameter) throws -> String { try weights(parameter, as: "") { $0 } }

    /// The name of a parameter's array in another form.
    ///
    /// - Parameter form: Tells one form from another, so that a parameter used twice is written once.
    func weights(
      _ parameter: Parameter, as form: String, _ transform: (HostWeights) throws -> HostWeights
    ) throws -> String {
      if let outer { return try outer.weights(parameter, as: form, transform) }
      let key = WeightsKey(parameter: ObjectIdentifier(parameter), form: form)
      if let name = weights[key] { return name }
      let value = parameter.value.detached
      let name = freeName(parameter.name.isEmpty ? "parameter" : parameter.name)
      initializers.append(
        ONNXTensorProto(
          name: name, try transform(HostWeights(shape: Array(value.shape), values: try value.floats()))))
      weights[key] = name
      return name
    }

    // MARK: Graphs

    /// A graph inside an operator. It may use the parameters and constants of this one.
    ///
    /// - Parameters:
    ///   - inputs: What the operator hands in.
    ///   - body: Adds nodes to the inner graph, given the names of its inputs, and returns the names of its outputs, all float32.
    func subgraph(
      inputs: [(name: String, elements: Elements)], _ body: (GraphBuilder, [String]) throws -> [String]
    ) rethrows -> Subgraph {
      let inner = GraphBuilder(inside: self)
      var graph = ONNXGraphProto()
      graph.name = freeName((scope + ["body"]).joined(separator: "."))
      let inputs = inputs.map { (name: freeName("\(graph.name).\($0.name)"), elements: $0.elements) }
      let outputs = try body(inner, inputs.map(\.name))
      graph.input = inputs.map { ONNXValueInfoProto(name: $0.name, elements: $0.elements) }
      graph.output = outputs.map { ONNXValueInfoProto(name: $0, elements: .float32) }
      graph.node = inner.nodes
      return Subgraph(graph: graph)
    }

    /// Gives the output of a node another name; `false` where no node gives the value.
    func rename(_ value: Value, to name: String) -> Bool {
      guard let producer = nodes.lastIndex(where: { $0.output.contains(value.name) }) else { return false }
      for index in nodes.indices {
        nodes[index].input = nodes[index].input.map { $0 == value.name ? name : $0 }
      }
      nodes[producer].output = nodes[producer].output.map { $0 == value.name ? name : $0 }
      newNames[value.name] = name
      return true
    }

    /// A value once more under another name.
    func copy(_ name: String, as other: String) {
      let made = node("Identity", [name])
      nodes[nodes.count - 1].output = nodes[nodes.count - 1].output.map { $0 == made ? other : $0 }
    }

    /// What a value is called by now.
    func currentName(of value: Value) -> String { newNames[value.name] ?? value.name }

    func isOutput(_ name: String) -> Bool { outputs.contains(name) }
    func markOutput(_ name: String) { outputs.insert(name) }
  }
}

extension ONNXValueInfoProto {
  /// A batch of samples of a shape, or a value of any shape.
  init(name: String, elements: ONNX.Elements, sample: Shape? = nil) {
    self.init()
    self.name = name
    type.tensorType.elemType = Int32(elements.rawValue)
    guard let sample else { return }
    var batch = ONNXTensorShapeProto.Dimension()
    batch.dimParam = "batch"
    type.tensorType.shape.dim =
      [batch]
      + sample.map { extent in
        var dimension = ONNXTensorShapeProto.Dimension()
        dimension.dimValue = Int64(extent)
        return dimension
      }
  }
}
