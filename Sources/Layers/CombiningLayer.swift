import MartletAutograd
import MartletBackend
import MartletTensor

/// A part of a `Model` that makes one tensor of several: takes a list of tensors, and may hold parameters, which are found among its
/// stored properties as those of a `Layer` are.
public protocol CombiningLayer: Sendable {
  /// What the layer is called in paths and summaries; by default a name is made from its type.
  var name: String? { get }

  /// The result for a batch of each input.
  ///
  /// - Precondition: shapes, without their first axis, are some that `outputShape(for:)` accepts.
  func callAsFunction(_ inputs: [Tensor], mode: Mode) -> Tensor

  /// The shape of the result for samples of these shapes.
  ///
  /// - Throws: `ShapeError` with the rule that is broken and the likely remedy.
  func outputShape(for inputs: [Shape]) throws -> Shape

  /// Gives parameters that have none their shapes and first values. By default there are none.
  ///
  /// - Throws: `ShapeError`.
  func initializeParameters(for inputs: [Shape]) throws

  /// What the type is called in a summary; by default its Swift name.
  static var typeName: String { get }
}

extension CombiningLayer {
  /// None: a name is made from the type.
  public var name: String? { nil }

  /// The Swift name of the type.
  public static var typeName: String { String(describing: Self.self) }

  /// Nothing to make.
  public func initializeParameters(for inputs: [Shape]) throws {}

  /// Names the parameters by their paths, and gives those without a value their first one, drawn for the seed and the path. A
  /// `Model` does so by itself.
  ///
  /// - Returns: the shape of the result for one sample of each input.
  /// - Throws: `ShapeError` when the inputs do not fit.
  @discardableResult
  public func build(for inputs: [Shape], seed: UInt64 = 0) throws -> Shape {
    for (path, object) in ParameterVisitor.objects(in: self) { object.settle(path: path, seed: seed) }
    let output = try outputShape(for: inputs)
    try initializeParameters(for: inputs)
    return output
  }
}
