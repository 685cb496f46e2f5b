import MartletBackend
import MartletTensor

/// A function of two elements and its gradients.
package protocol BinaryFormula: SendableMetatype {
  static func value<V: Algebra>(_ a: V, _ b: V) -> V
  /// What a receives when the result y = `value(a, b)` receives `upstream`.
  static func leftGradient<V: Algebra>(_ upstream: V, a: V, b: V, y: V) -> V
  /// What b receives.
  static func rightGradient<V: Algebra>(_ upstream: V, a: V, b: V, y: V) -> V
}

/// A binary formula made into programs: with broadcasting one backend call forward, and one backward for each operand that
/// wants a gradient.
///
/// A class, so that noting an operation on the tape costs one reference to it.
package final class BinaryOperation: Sendable {
  private typealias Composed = @Sendable (_ upstream: Tensor, _ a: Tensor, _ b: Tensor, _ y: Tensor) -> Tensor

  package let name: StaticString
  private let forward: ElementwiseProgram
  private let integerForward: ElementwiseProgram?
  private let left, right: GradientProgram
  private let composedLeft, composedRight: Composed

  /// - Parameter acceptsIntegers: Whether the formula holds for int32 too (without gradient).
  package init<Formula: BinaryFormula>(
    _ name: StaticString, _ formula: Formula.Type, acceptsIntegers: Bool = true
  ) {
    self.name = name
    forward = ElementwiseProgram(inputs: [.float32, .float32]) { x, _ in [Formula.value(x[0], x[1])] }
    integerForward =
      acceptsIntegers ? ElementwiseProgram(inputs: [.int32, .int32]) { x, _ in [Formula.value(x[0], x[1])] } : nil
    left = GradientProgram(operandCount: 3) { upstream, x, _ in
      Formula.leftGradient(upstream, a: x[0], b: x[1], y: x[2])
    }
    right = GradientProgram(operandCount: 3) { upstream, x, _ in
      Formula.rightGradient(upstream, a: x[0], b: x[1], y: x[2])
    }
    composedLeft = { Formula.leftGradient($0, a: $1, b: $2, y: $3) }
    composedRight = { Formula.rightGradient($0, a: $1, b: $2, y: $3) }
  }

  package func callAsFunction(_ a: Tensor, _ b: Tensor) -> Tensor {
    if a.dtype == .int32, b.dtype == .int32, let integerForward { return Tensor.map(integerForward, a, b, for: name) }
    require(
      a.dtype == .float32 && b.dtype == .float32,
      "\(name): not for \(a.dtype) with \(b.dtype); convert with cast(to:)")
    let y = Tensor.map(forward, a, b, for: name)
    if a.node == nil && b.node == nil { return y }
    guard Recording.isEnabled else { return y }
    let edges = [edge(to: a, left, composedLeft, a, b), edge(to: b, right, composedRight, a, b)].compactMap { $0 }
    let readsOutput = (a.node != nil && left.reads[2]) || (b.node != nil && right.reads[2])
    return y.onTape(name, edges, keepingOutput: readsOutput)
  }

  private func edge(
    to operand: Tensor, _ gradient: GradientProgram, _ composed: @escaping Composed, _ a: Tensor, _ b: Tensor
  ) -> TapeNode.Edge? {
    guard let source = operand.node else { return nil }
    let keptA = gradient.reads[0] ? a : nil
    let keptB = gradient.reads[1] ? b : nil
    return TapeNode.Edge(source: source) { [name, shape = operand.shape] upstream, output in
      if Recording.isEnabled {
        return composed(upstream, keptA ?? upstream, keptB ?? upstream, output ?? upstream).summed(to: shape)
      }
      return gradient(upstream, [keptA, keptB, output], summedTo: shape, for: name)
    }
  }
}
