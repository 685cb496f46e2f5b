import Foundation
import MartletBackend
import MartletLayers
internal import SwiftProtobuf

// Imported models as ONNX again: the file they came from, with the parameters as they are now.
extension ONNXModel {
  /// The file: inputs, outputs and nodes as they were read, whoever turns images before them.
  ///
  /// - Throws: `ONNXError.namesDoNotFit` for details that would change the graph; `BackendError` when a parameter cannot be read.
  func written(_ details: ONNX.Details) throws -> ONNXModelProto {
    guard details.inputNames.isEmpty, details.outputNames.isEmpty, details.outputActivation == .linear else {
      throw ONNXError.namesDoNotFit("a model that was read from a file keeps its inputs and outputs as they are")
    }
    if let classes = outputs[0].shape?.last ?? nil, !details.classNames.isEmpty, details.classNames.count != classes {
      throw ONNXError.namesDoNotFit("\(details.classNames.count) class names for \(classes) outputs")
    }
    var file = file
    var values = try StoredValues(of: self)
    values.fill(&file.graph)
    if !details.documentation.isEmpty { file.docString = details.documentation }
    var properties = self.properties.merging(details.properties) { $1 }
    if !details.classNames.isEmpty { properties["class_names"] = details.classNames.joined(separator: "\n") }
    file.metadataProps = properties.sorted { $0.key < $1.key }.map { key, value in
      ONNXStringStringEntryProto.with { ($0.key, $0.value) = (key, value) }
    }
    return file
  }
}

extension ONNXModel: ONNXLayer {
  /// Adds the nodes of the imported graph to another, of which the model is a part; see `ONNXLayer`.
  public func onnx(_ x: ONNX.Value, in graph: ONNX.GraphBuilder) throws -> ONNX.Value {
    func refused(_ reason: String) -> ONNXError {
      .cannotExport(layer: graph.path, type: Self.typeName, reason: reason)
    }
    guard inputs.count == 1, let output = outputs.first, output.dtype == .float32, batchSize == nil else {
      throw refused("only a model of one input, of any number of samples, can be a part of another")
    }
    guard (13...ONNX.operatorSet).contains(operatorSet) else {
      throw refused(
        "its nodes are of version \(operatorSet) of the operator set, those around it of version \(ONNX.operatorSet), which differ; "
          + "export the original with a version from 13 to \(ONNX.operatorSet)")
    }
    let shape = try outputShape(for: x.shape)
    var input = graph.channelsLast(x)
    if inputs[0].dtype != .float32 { input = graph.cast(input, to: inputs[0].dtype == .bool ? .bool : .int32) }
    var name = input.name
    if turnsImages && x.shape.rank == 3 { name = graph.node("Transpose", [name], ["perm": [0, 3, 1, 2]]) }
    var file = file
    var values = try StoredValues(of: self)
    values.fill(&file.graph)
    return ONNX.Value(name: graph.adopt(file.graph, input: name)[0], shape: shape)
  }
}

/// The values of the parameters, in the order in which a file is read.
private struct StoredValues {
  private var values: [(name: String, values: [Float])]

  init(of model: ONNXModel) throws {
    values = try model.importedParameters.map { ($0.initializer, try $0.parameter.value.detached.floats()) }.reversed()
  }

  /// Fills the arrays that lack numbers, as `GraphReader` empties them.
  mutating func fill(_ graph: inout ONNXGraphProto) {
    for index in graph.initializer.indices where graph.initializer[index].lacksNumbers {
      guard let next = values.popLast() else { return }
      assert(next.name == graph.initializer[index].name)
      graph.initializer[index].fill(next.values)
    }
    for node in graph.node.indices {
      for attribute in graph.node[node].attribute.indices where graph.node[node].attribute[attribute].hasG {
        fill(&graph.node[node].attribute[attribute].g)
      }
    }
  }
}

extension ONNX.GraphBuilder {
  /// Adds the nodes and arrays of another graph of one input, under names that are free here.
  ///
  /// - Returns: the names of its outputs.
  func adopt(_ graph: ONNXGraphProto, input: String) -> [String] {
    let initialized = Set(graph.initializer.map(\.name))
    var names: [String: String] = ["": ""]
    for taken in graph.input where !initialized.contains(taken.name) { names[taken.name] = input }
    let graph = renamed(graph, &names)
    append(graph.node, graph.initializer)
    return graph.output.map(\.name)
  }

  /// - Parameter names: What the names of the graph, and of those around it, are here.
  private func renamed(_ graph: ONNXGraphProto, _ names: inout [String: String]) -> ONNXGraphProto {
    func here(_ name: String) -> String {
      if let known = names[name] { return known }
      let new = freeName(path.isEmpty ? name : "\(path).\(name)")
      names[name] = new
      return new
    }
    var graph = graph
    for index in graph.input.indices { graph.input[index].name = here(graph.input[index].name) }
    for index in graph.initializer.indices { graph.initializer[index].name = here(graph.initializer[index].name) }
    for index in graph.node.indices {
      var node = graph.node[index]
      node.name = freeName(path.isEmpty ? node.name : "\(path).\(node.name.isEmpty ? node.opType : node.name)")
      node.input = node.input.map(here)
      for attribute in node.attribute.indices where node.attribute[attribute].hasG {
        node.attribute[attribute].g = renamed(node.attribute[attribute].g, &names)
      }
      node.output = node.output.map(here)
      graph.node[index] = node
    }
    for index in graph.output.indices { graph.output[index].name = here(graph.output[index].name) }
    graph.valueInfo = []
    return graph
  }
}
