import MartletAutograd
import MartletBackend
import MartletTensor
import Synchronization

/// What a forward pass is for. Handed from layer to layer, never kept in one.
public enum Mode: Hashable, Sendable {
  /// Predicting and evaluating: dropout passes everything, batch normalization uses its moving statistics.
  case inference
  /// Learning. The key decides the random numbers of this step; give each step its own `draw`.
  case training(RandomKey)

  /// Learning, in a numbered step of a run with a seed.
  public static func training(seed: UInt64, step: Int) -> Mode {
    .training(RandomKey(seed: seed, draw: UInt32(truncatingIfNeeded: step)))
  }

  /// Whether this is learning.
  public var isTraining: Bool { self != .inference }
}

/// A part of a model: takes a tensor, gives a tensor, and may hold parameters.
///
/// Shapes of samples have no batch axis; tensors have one, the first. A layer of your own is a struct or a final class with
/// parameters or other layers as stored properties and one function, `callAsFunction`; parameters are found by looking at the
/// properties, under their names:
///
///     struct Skipping: Layer {
///       let inner = Dense(64, activation: .relu)
///       func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor { x + inner(x, mode: mode) }
///     }
///
/// Parameters are cells: copies of a layer share them.
public protocol Layer: Sendable {
  /// What the layer is called in paths and summaries; by default a name is made from its type.
  var name: String? { get }

  /// The layer's result for a batch.
  ///
  /// - Precondition: the shape of `x`, without its first axis, is one that `outputShape(for:)` accepts.
  func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor

  /// The shape of the result for one sample of a shape.
  ///
  /// By default the parameters are made and a trial run on one sample of zeros shows it, which traps where shapes do not fit.
  /// - Throws: `ShapeError` with the rule that is broken and the likely remedy.
  func outputShape(for input: Shape) throws -> Shape

  /// Gives parameters that have none their shapes and first values for samples of a shape.
  ///
  /// By default by the same trial run, in which every inner layer does so for itself; a layer all of whose parameters have values, or
  /// that has none, is not run.
  /// - Throws: `ShapeError`.
  func initializeParameters(for input: Shape) throws

  /// What the type is called in a summary; by default its Swift name.
  static var typeName: String { get }
}

extension Layer {
  /// None: a name is made from the type.
  public var name: String? { nil }

  /// The Swift name of the type.
  public static var typeName: String { String(describing: Self.self) }

  /// Found by a trial run, after the parameters were made.
  public func outputShape(for input: Shape) throws -> Shape {
    try initializeParameters(for: input)
    return trialShape(for: input)
  }

  /// By a trial run, in which every inner layer makes its own.
  public func initializeParameters(for input: Shape) throws {
    if !parameters.allSatisfy(\.isInitialized) { _ = trialShape(for: input) }
  }

  private func trialShape(for input: Shape) -> Shape {
    let probe = Tensor.zeros(Shape([1] + Array(input)))
    return Shape(withoutGradient { self(probe, mode: .inference) }.shape.dropFirst())
  }

  /// The layer's prediction for a batch.
  public func callAsFunction(_ x: Tensor) -> Tensor { self(x, mode: .inference) }
}

// Parameters, found by looking.
extension Layer {
  /// Every parameter in the layer and its parts, in the order of declaration, each once.
  public var parameters: [Parameter] {
    if let cached = self as? any CachedParameters { return cached.cachedParameters }
    return ParameterVisitor.objects(in: self).compactMap { $0.object as? Parameter }
  }

  /// The parameters an optimizer changes.
  public var trainableParameters: [Parameter] { parameters.filter(\.isTrainable) }

  /// The number of elements of all parameters.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.elementCount } }

  /// Names the parameters by their paths, and gives those without a value their first one, drawn for the seed and the path.
  /// `Sequential` does so by itself.
  ///
  /// - Returns: the shape of the result for one sample.
  /// - Throws: `ShapeError` when layers do not fit each other or the input.
  @discardableResult
  public func build(for input: Shape, seed: UInt64 = 0) throws -> Shape {
    for (path, object) in ParameterVisitor.objects(in: self) { object.settle(path: path, seed: seed) }
    let output = try outputShape(for: input)
    try initializeParameters(for: input)
    return output
  }

  /// Keeps optimizers from changing the layer.
  public func freeze() { for parameter in parameters { parameter.isTrainable = false } }

  /// Lets optimizers change the layer again.
  public func unfreeze() { for parameter in parameters { parameter.isTrainable = true } }

  /// Moves all parameters to a device.
  ///
  /// - Throws: `BackendError` when a value cannot be read.
  public func move(to device: Device) throws { for parameter in parameters { try parameter.move(to: device) } }
}

/// A model that looked for its parameters once.
package protocol CachedParameters {
  var cachedParameters: [Parameter] { get }
}

extension Layer {
  /// Initializes parameters on the first call of a layer that was not built before.
  func prepare(for x: Tensor, _ parameter: Parameter) {
    if !parameter.isInitialized { trapping { try initializeParameters(for: Shape(x.shape.dropFirst())) } }
  }
}

/// The stream of random numbers of one layer. A class because its number comes from its path, when the model is built.
final class RandomStream: PathAddressed {
  private let number = Atomic<UInt32>(0)

  /// The layer's numbers in a step.
  func key(_ key: RandomKey) -> RandomKey {
    RandomKey(seed: key.seed, stream: number.load(ordering: .relaxed), draw: key.draw)
  }

  func settle(path: String, seed: UInt64) { number.store(Self.number(of: path), ordering: .relaxed) }

  /// FNV-1a of a path, since Swift's own hashes differ from process to process.
  static func number(of path: String) -> UInt32 {
    path.utf8.reduce(0x811c_9dc5) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
  }
}
