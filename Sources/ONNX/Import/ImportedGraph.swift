import Foundation
import MartletBackend
import MartletLayers
import MartletTensor

/// A node of an imported graph, checked and with its names resolved.
struct ImportedNode: Sendable {
  let name: String
  let operation: String
  let run: Operators.Function
  /// Where the operands lie among the graph's values; `nil` for optional ones that are not given.
  let operands: [Int?]
  /// Where the results go; `nil` for those nobody asked for.
  let results: [Int?]
  let attributes: [String: ONNXAttributeProto]
  /// The array of the attribute `value`, of constants.
  let value: HostArray?
  /// The graphs inside, by the attributes that hold them: `body` of loops, the branches of conditions.
  let graphs: [String: ImportedGraph]
  /// The moving mean and variance, of a batch normalization that has them as parameters.
  let statistics: [Parameter]

  /// Whether the numbers it is given decide how many it gives.
  var selects: Bool {
    Operators.selecting[operation] != nil || graphs.values.contains { $0.nodes.contains(where: \.selects) }
  }

  private func attribute(
    _ name: String, _ type: ONNXAttributeProto.AttributeType
  ) throws -> ONNXAttributeProto? {
    guard let attribute = attributes[name] else { return nil }
    // Files of version 3 and before may leave the type out.
    guard attribute.type == type || attribute.type == .undefined else {
      throw ShapeError("the attribute '\(name)' is of another type than it should be")
    }
    return attribute
  }

  func int(_ name: String) throws -> Int? { try attribute(name, .int).map { Int($0.i) } }
  func float(_ name: String) throws -> Float? { try attribute(name, .float).map(\.f) }
  func string(_ name: String) throws -> String? {
    try attribute(name, .string).map { String(decoding: $0.s, as: UTF8.self) }
  }
  func ints(_ name: String) throws -> [Int]? { try attribute(name, .ints).map { $0.ints.map { Int($0) } } }
  func floats(_ name: String) throws -> [Float]? { try attribute(name, .floats).map(\.floats) }
  func strings(_ name: String) throws -> [String]? {
    try attribute(name, .strings).map { $0.strings.map { String(decoding: $0, as: UTF8.self) } }
  }
}

/// A graph that can be run: nodes in order, and values in numbered places instead of under names.
struct ImportedGraph: Sendable {
  let nodes: [ImportedNode]
  let valueCount: Int
  /// Where inputs are put.
  let inputs: [Int]
  /// Where outputs lie.
  let outputs: [Int]
  /// What is known before: parameters and constants.
  let known: [(place: Int, source: Known)]
  /// Values of the graph around this one: their place there, and here.
  let captured: [(outer: Int, inner: Int)]
  /// For each node the values that nobody needs after it.
  let lastUses: [[Int]]

  enum Known: Sendable {
    case parameter(Parameter)
    case constant(HostArray)
  }

  /// Is told what each node gave, by the number of the node.
  typealias Observer = (_ node: Int, _ results: [Operand]) -> Void

  /// The parameters that a node works with.
  func parameters(of node: ImportedNode) -> [Parameter] {
    known.compactMap { place, source in
      guard case .parameter(let parameter) = source, node.operands.contains(place) else { return nil }
      return parameter
    }
  }

  /// Runs the graph.
  ///
  /// - Throws: `ONNXError` naming the node that cannot do its work.
  func run(
    _ operands: [Operand], version: Int, device: Device, mode: Mode, budget: Budget, outer: [Operand?] = [],
    observing: Observer? = nil
  ) throws -> [Operand] {
    var values = [Operand?](repeating: nil, count: valueCount)
    for (place, source) in known {
      switch source {
      case .constant(let array): values[place] = .host(array)
      case .parameter(let parameter): values[place] = .tensor(try onDevice(parameter, device))
      }
    }
    for (place, operand) in zip(inputs, operands) { values[place] = operand }
    for (from, to) in captured { values[to] = outer[from] }
    for (index, (node, finished)) in zip(nodes, lastUses).enumerated() {
      let invocation = Invocation(
        node: node, inputs: node.operands.map { $0.flatMap { values[$0] } }, version: version, device: device,
        mode: mode, budget: budget, values: node.graphs.isEmpty ? [] : values)
      do {
        let results = try node.run(invocation)
        guard results.count >= node.results.count else {
          throw ShapeError("output \(results.count + 1) of this operator is not supported")
        }
        observing?(index, results)
        for (place, result) in zip(node.results, results) {
          if let place { values[place] = result }
        }
      } catch let error as ShapeError {
        throw ONNXError.cannotRun(node: node.name, operation: node.operation, reason: error.description)
      }
      for place in finished { values[place] = nil }
    }
    return try outputs.map { place in
      guard let value = values[place] else {
        throw ONNXError.malformed(place: "the graph", reason: "an output is never given")
      }
      return value
    }
  }

  private func onDevice(_ parameter: Parameter, _ device: Device) throws -> Tensor {
    let value = parameter.value
    guard value.device == device else {
      throw ONNXError.inputsDoNotFit(
        "they are on \(device.name), '\(parameter.name)' is on \(value.device.name); bring the model there with move(to:)"
      )
    }
    return value
  }
}
