import MartletBackend

/// An array of numbers with any number of axes up to eight, on a device.
///
/// A value: operations return new tensors and never change their operands. Copies and views (`reshaped`, `transposed`, slices,
/// broadcasts) share storage. Images are `[batch, height, width, channels]`.
///
/// A tensor that was computed from a leaf (`Parameter`, `requiringGradient()`) carries a node of the tape; see `gradients()`.
public struct Tensor: Sendable {
  package var storage: Storage
  package var layout: Layout
  /// The type of the elements.
  public let dtype: DType
  package var node: TapeNode?

  package init(storage: Storage, layout: Layout, dtype: DType, node: TapeNode? = nil) {
    self.storage = storage
    self.layout = layout
    self.dtype = dtype
    self.node = node
  }

  /// A tensor with undefined elements, for a backend function to fill.
  package init(undefined shape: Shape, _ dtype: DType, on device: Device) {
    storage = device.backend.allocate(byteCount: shape.elementCount * dtype.byteCount)
    layout = Layout(contiguous: shape)
    self.dtype = dtype
    node = nil
  }

  /// The extent of each axis, outermost first.
  public var shape: Shape { layout.shape }
  /// The number of axes.
  public var rank: Int { layout.rank }
  /// The number of elements.
  public var elementCount: Int { layout.elementCount }
  /// Where the elements are.
  public var device: Device { Device(backend: storage.backend) }

  package var view: View { View(storage: storage, layout: layout, dtype: dtype) }
  package var backend: any Backend { storage.backend }
}

// Gradients: which tensors take part.
extension Tensor {
  /// The same value as a new leaf: `gradients()` of what is computed from it has an entry for it.
  public func requiringGradient() -> Tensor {
    precondition(dtype == .float32, "requiringGradient: gradients exist for float32 only, this tensor is \(dtype)")
    var leaf = self
    leaf.node = TapeNode()
    return leaf
  }

  /// The same value cut off from the tape: a constant to whatever uses it.
  public var detached: Tensor {
    var constant = self
    constant.node = nil
    return constant
  }

  /// Whether gradients flow into this tensor.
  public var requiresGradient: Bool { node != nil }

  /// This result of an operation with its gradients noted on the tape: one formula per operand, run only where that operand
  /// wants a gradient.
  ///
  ///     Tensor.map(product, a, b).recorded("multiply", (a, { $0 * b }), (b, { $0 * a }))
  ///
  /// A formula may use the operands (it keeps them alive) but must not capture the result: take `output` in the other form.
  package func recorded(
    _ operation: StaticString, _ operands: (Tensor, @Sendable (_ upstream: Tensor) -> Tensor)...
  ) -> Tensor {
    guard operands.contains(where: { $0.0.node != nil }), Recording.isEnabled else { return self }
    var edges: [TapeNode.Edge] = []
    for (operand, gradient) in operands {
      if let source = operand.node { edges.append(TapeNode.Edge(source: source) { upstream, _ in gradient(upstream) }) }
    }
    var result = self
    result.node = TapeNode(operation: operation, record: TapeNode.Record(edges: edges, output: nil))
    return result
  }

  /// The same for formulas that read the result, which the tape then keeps.
  package func recorded(
    _ operation: StaticString,
    usingOutput operands: (Tensor, @Sendable (_ upstream: Tensor, _ output: Tensor) -> Tensor)...
  ) -> Tensor {
    guard operands.contains(where: { $0.0.node != nil }), Recording.isEnabled else { return self }
    var edges: [TapeNode.Edge] = []
    for (operand, gradient) in operands {
      guard let source = operand.node else { continue }
      edges.append(
        TapeNode.Edge(source: source) { upstream, output in
          guard let output else { preconditionFailure("\(operation): the tape lost the output") }
          return gradient(upstream, output)
        })
    }
    var result = self
    result.node = TapeNode(operation: operation, record: TapeNode.Record(edges: edges, output: self))
    return result
  }
}

/// Whether operations note their gradients on the tape.
package enum Recording {
  @TaskLocal package static var isEnabled = true
}

/// Runs code without noting gradients: evaluation, prediction, metrics. What it returns is constant.
public func withoutGradient<Result>(_ body: () throws -> Result) rethrows -> Result {
  try Recording.$isEnabled.withValue(false, operation: body)
}
