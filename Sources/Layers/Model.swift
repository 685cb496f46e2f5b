import MartletAutograd
import MartletBackend
import MartletTensor

/// Layers connected as a graph, with any number of inputs and outputs.
///
///     let image = Symbol.input([28, 28, 1])
///     let age = Symbol.input([1])
///     let seen = Sequential { Conv2D(8, kernel: 3, activation: .relu); Flatten() }(image)
///     let joined = Concatenate()([seen, age])
///     let risk = Dense(1, activation: .sigmoid)(joined)
///     let model = try Model(inputs: [image, age], outputs: [risk])
///     let answers = model([images, ages])[0]
///
/// Everything is checked when the model is made. A model of one input and one output is a `Layer` like any other: it can be trained by
/// a `Trainer`, or be part of another model. Copies share parameters.
public struct Model: Layer {
  /// The shape of one sample of each input.
  public let inputShapes: [Shape]
  /// The shape of one sample of each output.
  public let outputShapes: [Shape]
  /// What it is called in paths and summaries.
  public let name: String?
  package let cachedParameters: [Parameter]
  package let inputNames: [String?]
  package let steps: [Step]
  /// Where each output lies among the values: the inputs, then what the steps give.
  package let outputs: [Int]
  /// For each step the values that nobody needs after it.
  private let lastUses: [[Int]]

  /// A layer at work: where its operands lie, and what it gives.
  package struct Step: Sendable {
    package let part: GraphPart
    package let pathName: String
    package let operands: [Int]
    package let outputShape: Shape
  }

  /// Makes a model of everything between inputs and outputs.
  ///
  /// - Parameter seed: Decides the first values of the parameters, together with their paths.
  /// - Throws: `ModelError` naming the layer that does not fit, an input that is missing or has no influence.
  public init(inputs: [Symbol], outputs: [Symbol], seed: UInt64 = 0, name: String? = nil) throws {
    try self.init(inputs: inputs, outputs: outputs, seed: seed, name: name, makingParameters: true)
  }

  /// - Parameter makingParameters: Whether parameters get their first values now, or are still to be given some.
  init(inputs: [Symbol], outputs: [Symbol], seed: UInt64, name: String?, makingParameters: Bool) throws {
    let graph = try OrderedGraph(inputs: inputs.map(\.node), outputs: outputs.map(\.node))
    let pathNames = try graph.pathNames()
    let objects = ParameterVisitor.objects(in: Parts(parts: graph.named(pathNames)))
    if makingParameters { for (path, object) in objects { object.settle(path: path, seed: seed) } }
    var shapes = graph.inputs.map(\.shape)
    var steps: [Step] = []
    for (index, step) in graph.steps.enumerated() {
      let operands = step.operands.map { shapes[$0] }
      do {
        let shape = try makingParameters ? step.part.build(for: operands) : step.part.outputShape(for: operands)
        guard shape.isPossibleSample else {
          throw ShapeError("the result would have shape \(shape), which is more than a tensor can hold")
        }
        shapes.append(shape)
        steps.append(
          Step(part: step.part, pathName: pathNames[index], operands: step.operands, outputShape: shape))
      } catch let error as ShapeError {
        throw ModelError.partDoesNotFit(
          name: pathNames[index], type: step.part.typeName, inputs: operands, reason: error.description)
      }
    }
    self.name = name
    self.steps = steps
    self.outputs = graph.outputs
    inputShapes = graph.inputs.map(\.shape)
    inputNames = graph.inputs.map(\.name)
    outputShapes = graph.outputs.map { shapes[$0] }
    lastUses = graph.lastUses
    cachedParameters =
      makingParameters
      ? ParameterVisitor.objects(in: Parts(parts: graph.named(pathNames))).compactMap { $0.object as? Parameter }
      : objects.compactMap { $0.object as? Parameter }
  }

  /// Makes the parameters that are not there yet.
  ///
  /// - Throws: `ModelError`.
  package func makeParameters() throws {
    var shapes = inputShapes
    for step in steps {
      let operands = step.operands.map { shapes[$0] }
      do {
        _ = try step.part.build(for: operands)
      } catch let error as ShapeError {
        throw ModelError.partDoesNotFit(
          name: step.pathName, type: step.part.typeName, inputs: operands, reason: error.description)
      }
      shapes.append(step.outputShape)
    }
  }

  /// The results for a batch of each input.
  ///
  /// - Precondition: there is one batch per input, all of the same number of samples and of the shapes the model was made for.
  public func callAsFunction(_ inputs: [Tensor], mode: Mode = .inference) -> [Tensor] {
    require(
      inputs.count == inputShapes.count
        && zip(inputs, inputShapes).allSatisfy { $0.rank > 0 && $0.shape.dropFirst().elementsEqual($1) },
      "Model: made for samples of shapes \(inputShapes), got batches of shapes \(inputs.map(\.shape))")
    var values: [Tensor?] = inputs
    func value(_ slot: Int) -> Tensor {
      guard let value = values[slot] else { preconditionFailure("Model: value \(slot) was given up too early") }
      return value
    }
    let log = LayerLog.current
    for (step, finished) in zip(steps, lastUses) {
      log?.enter(step.pathName)
      let result = step.part(step.operands.map(value), mode: mode)
      log?.leave(step.part.content, giving: result)
      values.append(result)
      for slot in finished { values[slot] = nil }
    }
    return outputs.map(value)
  }

  /// The result for a batch, of a model with one input and one output.
  ///
  /// - Precondition: there are just one of each.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor {
    require(
      inputShapes.count == 1 && outputShapes.count == 1,
      "Model: \(inputShapes.count) inputs and \(outputShapes.count) outputs; call it with a list of tensors")
    return self([x], mode: mode)[0]
  }

  /// The shape of the result of a model with one input and one output; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape {
    guard inputShapes.count == 1 && outputShapes.count == 1 else {
      throw ShapeError(
        "a model of \(inputShapes.count) inputs and \(outputShapes.count) outputs cannot stand where one input and one "
          + "output are needed")
    }
    guard input == inputShapes[0] else {
      throw ShapeError("the model was made for samples of shape \(inputShapes[0]), not \(input)")
    }
    return outputShapes[0]
  }

  /// The parameters are there since the model was made, unless it was made from a description; see `Layer`.
  public func initializeParameters(for input: Shape) throws {
    _ = try outputShape(for: input)
    if cachedParameters.contains(where: { !$0.isInitialized }) { try makeParameters() }
  }
}

// For those who look at the parts one by one.
extension Model {
  /// A layer of the graph at work.
  package struct GraphStep {
    let part: GraphPart
    /// Where its operands lie among the values: the inputs, then what the steps give.
    package let operands: [Int]
    /// The shape of what it gives for one sample.
    package let outputShape: Shape

    /// A `Layer` or a `CombiningLayer`.
    package var content: any Sendable { part.content }

    /// What it makes of its operands.
    package func callAsFunction(_ inputs: [Tensor], mode: Mode) -> Tensor { part(inputs, mode: mode) }
  }

  /// In the order they run.
  package var graphSteps: [GraphStep] {
    steps.map { GraphStep(part: $0.part, operands: $0.operands, outputShape: $0.outputShape) }
  }

  /// Where each output lies among the values.
  package var outputSlots: [Int] { outputs }

  /// What the steps are called in reports, each use of a layer for itself.
  package var stepNames: [String] { SummaryNames.names(of: steps.map { ($0.part.name, $0.part.typeName) }) }

  /// What the inputs are called there.
  package var inputTitles: [String] {
    inputNames.enumerated().map { $1 ?? ($0 == 0 ? "input" : "input_\($0)") }
  }
}

extension Model: CachedParameters, NamedParts {
  package var parts: [(name: String, part: any Sendable)] { steps.map { ($0.pathName, $0.part.content) } }
}

/// Parts with names, while a model is being made.
private struct Parts: NamedParts {
  let parts: [(name: String, part: any Sendable)]
}

/// What lies between inputs and outputs, each step after those it depends on.
private struct OrderedGraph {
  let inputs: [(shape: Shape, name: String?)]
  let steps: [(part: GraphPart, operands: [Int])]
  let outputs: [Int]

  init(inputs: [GraphNode], outputs: [GraphNode]) throws {
    guard !inputs.isEmpty && !outputs.isEmpty else { throw ModelError.noInputsOrOutputs }
    let reached = Self.reached(from: outputs)
    var slots: [ObjectIdentifier: Int] = [:]
    var found: [(Shape, String?)] = []
    for (index, node) in inputs.enumerated() {
      guard case .input(let shape, let name) = node.kind else { throw ModelError.notAnInput(index: index) }
      guard shape.isPossibleSample else { throw ModelError.impossibleInput(shape) }
      guard slots.updateValue(index, forKey: ObjectIdentifier(node)) == nil,
        reached.contains(where: { $0 === node })
      else { throw ModelError.inputWithoutInfluence(index: index, shape: shape) }
      found.append((shape, name))
    }
    var steps: [(GraphPart, [Int])] = []
    for node in reached where slots[ObjectIdentifier(node)] == nil {
      switch node.kind {
      case .input(let shape, let name): throw ModelError.inputMissing(shape: shape, name: name)
      case .part(let part, let operands):
        slots[ObjectIdentifier(node)] = inputs.count + steps.count
        steps.append((part, operands.compactMap { slots[ObjectIdentifier($0)] }))
      }
    }
    self.inputs = found
    self.steps = steps
    self.outputs = outputs.compactMap { slots[ObjectIdentifier($0)] }
  }

  /// Every node that outputs depend on, earlier ones first.
  private static func reached(from outputs: [GraphNode]) -> [GraphNode] {
    var seen: Set<ObjectIdentifier> = []
    var found: [GraphNode] = []
    var pending = outputs
    while let node = pending.popLast() {
      guard seen.insert(ObjectIdentifier(node)).inserted else { continue }
      found.append(node)
      pending += node.operands
    }
    return found.sorted { $0.sequence < $1.sequence }
  }

  /// For each step the values that neither a later step nor an output needs.
  var lastUses: [[Int]] {
    var isNeeded = Set(outputs)
    var result: [[Int]] = []
    for (index, step) in steps.enumerated().reversed() {
      let own = inputs.count + index
      let finished = Set(step.operands).subtracting(isNeeded)
      isNeeded.formUnion(step.operands)
      isNeeded.insert(own)
      result.append(finished.sorted())
    }
    return result.reversed()
  }

  /// The names under which parts stand in paths: those given, or positions. A layer applied twice may keep its name.
  func pathNames() throws -> [String] {
    var owners: [String: Set<ObjectIdentifier>] = [:]
    return try steps.enumerated().map { index, step in
      let name = step.part.name ?? String(index)
      guard !name.isEmpty, !name.contains(".") else { throw ModelError.impossibleName(name) }
      let parameters = Set(step.part.parameters.map(ObjectIdentifier.init))
      if let others = owners[name], parameters.isEmpty || others != parameters { throw ModelError.doubledName(name) }
      owners[name] = parameters
      return name
    }
  }

  func named(_ names: [String]) -> [(name: String, part: any Sendable)] {
    zip(names, steps).map { ($0, $1.part.content) }
  }
}
