import MartletBackend
import MartletTensor

// Gradients of functions, without leaves to make or look up.

/// The gradient of a scalar function at a point: `∂f/∂x`, of the shape of x; zeros where x has no influence.
///
///     let slope = gradient(at: x) { $0.squared().sum() }   // 2x
///
/// Other tensors that f uses are constants. Calls nest for higher derivatives if the inner ones are differentiable.
///
/// - Parameter differentiable: Note the computation of the gradient on the tape too.
/// - Precondition: f gives a single element.
public func gradient(
  at x: Tensor, differentiable: Bool = false, of f: (Tensor) throws -> Tensor
) rethrows -> Tensor {
  try valueWithGradient(at: x, differentiable: differentiable, of: f).gradient
}

/// The value of a scalar function at a point, and the gradient there. See `gradient(at:differentiable:of:)`.
///
/// - Precondition: f gives a single element.
public func valueWithGradient(
  at x: Tensor, differentiable: Bool = false, of f: (Tensor) throws -> Tensor
) rethrows -> (value: Tensor, gradient: Tensor) {
  let (value, gradients) = try valueWithGradients(at: [x], differentiable: differentiable) { try f($0[0]) }
  return (value, gradients[0])
}

/// The value of a scalar function of several tensors, and the gradient for each of them.
/// See `gradient(at:differentiable:of:)`.
///
/// - Precondition: f gives a single element.
public func valueWithGradients(
  at inputs: [Tensor], differentiable: Bool = false, of f: ([Tensor]) throws -> Tensor
) rethrows -> (value: Tensor, gradients: [Tensor]) {
  // Each input becomes a node of its own: if f refers to the same tensor from outside, that use is a constant, and outer
  // derivatives still pass through.
  let nodes = inputs.map { _ in TapeNode() }
  let variables = zip(inputs, nodes).map { input, node -> Tensor in
    input.requireFloat("gradient(at:)")
    var variable = input
    guard let source = input.node else {
      variable.node = node
      return variable
    }
    let identity = TapeNode.Edge(source: source) { upstream, _ in upstream }
    return variable.onTape("variable", [identity], keepingOutput: false)
  }
  let value = try Recording.$isEnabled.withValue(true) { try f(variables) }
  require(value.elementCount == 1, "gradient(at:): the function gives shape \(value.shape), not one element")
  let seed = Tensor(filling: value.shape, with: 1, on: value.device)
  let found = value.gradients(upstream: seed, at: variables.compactMap(\.node), differentiable: differentiable)
  let gradients = variables.map { found[$0] ?? Tensor.zeros($0.shape, on: $0.device) }
  return (differentiable ? value : value.detached, gradients)
}

/// Computes `body(x)` without keeping anything but x for going backwards, where it is computed once more: less memory for more
/// time. Gradients are the same bits as without.
///
///     let y = checkpoint(x) { expensiveBlock($0) }
///
/// - Parameter body: Has to give the same result each time: random numbers by key do. Gradients reach whatever it uses, captured
///   parameters included. What it changes besides (moving averages) is changed twice.
public func checkpoint(_ x: Tensor, _ body: @escaping @Sendable (Tensor) -> Tensor) -> Tensor {
  guard Recording.isEnabled else { return body(x) }
  let device = Device.current
  var result = withoutGradient { body(x) }.detached
  guard result.dtype == .float32 else { return result }
  result.node = TapeNode(
    operation: "checkpoint",
    record: TapeNode.Record(edges: [], recomputation: { withDevice(device) { body(x) } }))
  return result
}
