import Foundation
import MartletBackend
import MartletLayers
import MartletTensor

/// Makes graphs that can be run of those in files, and checks all that can be checked before.
struct GraphReader {
  let version: Int
  let folder: URL?
  /// Whether arrays without numbers are parameters whose values come from somewhere else.
  let numbersAreElsewhere: Bool
  /// Operators that are not supported, with the nodes that use them.
  private(set) var unsupported: [String: [String]] = [:]
  /// The floating-point initializers, under their names.
  private(set) var parameters: [ImportedParameter] = []
  private var parameterNames: Set<String> = []

  init(version: Int, folder: URL?, numbersAreElsewhere: Bool = false) {
    self.version = version
    self.folder = folder
    self.numbersAreElsewhere = numbersAreElsewhere
  }

  /// Reads a graph, and takes the numbers of parameters out of it: from then on they are where they change.
  ///
  /// - Parameter outerNames: For a graph inside a node, where the values of the graph around it lie.
  /// - Throws: `ONNXError` for a graph that contradicts itself.
  mutating func read(_ graph: inout ONNXGraphProto, outerNames: [String: Int] = [:]) throws -> ImportedGraph {
    var names = Names(outer: outerNames)
    var known: [(Int, ImportedGraph.Known)] = []
    let uses = InitializerUses(of: graph)
    for index in graph.initializer.indices {
      let stored = graph.initializer[index]
      let place = try names.define(stored.name, by: "initializer '\(stored.name)'")
      let role = uses.role(of: stored.name)
      if numbersAreElsewhere && stored.lacksNumbers {
        known.append((place, .parameter(parameter(try stored.possibleShape(), role: role ?? .weight, stored.name))))
        continue
      }
      let array = try HostArray(stored, folder: folder)
      if let role, array.canBeLearned {
        let parameter = parameter(array.shape, role: role, stored.name)
        parameter.assign(Tensor(array.floats, shape: Shape(array.shape)))
        known.append((place, .parameter(parameter)))
        graph.initializer[index].removeNumbers()
      } else {
        known.append((place, .constant(array)))
      }
    }
    // Older files list initializers among the inputs too.
    let initialized = Set(graph.initializer.map(\.name))
    let inputs = try graph.input.filter { !initialized.contains($0.name) }
      .map { try names.define($0.name, by: "input '\($0.name)'") }
    var nodes: [ImportedNode] = []
    for index in graph.node.indices {
      let stored = graph.node[index]
      let name = stored.name.isEmpty ? "\(stored.opType) \(index)" : stored.name
      if let node = try read(&graph.node[index], name: name, &names) { nodes.append(node) }
    }
    let outputs = try graph.output.map { try names.place(of: $0.name, for: "output '\($0.name)'") }
    return ImportedGraph(
      nodes: nodes, valueCount: names.count, inputs: inputs, outputs: outputs, known: known,
      captured: names.captured, lastUses: Self.lastUses(nodes, outputs: outputs))
  }

  /// One node; `nil` where its operator is not supported, which is noted.
  private mutating func read(
    _ stored: inout ONNXNodeProto, name: String, _ names: inout Names
  ) throws -> ImportedNode? {
    let place = "node '\(name)'"
    let operands = try stored.input.map { $0.isEmpty ? nil : try names.place(of: $0, for: place) }
    var inner: [String: ImportedGraph] = [:]
    for index in stored.attribute.indices where stored.attribute[index].hasG {
      // What the inner graph takes from further out has to be here first.
      for name in stored.attribute[index].g.freeNames where names.isOnlyOutside(name) {
        _ = try names.place(of: name, for: place)
      }
      inner[stored.attribute[index].name] = try read(&stored.attribute[index].g, outerNames: names.places)
    }
    let attributes = Dictionary(stored.attribute.map { ($0.name, $0) }) { first, _ in first }
    let results = try stored.output.map { $0.isEmpty ? nil : try names.define($0, by: place) }
    let isStandard = stored.domain.isEmpty || stored.domain == "ai.onnx"
    let operation = isStandard ? stored.opType : "\(stored.domain)::\(stored.opType)"
    guard let run = Operators.all[operation] else {
      unsupported[operation, default: []].append(name)
      return nil
    }
    return ImportedNode(
      name: name, operation: operation, run: run, operands: operands, results: results, attributes: attributes,
      value: try attributes["value"].flatMap { $0.hasT ? try HostArray($0.t, folder: folder) : nil }, graphs: inner,
      statistics: operation == "BatchNormalization"
        ? stored.input.dropFirst(3).compactMap { name in parameters.last { $0.initializer == name }?.parameter } : [])
  }

  /// A parameter without its value.
  private mutating func parameter(_ shape: [Int], role: Parameter.Role, _ initializer: String) -> Parameter {
    let parameter = Parameter(.zeros, role: role)
    // Graphs beside each other may use a name each.
    var (name, number) = (initializer, 1)
    while !parameterNames.insert(name).inserted {
      name = "\(initializer)_\(number)"
      number += 1
    }
    parameters.append(
      ImportedParameter(name: name, initializer: initializer, shape: Shape(shape), parameter: parameter))
    return parameter
  }

  /// For each node the values that neither a later node nor an output needs.
  private static func lastUses(_ nodes: [ImportedNode], outputs: [Int]) -> [[Int]] {
    var isNeeded = Set(outputs)
    var result: [[Int]] = []
    for node in nodes.reversed() {
      let used = Set(node.operands.compactMap { $0 } + node.graphs.values.flatMap { $0.captured.map(\.outer) })
      let own = Set(node.results.compactMap { $0 })
      result.append(used.union(own).subtracting(isNeeded).sorted())
      isNeeded.formUnion(used)
    }
    return result.reversed()
  }
}

/// A parameter of an imported model, in the order in which graphs are read.
struct ImportedParameter: Sendable {
  /// Its path.
  let name: String
  /// What the file calls it.
  let initializer: String
  let shape: Shape
  let parameter: Parameter
}

/// Where the values of a graph lie, by their names.
private struct Names {
  private(set) var places: [String: Int] = [:]
  private(set) var captured: [(outer: Int, inner: Int)] = []
  private(set) var count = 0
  private let outer: [String: Int]

  init(outer: [String: Int]) { self.outer = outer }

  mutating func define(_ name: String, by place: String) throws -> Int {
    guard places.updateValue(count, forKey: name) == nil else {
      throw ONNXError.malformed(place: place, reason: "gives '\(name)', which there is already")
    }
    count += 1
    return count - 1
  }

  /// The place of a value that is there already, here or in the graph around.
  mutating func place(of name: String, for user: String) throws -> Int {
    if let place = places[name] { return place }
    guard let outer = outer[name] else {
      throw ONNXError.malformed(place: user, reason: "takes '\(name)', which nothing before it gives")
    }
    let place = try define(name, by: user)
    captured.append((outer, place))
    return place
  }

  func isOnlyOutside(_ name: String) -> Bool { places[name] == nil && outer[name] != nil }
}

/// What initializers are used for, by which those that are learned are told from settings.
private struct InitializerUses {
  private var roles: [String: Set<Use>] = [:]

  private enum Use { case weight, statistic, setting }

  init(of graph: ONNXGraphProto) { collect(graph) }

  private mutating func collect(_ graph: ONNXGraphProto) {
    for node in graph.node {
      for (index, input) in node.input.enumerated() where !input.isEmpty {
        roles[input, default: []].insert(Self.use(node.opType, index))
      }
      for attribute in node.attribute where attribute.hasG { collect(attribute.g) }
    }
  }

  private static func use(_ operation: String, _ index: Int) -> Use {
    switch (operation, index) {
    case ("BatchNormalization", 3), ("BatchNormalization", 4): .statistic
    case ("Clip", 1), ("Clip", 2), ("Dropout", 1), ("OneHot", 2), ("Pad", 2), ("Range", _), ("Resize", 1...),
      ("Upsample", 1), ("Pow", 1), ("Equal", _), ("Less", _), ("Greater", _):
      .setting
    default: .weight
    }
  }

  /// `nil` for settings.
  func role(of name: String) -> Parameter.Role? {
    guard let uses = roles[name], !uses.contains(.setting) else { return nil }
    return uses == [.statistic] ? .statistic : .weight
  }
}

extension ONNXGraphProto {
  /// The names that nodes of the graph, and of graphs inside them, take.
  fileprivate var freeNames: Set<String> {
    var names = Set(output.map(\.name))
    for node in node {
      names.formUnion(node.input)
      for attribute in node.attribute where attribute.hasG { names.formUnion(attribute.g.freeNames) }
    }
    return names
  }
}
