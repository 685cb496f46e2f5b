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
  public let inputs: [Port]
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
  public private(set) var batchSize: Int?
  /// What it is called in paths and summaries.
  public let name: String?
  package let cachedParameters: [Parameter]
  private let graph: ImportedGraph
  private let turnsImages: Bool

  init(
    _ file: ONNXModelProto, _ graph: ImportedGraph, _ parameters: [(name: String, parameter: Parameter)],
    channelsLast: Bool
  ) throws {
    let initialized = Set(file.graph.initializer.map(\.name))
    inputs = try file.graph.input.filter { !initialized.contains($0.name) }.map {
      try Port($0, turned: channelsLast)
    }
    outputs = try file.graph.output.map { try Port($0, turned: false) }
    guard !outputs.isEmpty else { throw ONNXError.notAModel(reason: "the graph has no outputs") }
    producer = [file.producerName, file.producerVersion].filter { !$0.isEmpty }.joined(separator: " ")
    operatorSet = Int(clamping: file.opsetImport.first { $0.domain.isEmpty || $0.domain == "ai.onnx" }?.version ?? 0)
    documentation = file.docString
    properties = Dictionary(file.metadataProps.map { ($0.key, $0.value) }) { first, _ in first }
    name = nil
    cachedParameters = parameters.map(\.parameter)
    for (name, parameter) in parameters { parameter.settle(path: name, seed: 0) }
    self.graph = graph
    turnsImages = channelsLast
  }

  /// The names of the classes, where the file lists them.
  public var classNames: [String] {
    properties["class_names"]?.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) ?? []
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

  private func run(_ inputs: [Tensor], mode: Mode, budget: Budget) throws -> [Tensor] {
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
    let results = try graph.run(operands, version: operatorSet, device: device, mode: mode, budget: budget)
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
      // Whole numbers may be shapes or axes, for which zeros prove nothing.
      guard inputs.contains(where: { $0.dtype != .float32 }) else { throw error }
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

  package var parts: [(name: String, part: any Sendable)] { cachedParameters.map { ($0.name, $0) } }

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
    do {
      let size = batchSize ?? 1
      let probe = Tensor.zeros(try Limits.checked([size] + Array(input)))
      return Shape(try withoutGradient { try run([probe])[0] }.shape.dropFirst())
    } catch let error as ONNXError {
      throw ShapeError(error.description)
    }
  }

  /// The parameters are there since the model was read; see `Layer`.
  public func initializeParameters(for input: Shape) throws { _ = try outputShape(for: input) }
}

extension ONNXModel.Port {
  init(_ stored: ONNXValueInfoProto, turned: Bool) throws {
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
    var extents = try type.shape.dim.map { dimension -> Int? in
      guard case .dimValue(let extent)? = dimension.value, extent != 0 else { return nil }
      guard extent > 0, extent <= Int64(Int32.max) else {
        throw ONNXError.malformed(place: "'\(stored.name)'", reason: "an extent of \(extent)")
      }
      return Int(extent)
    }
    if turned && extents.count == 4 { extents = [extents[0], extents[2], extents[3], extents[1]] }
    shape = extents
  }
}
