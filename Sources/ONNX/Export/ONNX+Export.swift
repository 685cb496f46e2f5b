import Foundation
import MartletBackend
import MartletInterchange
import MartletLayers
internal import SwiftProtobuf

extension ONNX {
  /// What an exported file says about its model beside the graph; everything is optional.
  public struct Details: Hashable, Sendable {
    /// What the model is called.
    public var name: String
    /// What it does, what its inputs are, where it comes from: for people.
    public var documentation: String
    /// The names of the classes, in the order of the outputs. Written as the property `class_names`, separated by line breaks.
    public var classNames: [String]
    /// Further properties.
    public var properties: [String: String]
    /// What the inputs are called; by default the names of the model's symbols, or `input`.
    public var inputNames: [String]
    /// What the outputs are called; by default `output`.
    public var outputNames: [String]
    /// Applied to the outputs: `.softmax()` turns the logits of a classifier that was trained on them into probabilities.
    public var outputActivation: Activation

    /// Details; those left out have their defaults.
    public init(
      name: String = "model", documentation: String = "", classNames: [String] = [], properties: [String: String] = [:],
      inputNames: [String] = [], outputNames: [String] = [], outputActivation: Activation = .linear
    ) {
      self.name = name
      self.documentation = documentation
      self.classNames = classNames
      self.properties = properties
      self.inputNames = inputNames
      self.outputNames = outputNames
      self.outputActivation = outputActivation
    }
  }

  /// Writes a model as an ONNX file, which appears complete or not at all.
  ///
  ///     try ONNX.export(model, to: url, ONNX.Details(classNames: digits, outputActivation: .softmax()))
  ///
  /// Inputs and outputs are as they are here: a batch of any size first, images with their channels last. Weights bear the names of the
  /// parameters. The graph predicts; what belongs to learning is left out, or does nothing until somebody trains the model. A model that
  /// was imported is written as it was read, with the values its parameters have now.
  ///
  /// - Parameters:
  ///   - model: A `Sequential` or `Model`, or any other layer that was built.
  ///   - inputShape: The shape of one sample, where the model does not know it itself.
  /// - Throws: `ONNXError` naming a layer that has no counterpart; `BackendError` when weights cannot be read; `FileError` when the file
  ///   cannot be written.
  public static func export(
    _ model: any Layer, inputShape: Shape? = nil, to url: URL, _ details: Details = Details()
  ) throws {
    try AtomicFile.write(bytes(of: model, inputShape: inputShape, details), to: url)
  }

  /// The bytes of the file that `export` writes.
  ///
  /// - Throws: as `export`.
  public static func bytes(
    of model: any Layer, inputShape: Shape? = nil, _ details: Details = Details()
  ) throws -> [UInt8] {
    if let imported = model as? ONNXModel { return try imported.written(details).serializedBytes() }
    let graph = GraphBuilder()
    let inputs = try inputs(of: model, inputShape, details)
    for input in inputs { _ = graph.freeName(input.name) }
    let outputNames = details.outputNames
    var outputs: [Value]
    if let model = model as? Model {
      outputs = try model.onnx(inputs, in: graph)
    } else {
      outputs = [try graph.add(model, to: inputs[0])]
    }
    guard outputNames.isEmpty || outputNames.count == outputs.count else {
      throw ONNXError.namesDoNotFit("\(outputNames.count) output names for \(outputs.count) outputs")
    }
    outputs = try outputs.enumerated().map { index, output in
      let activated = graph.channelsLast(try details.outputActivation.onnx(output, in: graph))
      let wanted = outputs.count == 1 ? "output" : "output\(index + 1)"
      return named(activated, outputNames.isEmpty ? wanted : outputNames[index], inputs, in: graph)
    }
    return try file(graph, inputs, outputs, details).serializedBytes()
  }

  private static func inputs(of model: any Layer, _ inputShape: Shape?, _ details: Details) throws -> [Value] {
    var inputs: [Value]
    if let model = model as? Model {
      inputs = zip(zip(model.inputShapes, model.inputNames), model.takesIndices).enumerated().map { index, input in
        let ((shape, name), takesIndices) = input
        let standard = model.inputShapes.count == 1 ? "input" : "input\(index + 1)"
        return Value(name: name ?? standard, shape: shape, elements: takesIndices ? .int32 : .float32)
      }
    } else {
      guard let shape = inputShape ?? (model as? Sequential)?.inputShape else { throw ONNXError.inputShapeNeeded }
      _ = try model.outputShape(for: shape)
      try model.initializeParameters(for: shape)
      inputs = [Value(name: "input", shape: shape, elements: model.takesIndices ? .int32 : .float32)]
    }
    if !details.inputNames.isEmpty {
      guard details.inputNames.count == inputs.count else {
        throw ONNXError.namesDoNotFit("\(details.inputNames.count) input names for \(inputs.count) inputs")
      }
      inputs = zip(details.inputNames, inputs).map { Value(name: $0, shape: $1.shape, elements: $1.elements) }
    }
    let names = inputs.map(\.name) + details.outputNames
    guard Set(names).count == names.count, !names.contains("") else {
      throw ONNXError.namesDoNotFit("inputs and outputs need different names, not empty ones; got \(names)")
    }
    return inputs
  }

  /// An output under the name it is to have.
  private static func named(_ output: Value, _ wanted: String, _ inputs: [Value], in graph: GraphBuilder) -> Value {
    let name = graph.freeName(wanted)
    // An input that is also an output, or one value that is two outputs, gets a node of its own.
    let current = graph.currentName(of: output)
    if graph.isOutput(current) || !graph.rename(output, to: name) {
      graph.copy(current, as: name)
    }
    graph.markOutput(name)
    return Value(name: name, shape: output.shape, elements: output.elements)
  }

  private static func file(
    _ builder: GraphBuilder, _ inputs: [Value], _ outputs: [Value], _ details: Details
  ) throws -> ONNXModelProto {
    if let classes = outputs.first?.shape.last, !details.classNames.isEmpty, details.classNames.count != classes {
      throw ONNXError.namesDoNotFit("\(details.classNames.count) class names for \(classes) outputs")
    }
    var file = ONNXModelProto()
    (file.irVersion, file.producerName, file.producerVersion) = (Int64(formatVersion), producer, producerVersion)
    file.docString = details.documentation
    file.opsetImport = [ONNXOperatorSetIdProto.with { $0.version = Int64(operatorSet) }]
    var properties = details.properties
    if !details.classNames.isEmpty { properties["class_names"] = details.classNames.joined(separator: "\n") }
    file.metadataProps = properties.sorted { $0.key < $1.key }.map { key, value in
      ONNXStringStringEntryProto.with { ($0.key, $0.value) = (key, value) }
    }
    file.graph.name = details.name
    file.graph.docString = details.documentation
    file.graph.input = inputs.map { ONNXValueInfoProto(name: $0.name, elements: $0.elements, sample: $0.shape) }
    file.graph.output = outputs.map { ONNXValueInfoProto(name: $0.name, elements: $0.elements, sample: $0.shape) }
    file.graph.node = builder.nodes
    file.graph.initializer = builder.initializers
    return file
  }
}
