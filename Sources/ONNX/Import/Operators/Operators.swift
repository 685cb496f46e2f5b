import MartletTensor

/// What the operators of imported models do, by name. Each function checks its operands before it touches tensors and throws `ShapeError`
/// where they do not fit; the graph adds the name of the node.
enum Operators {
  typealias Function = @Sendable (Invocation) throws -> [Operand]

  /// All there are.
  static let all: [String: Function] = [
    arithmetic, activations, comparisons, contractions, convolutions, normalizations, reductions, shapes, indexing,
    resizing, recurrences, control, scattering, selecting, sampling, quantization,
  ].reduce(into: [:]) { all, some in all.merge(some) { $1 } }

  /// An operator with one tensor as its result.
  static func one(_ body: @escaping @Sendable (Invocation) throws -> Tensor) -> Function {
    { [.tensor(try body($0))] }
  }

  /// An operator on floating-point numbers, element by element.
  static func unary(_ body: @escaping @Sendable (Tensor, Invocation) throws -> Tensor) -> Function {
    one { node in
      let x = try node.floats(0)
      _ = try node.allowed(Array(x.shape))
      return try body(x, node)
    }
  }
}
