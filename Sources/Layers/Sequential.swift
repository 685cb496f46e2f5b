import MartletAutograd
import MartletBackend
import MartletTensor

/// Layers one after the other.
///
/// Made for an input shape, it checks at once that all layers fit, and gives parameters their first values:
///
///     let model = try Sequential(input: [28, 28, 1]) {
///       Flatten()
///       Dense(128, activation: .relu)
///       Dense(10)
///     }
///
/// Without an input shape it is a block to be put into another model, which is built with it. Copies share parameters.
public struct Sequential: MaskingLayer {
  /// In the order they are applied.
  public let layers: [any Layer]
  /// The shape of one sample; `nil` for a block.
  public let inputShape: Shape?
  /// The shape of one sample after each layer; empty for a block.
  public let outputShapes: [Shape]
  /// What it is called in paths and summaries.
  public let name: String?
  package let cachedParameters: [Parameter]
  /// Whether there is a layer in it that may find missing steps, which others then have to be told of.
  private let findsMasks: Bool

  /// Makes a model from a list of layers.
  ///
  /// - Parameters:
  ///   - input: The shape of one sample, without the batch.
  ///   - seed: Decides the first values of the parameters, together with their paths.
  /// - Throws: `ModelError` naming the layer that does not fit, with shapes and the likely remedy.
  public init(input: Shape, layers: [any Layer], seed: UInt64 = 0, name: String? = nil) throws {
    guard input.isPossibleSample else { throw ModelError.impossibleInput(input) }
    self.layers = layers
    self.name = name
    inputShape = input
    // Names before shapes: layers that find their shape by a trial run make their parameters in it, drawn for their names.
    for (path, object) in ParameterVisitor.objects(in: Parts(layers: layers)) { object.settle(path: path, seed: seed) }
    outputShapes = try Self.shapes(of: layers, from: input)
    cachedParameters = Self.parameters(of: layers)
    findsMasks = layers.contains { $0 is any MaskingLayer }
    try initializeParameters(for: input)
  }

  /// A model whose parameters are still to be made, or to be given their values.
  init(forSamplesOf input: Shape, layers: [any Layer], name: String?) throws {
    guard input.isPossibleSample else { throw ModelError.impossibleInput(input) }
    self.layers = layers
    self.name = name
    inputShape = input
    outputShapes = try Self.shapes(of: layers, from: input)
    cachedParameters = Self.parameters(of: layers)
    findsMasks = layers.contains { $0 is any MaskingLayer }
  }

  /// Makes a model from layers written one below the other. See `init(input:layers:seed:name:)`.
  public init(
    input: Shape, seed: UInt64 = 0, name: String? = nil, @LayerBuilder _ layers: () throws -> [any Layer]
  ) throws {
    try self.init(input: input, layers: layers(), seed: seed, name: name)
  }

  /// A block for use in another model.
  public init(name: String? = nil, @LayerBuilder _ layers: () throws -> [any Layer]) rethrows {
    self.layers = try layers()
    self.name = name
    inputShape = nil
    outputShapes = []
    cachedParameters = Self.parameters(of: self.layers)
    findsMasks = self.layers.contains { $0 is any MaskingLayer }
  }

  /// The result for a batch. A convolution and the maximum pooling behind it run as one operation.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor {
    if let inputShape {
      require(
        x.rank > 0 && x.shape.dropFirst().elementsEqual(inputShape),
        "Sequential: made for samples of shape \(inputShape), got a batch of shape \(x.shape)")
    }
    return masked(x, mask: nil, mode: mode).output
  }

  /// The result for a batch with missing steps, which every layer hands to the next one as long as there are steps.
  public func masked(_ x: Tensor, mask: Tensor?, mode: Mode) -> (output: Tensor, mask: Tensor?) {
    var (y, mask) = (x, mask)
    let log = LayerLog.current
    var index = 0
    while index < layers.count {
      let layer = layers[index]
      if log == nil, index + 1 < layers.count, let convolution = layer as? Conv2D,
        let pool = layers[index + 1] as? MaxPool2D,
        let pooled = convolution(y, pooledBy: pool)
      {
        (y, mask) = (pooled, nil)
        index += 2
        continue
      }
      log?.enter(layer.name ?? String(index))
      if findsMasks, let layer = layer as? any MaskingLayer {
        (y, mask) = layer.masked(y, mask: mask, mode: mode)
      } else {
        y = layer(y, mode: mode)
        if mask != nil, !(layer is any MaskTransparent) { mask = nil }
      }
      log?.leave(layer, giving: y)
      index += 1
    }
    return (y, mask)
  }

  /// The shape of the result; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape {
    try Self.shapes(of: layers, from: input).last ?? input
  }

  /// Makes the parameters for an input; see `Layer`.
  public func initializeParameters(for input: Shape) throws {
    let shapes = try Self.shapes(of: layers, from: input)
    for (index, shape) in ([input] + shapes.dropLast()).enumerated() where index < layers.count {
      do {
        try layers[index].initializeParameters(for: shape)
      } catch let error as ShapeError {
        throw Self.fault(error, at: index, of: layers, shapes: [input] + shapes)
      }
    }
  }

  /// The names under which parts stand in paths: those given, or positions.
  static func pathNames(of layers: [any Layer]) -> [String] {
    layers.enumerated().map { $1.name ?? String($0) }
  }

  private static func parameters(of layers: [any Layer]) -> [Parameter] {
    // Through a block rather than `self`, which is not complete yet.
    ParameterVisitor.objects(in: Parts(layers: layers)).compactMap { $0.object as? Parameter }
  }

  private static func shapes(of layers: [any Layer], from input: Shape) throws -> [Shape] {
    var names: Set<String> = []
    for name in pathNames(of: layers) {
      guard names.insert(name).inserted else { throw ModelError.doubledName(name) }
      guard !name.isEmpty, !name.contains(".") else { throw ModelError.impossibleName(name) }
    }
    var shapes = [input]
    for (index, layer) in layers.enumerated() {
      do {
        let shape = try layer.outputShape(for: shapes[index])
        guard shape.isPossibleSample else {
          throw ShapeError("the result would have shape \(shape), which is more than a tensor can hold")
        }
        shapes.append(shape)
      } catch let error as ShapeError {
        throw fault(error, at: index, of: layers, shapes: shapes)
      }
    }
    return Array(shapes.dropFirst())
  }

  private static func fault(_ error: ShapeError, at index: Int, of layers: [any Layer], shapes: [Shape]) -> ModelError {
    let displayNames = SummaryNames.names(of: layers)
    var strip = "\(shapes[0])"
    for position in 0..<index { strip += " → \(displayNames[position]) → \(shapes[position + 1])" }
    return .layerDoesNotFit(
      index: index, type: String(describing: type(of: layers[index])), input: shapes[index], reason: error.description,
      path: strip + " → \(displayNames[index]) ✗")
  }
}

extension Sequential: CachedParameters, NamedParts {
  package var parts: [(name: String, part: any Sendable)] { zip(Self.pathNames(of: layers), layers).map { ($0, $1) } }
}

extension Shape {
  /// Whether a tensor can hold samples of this shape: positive extents, an axis left for the batch, elements that can be counted.
  var isPossibleSample: Bool {
    var count = 1
    for extent in self {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard extent > 0, !overflow, product <= Int(Int32.max) else { return false }
      count = product
    }
    return rank < Shape.maximumRank
  }
}

/// Layers with names, while a `Sequential` is being made.
private struct Parts: Layer, NamedParts {
  let layers: [any Layer]
  var parts: [(name: String, part: any Sendable)] { zip(Sequential.pathNames(of: layers), layers).map { ($0, $1) } }
  func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor { x }
}

/// Why layers do not make a model, or a file does not fit one.
public enum ModelError: Error, Hashable, CustomStringConvertible {
  /// A layer cannot take what the one before gives. `path` shows the shapes up to it.
  case layerDoesNotFit(index: Int, type: String, input: Shape, reason: String, path: String)
  /// An extent of the input is not positive, or there are too many.
  case impossibleInput(Shape)
  /// Two layers have the same name.
  case doubledName(String)
  /// A name is empty or has a dot, which separates the parts of a path.
  case impossibleName(String)
  /// A layer of a graph cannot take what it is given.
  case partDoesNotFit(name: String, type: String, inputs: [Shape], reason: String)
  /// A graph has nothing to take or nothing to give.
  case noInputsOrOutputs
  /// What is named as an input of a graph is the result of a layer.
  case notAnInput(index: Int)
  /// No output of a graph depends on an input, or it is named twice.
  case inputWithoutInfluence(index: Int, shape: Shape)
  /// An output of a graph depends on an input that is not among the model's.
  case inputMissing(shape: Shape, name: String?)
  /// A file or set of weights is for another model.
  case weightsDoNotFit(source: String, reason: String)

  /// What is wrong, where, and what to do.
  public var description: String {
    switch self {
    case .layerDoesNotFit(let index, let type, let input, let reason, let path):
      "layer \(index) (\(type)) cannot take samples of shape \(input): \(reason)\n  \(path)"
    case .impossibleInput(let shape):
      "a model cannot have samples of shape \(shape): there can be up to 7 axes, each at least 1, and at most \(Int32.max) "
        + "elements; the batch is not part of it"
    case .doubledName(let name):
      "two layers are called '\(name)'; give each its own name, since weights are saved under it"
    case .impossibleName(let name):
      "'\(name)' cannot be the name of a layer: it has to have at least one character, and no dot"
    case .partDoesNotFit(let name, let type, let inputs, let reason):
      "layer '\(name)' (\(type)) cannot take samples of shape \(inputs.map { "\($0)" }.joined(separator: ", ")): \(reason)"
    case .noInputsOrOutputs:
      "a model needs at least one input and one output"
    case .notAnInput(let index):
      "input \(index) of the model is the result of a layer; inputs are made by Symbol.input"
    case .inputWithoutInfluence(let index, let shape):
      "input \(index) of the model, of shape \(shape), has no influence on any output or is named twice; leave it out"
    case .inputMissing(let shape, let name):
      "an output depends on the input \(name.map { "'\($0)' " } ?? "")of shape \(shape), which is not among the inputs of the "
        + "model; add it"
    case .weightsDoNotFit(let source, let reason):
      "\(source) does not fit the model: \(reason)"
    }
  }
}
