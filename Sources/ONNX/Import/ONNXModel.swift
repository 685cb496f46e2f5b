import Foundation
import MartletAutograd
import MartletBackend
import MartletLayers
import MartletTensor

/// A model from an ONNX file. It runs node by node with Martlet's operations on any device, its weights are parameters under the names
/// they have in the file, and it is a `Layer`: a trainer can go on training it, or it can be a part of another model.
///
///     let model = try ONNX.load(url)
///     print(model.inputs)                  // [image: float [batch, 1, 28, 28]]
///     let probabilities = model(images)
///     model.freeze()                       // and a new head behind it
///
/// While learning, dropout drops and batch normalization uses and moves statistics, as in models of one's own.
public struct ONNXModel: Layer {
  /// What a model takes or gives.
  public struct Port: Hashable, Sendable, CustomStringConvertible {
    /// Its name in the file.
    public let name: String
    /// The extent of each axis, the batch included; `nil` where any is possible. `nil` as a whole where the file does not say.
    public let shape: [Int?]?
    /// Whether it is made of whole numbers or booleans rather than floating-point numbers.
    public let dtype: DType

    /// Name, type and shape.
    public var description: String {
      let extents = shape.map { "[" + $0.map { $0.map(String.init) ?? "?" }.joined(separator: ", ") + "]" }
      return "\(name): \(dtype) \(extents ?? "of any shape")"
    }
  }

  /// What it takes.
  public private(set) var inputs: [Port]
  /// What it gives.
  public let outputs: [Port]
  /// Who wrote the file.
  public let producer: String
  /// The version of the operator set.
  public let operatorSet: Int
  /// What the file says of the model, for people.
  public let documentation: String
  /// Further properties.
  public let properties: [String: String]
  /// The number of samples the model insists on; `nil` where it takes any. Other batches are cut into such pieces.
  public package(set) var batchSize: Int?
  /// What it is called in paths and summaries.
  public internal(set) var name: String?
  /// The shape of the result for one sample, where it is known although the parameters have no values yet.
  var describedOutput: Shape?
  package let cachedParameters: [Parameter]
  /// The file, but for the numbers of the parameters.
  let file: ONNXModelProto
  /// In the order of the file.
  let importedParameters: [ImportedParameter]
  let graph: ImportedGraph
  /// Whether images are handed in with their channels last, although the graph wants them first.
  package private(set) var turnsImages = false

  /// Reads what a file says, and checks all that can be checked without running it.
  ///
  /// - Parameters:
  ///   - folder: Where files beside the model may lie; `nil` where none may be read.
  ///   - numbersAreElsewhere: Whether arrays without numbers are parameters that get their values later.
  init(_ file: ONNXModelProto, folder: URL?, numbersAreElsewhere: Bool) throws {
    guard file.hasGraph, !file.opsetImport.isEmpty else {
      throw ONNXError.notAModel(reason: "there is no graph with a version of the operators in it")
    }
    guard let version = file.opsetImport.first(where: { $0.domain.isEmpty || $0.domain == "ai.onnx" })?.version,
      version >= 7
    else {
      throw ONNXError.notAModel(
        reason:
          "it is written for a version of the operator set before 7, with other rules; convert it with onnx.version_converter"
      )
    }
    var file = file
    var reader = GraphReader(version: Int(clamping: version), folder: folder, numbersAreElsewhere: numbersAreElsewhere)
    graph = try reader.read(&file.graph)
    guard reader.unsupported.isEmpty else {
      throw ONNXError.unsupportedOperators(
        reader.unsupported.sorted { $0.key < $1.key }.map { .init(operation: $0.key, nodes: $0.value) })
    }
    let initialized = Set(file.graph.initializer.map(\.name))
    inputs = try file.graph.input.filter { !initialized.contains($0.name) }.map { try Port($0) }
    outputs = try file.graph.output.map { try Port($0) }
    guard !outputs.isEmpty else { throw ONNXError.notAModel(reason: "the graph has no outputs") }
    operatorSet = Int(clamping: version)
    producer = [file.producerName, file.producerVersion].filter { !$0.isEmpty }.joined(separator: " ")
    documentation = file.docString
    properties = Dictionary(file.metadataProps.map { ($0.key, $0.value) }) { first, _ in first }
    name = nil
    importedParameters = reader.parameters
    cachedParameters = importedParameters.map(\.parameter)
    for known in importedParameters { known.parameter.settle(path: known.name, seed: 0) }
    self.file = file
  }

  /// The names of the classes, where the file lists them.
  public var classNames: [String] {
    properties["class_names"]?.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) ?? []
  }
}

// Images.
extension ONNXModel {
  /// Whether an input looks like images with their channels first, as models of PyTorch have them; `turned()` then takes pictures as
  /// Martlet has them.
  public var takesChannelsFirst: Bool { !turnsImages && inputs.contains(where: \.looksLikeImagesFirst) }

  /// The model for images with their channels last, `[batch, height, width, channels]`: inputs of four axes are turned on the way in.
  public func turned() -> ONNXModel {
    if turnsImages { return self }
    var model = self
    model.turnsImages = true
    model.inputs = inputs.map(\.turned)
    return model
  }
}

// Running it.
extension ONNXModel {
  /// The outputs for a batch of each input.
  ///
  /// - Throws: `ONNXError` where the inputs do not fit, or a node cannot do its work with them.
  public func run(_ inputs: [Tensor], mode: Mode = .inference) throws -> [Tensor] {
    try check(inputs)
    guard let batchSize, let count = inputs.first?.shape.first, count != batchSize else {
      return try run(inputs, mode: mode, budget: .unlimited)
    }
    return try runInPieces(inputs, of: batchSize, count: count, mode: mode)
  }

  /// The outputs by name for inputs by name.
  ///
  /// - Throws: as `run` with lists.
  public func run(_ inputs: [String: Tensor], mode: Mode = .inference) throws -> [String: Tensor] {
    let missing = self.inputs.map(\.name).filter { inputs[$0] == nil }
    guard missing.isEmpty, inputs.count == self.inputs.count else {
      throw ONNXError.inputsDoNotFit("the model takes \(self.inputs), got \(inputs.keys.sorted())")
    }
    let results = try run(self.inputs.compactMap { inputs[$0.name] }, mode: mode)
    return Dictionary(zip(outputs.map(\.name), results)) { first, _ in first }
  }

  private func check(_ inputs: [Tensor]) throws {
    guard inputs.count == self.inputs.count else {
      throw ONNXError.inputsDoNotFit("\(inputs.count) for \(self.inputs.count): \(self.inputs)")
    }
    for (index, (port, tensor)) in zip(self.inputs, inputs).enumerated() {
      guard let shape = port.shape else { continue }
      let fits =
        shape.count == tensor.rank
        && zip(shape, tensor.shape).enumerated().allSatisfy { axis, extents in
          axis == 0 || extents.0 == nil || extents.0 == extents.1
        }
      guard fits else {
        throw ONNXError.inputsDoNotFit("input \(index + 1), \(port), got one of shape \(tensor.shape)")
      }
    }
  }

  /// A batch of another size than the model insists on, cut up; the last piece is filled with its last sample.
  private func runInPieces(_ inputs: [Tensor], of size: Int, count: Int, mode: Mode) throws -> [Tensor] {
    guard inputs.allSatisfy({ $0.shape.first == count }) else {
      throw ONNXError.inputsDoNotFit("batches of different numbers of samples, \(inputs.map(\.shape))")
    }
    var parts: [[Tensor]] = []
    for start in stride(from: 0, to: count, by: size) {
      let length = min(size, count - start)
      let piece = inputs.map { input in
        let part = input.sliced(axis: 0, from: start, count: length)
        guard length < size else { return part }
        let last = input.sliced(axis: 0, from: count - 1, count: 1)
        return .concatenated([part] + Array(repeating: last, count: size - length), alongAxis: 0)
      }
      let results = try run(piece, mode: mode, budget: .unlimited)
      guard results.allSatisfy({ $0.shape.first == size }) else {
        throw ONNXError.inputsDoNotFit("the model takes \(size) samples at a time, not \(count)")
      }
      parts.append(results.map { $0.sliced(axis: 0, from: 0, count: length) })
    }
    return outputs.indices.map { output in .concatenated(parts.map { $0[output] }, alongAxis: 0) }
  }

  private func run(
    _ inputs: [Tensor], mode: Mode, budget: Budget, observing: ImportedGraph.Observer? = nil
  ) throws -> [Tensor] {
    let device = inputs.first?.device ?? cachedParameters.first?.value.device ?? .current
    let operands = try zip(inputs, self.inputs).map { input, port -> Operand in
      guard input.device == device else {
        throw ONNXError.inputsDoNotFit("inputs on different devices, \(device.name) and \(input.device.name)")
      }
      // Nothing is computed with empty arrays, which stand for settings that are not given.
      if input.elementCount == 0 { return .host(HostArray(emptyLike: input)) }
      let turned = turnsImages && input.rank == 4 ? input.transposed([0, 3, 1, 2]) : input
      // Whole numbers in floats become indices, as everywhere; bytes become numbers.
      return .tensor(turned.dtype == port.dtype ? turned : turned.cast(to: port.dtype))
    }
    let results = try graph.run(
      operands, version: operatorSet, device: device, mode: mode, budget: budget, observing: observing)
    return try zip(results, outputs).map { result, port in
      switch result {
      case .tensor(let tensor): return tensor
      case .host(let array):
        do { return try array.tensor(on: device) } catch let error as ShapeError {
          throw ONNXError.cannotRun(node: port.name, operation: "output", reason: error.description)
        }
      }
    }
  }

  /// The shape of what each node gives for a sample of zeros, by the number of the node, for those that give tensors; empty where the
  /// shape of a sample is open or nothing can be made of zeros.
  func tracedShapes() -> [Int: [Int]] {
    guard let shapes = knownInputShapes else { return [:] }
    var found: [Int: [Int]] = [:]
    let zeros = shapes.map { Tensor.zeros(Shape([batchSize ?? 1] + Array($0))) }
    let trace: ImportedGraph.Observer = { node, results in
      if case .tensor(let tensor)? = results.first { found[node] = Array(tensor.shape) }
    }
    do {
      _ = try withoutGradient {
        try run(zeros, mode: .inference, budget: Budget(elements: 1 << 30), observing: trace)
      }
    } catch { return [:] }
    return found
  }

  /// The model after a run on zeros, which shows whether its nodes fit each other and whether it takes any number of samples. Where
  /// the shapes of inputs are open, or the run would be too long, it is not tried; where inputs are whole numbers, zeros may not suit it.
  ///
  /// - Throws: `ONNXError` naming the node that cannot do its work.
  func triedOut(elements: Int) throws -> ONNXModel {
    var model = self
    let extents = inputs.map(\.shape)
    let declared = extents.compactMap { $0?.first }.compactMap { $0 }
    func attempt(_ batch: Int) throws {
      let zeros = try extents.map { shape -> Tensor in
        let shape = try Limits.checked((shape ?? []).enumerated().map { $0 == 0 ? batch : $1 ?? 1 })
        guard shape.elementCount <= elements else { throw Budget.Exhausted() }
        return .zeros(shape)
      }
      _ = try withoutGradient { try run(zeros, mode: .inference, budget: Budget(elements: elements)) }
    }
    guard !extents.isEmpty, extents.allSatisfy({ $0?.isEmpty == false && $0?.dropFirst().contains(nil) == false })
    else { return model }
    do {
      if let size = declared.first, declared.count == extents.count, declared.allSatisfy({ $0 == size }) {
        try attempt(size)
        // Some models only say that they take one size.
        if (try? attempt(size + 1)) == nil { model.batchSize = size }
      } else if declared.isEmpty {
        do { try attempt(2) } catch let failure as ONNXError {
          // Some models only say that they take any.
          guard (try? attempt(1)) != nil else { throw failure }
          model.batchSize = 1
        }
      }
    } catch is Budget.Exhausted {
      return model
    } catch let error as ONNXError {
      // Whole numbers may be shapes or axes, and of zeros nothing may be selected: then they prove nothing.
      guard inputs.contains(where: { $0.dtype != .float32 }) || graph.nodes.contains(where: \.selects) else {
        throw error
      }
      return self
    } catch let error as ShapeError {
      throw ONNXError.malformed(place: "the inputs", reason: error.description)
    }
    return model
  }
}

// As a layer of one input. Of several outputs it is the first.
extension ONNXModel: CachedParameters, NamedParts {
  /// The name of the type.
  public static var typeName: String { "ONNXModel" }

  package var parts: [(name: String, part: any Sendable)] { importedParameters.map { ($0.name, $0.parameter) } }

  /// The result for a batch.
  ///
  /// - Precondition: the model has one input, which the batch fits.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor { trapping { try run([x], mode: mode)[0] } }

  /// The results for a batch of each input.
  ///
  /// - Precondition: they fit the model.
  public func callAsFunction(_ inputs: [Tensor], mode: Mode = .inference) -> [Tensor] {
    trapping { try run(inputs, mode: mode) }
  }

  /// The shape of one sample of each input, where the file says it.
  public var inputShapes: [Shape?] {
    inputs.map { port in
      guard let extents = port.shape?.dropFirst(), !extents.contains(nil) else { return nil }
      return try? Limits.checked(extents.compactMap { $0 })
    }
  }

  /// The shape of the result; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape {
    if let missing = importedParameters.first(where: { !$0.parameter.isInitialized }) {
      guard let describedOutput, input == inputShapes.first ?? nil else {
        throw ShapeError("'\(missing.name)' has no value yet, without which no result has a shape")
      }
      return describedOutput
    }
    do {
      let size = batchSize ?? 1
      let probe = Tensor.zeros(try Limits.checked([size] + Array(input)))
      return Shape(try withoutGradient { try run([probe])[0] }.shape.dropFirst())
    } catch let error as ONNXError {
      throw ShapeError(error.description)
    }
  }

  /// The parameters are there since the model was read; see `Layer`.
  public func initializeParameters(for input: Shape) throws {
    try requireParameters()
    let shape = try outputShape(for: input)
    if let describedOutput, input == inputShapes.first ?? nil, shape != describedOutput {
      throw ShapeError("the graph gives \(shape), its description says \(describedOutput)")
    }
  }

  /// - Throws: `ShapeError` for a parameter that has no value, or one of another shape than the file says.
  private func requireParameters() throws {
    for known in importedParameters {
      guard known.parameter.shape == known.shape else {
        throw ShapeError(
          "'\(known.name)' has shape \(known.parameter.shape.map { "\($0)" } ?? "none"), the graph needs \(known.shape)"
        )
      }
    }
  }
}

extension ONNXModel: GraphModel {
  package var knownInputShapes: [Shape]? {
    let shapes = inputShapes.compactMap { $0 }
    return shapes.count == inputs.count && !shapes.isEmpty ? shapes : nil
  }

  package func predictions(_ inputs: [Tensor]) throws -> [Tensor] { try run(inputs) }

  package func makeParameters() throws {
    try requireParameters()
    do { _ = try triedOut(elements: 1 << 30) } catch let error as ONNXError { throw ShapeError(error.description) }
  }
}

extension ONNXModel.Port {
  init(_ stored: ONNXValueInfoProto) throws {
    name = stored.name
    guard case .tensorType(let type)? = stored.type.value else {
      (shape, dtype) = (nil, .float32)
      return
    }
    do {
      dtype = type.elemType == 0 ? .float32 : try ElementKind(dataType: Int(type.elemType)).dtype
    } catch {
      throw ONNXError.malformed(place: "'\(stored.name)'", reason: "\(error)")
    }
    guard type.hasShape else {
      shape = nil
      return
    }
    shape = try type.shape.dim.map { dimension -> Int? in
      guard case .dimValue(let extent)? = dimension.value, extent != 0 else { return nil }
      guard extent > 0, extent <= Int64(Int32.max) else {
        throw ONNXError.malformed(place: "'\(stored.name)'", reason: "an extent of \(extent)")
      }
      return Int(extent)
    }
  }

  /// The same for images whose channels are handed in last.
  fileprivate var turned: Self {
    guard let shape, shape.count == 4 else { return self }
    return Self(name: name, shape: [shape[0], shape[2], shape[3], shape[1]], dtype: dtype)
  }

  /// Whether it looks like a batch of images with their channels first: four axes, of which the second is as short as channels are
  /// and the last is longer.
  fileprivate var looksLikeImagesFirst: Bool {
    guard let shape, shape.count == 4, dtype == .float32, let channels = shape[1] else { return false }
    return [1, 3, 4].contains(channels) && (shape[3] ?? .max) > 4
  }
}
