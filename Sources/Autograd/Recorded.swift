import MartletBackend
import MartletTensor

// How an operation notes its gradients on the tape.
extension Tensor {
  /// This result of an operation with its gradients noted on the tape: one formula per operand, run only where that operand
  /// wants a gradient.
  ///
  ///     result.recorded("reshape", (x, { [shape = x.shape] in $0.reshaped(to: shape) }))
  ///
  /// A formula keeps alive what it captures, so it captures only what it needs; it must not capture the result: take `output`
  /// in the other form.
  package func recorded(
    _ operation: StaticString, _ operands: (Tensor, @Sendable (_ upstream: Tensor) -> Tensor)...
  ) -> Tensor {
    guard operands.contains(where: { $0.0.node != nil }), Recording.isEnabled else { return detached }
    var edges: [TapeNode.Edge] = []
    for (operand, gradient) in operands {
      if let source = operand.node { edges.append(TapeNode.Edge(source: source, ofUpstream: gradient)) }
    }
    return onTape(operation, edges, keepingOutput: false)
  }

  /// The same for two operands, without a list of them.
  package func recorded(
    _ operation: StaticString, _ first: (Tensor, @Sendable (_ upstream: Tensor) -> Tensor),
    _ second: (Tensor, @Sendable (_ upstream: Tensor) -> Tensor)
  ) -> Tensor {
    guard first.0.node != nil || second.0.node != nil, Recording.isEnabled else { return detached }
    var edges: [TapeNode.Edge] = []
    edges.reserveCapacity(2)
    if let source = first.0.node { edges.append(TapeNode.Edge(source: source, ofUpstream: first.1)) }
    if let source = second.0.node { edges.append(TapeNode.Edge(source: source, ofUpstream: second.1)) }
    return onTape(operation, edges, keepingOutput: false)
  }

  /// The same for one operand, which most operations have: without a list of them.
  package func recorded(
    _ operation: StaticString, _ operand: (Tensor, @Sendable (_ upstream: Tensor) -> Tensor)
  ) -> Tensor {
    guard let source = operand.0.node, Recording.isEnabled else { return detached }
    return onTape(operation, [TapeNode.Edge(source: source, ofUpstream: operand.1)], keepingOutput: false)
  }

  /// The same for formulas that read the result, which the tape then keeps.
  package func recorded(
    _ operation: StaticString,
    usingOutput operands: (Tensor, @Sendable (_ upstream: Tensor, _ output: Tensor) -> Tensor)...
  ) -> Tensor {
    guard operands.contains(where: { $0.0.node != nil }), Recording.isEnabled else { return detached }
    var edges: [TapeNode.Edge] = []
    for (operand, gradient) in operands {
      guard let source = operand.node else { continue }
      edges.append(
        TapeNode.Edge(source: source) { upstream, output in
          guard let output else { preconditionFailure("\(operation): the tape lost the output") }
          return gradient(upstream, output)
        })
    }
    return onTape(operation, edges, keepingOutput: true)
  }

  /// This result with a node of its own.
  func onTape(_ operation: StaticString, _ edges: [TapeNode.Edge], keepingOutput: Bool) -> Tensor {
    var result = self
    let output = keepingOutput ? detached : nil
    result.node = TapeNode(operation: operation, record: TapeNode.Record(edges: edges, output: output))
    return result
  }
}
