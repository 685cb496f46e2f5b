import MartletBackend
import MartletTensor

// Matrix products, and the dense layer's product with bias and activation in one backend call.

extension Tensor {
  /// The matrix product by NumPy's rules: the last two axes are the matrices, those before are broadcast; a vector is a row on the
  /// left and a column on the right.   ∂L/∂a = upstream · bᵀ, ∂L/∂b = aᵀ · upstream.
  ///
  /// - Parameters:
  ///   - transposingLeft, transposingRight: Exchange the operand's last two axes first; costs nothing.
  /// - Precondition: float32, and the inner axes agree.
  public func matmul(_ other: Tensor, transposingLeft: Bool = false, transposingRight: Bool = false) -> Tensor {
    requireFloat("matmul")
    other.requireFloat("matmul")
    other.requireDevice(of: self, for: "matmul")
    if layout.rank == 2 && other.layout.rank == 2 {
      return matrixProduct(other, transposingLeft: transposingLeft, transposingRight: transposingRight)
    }
    let target = trapping {
      try Shape.matmulShape(
        shape, other.shape, transposingLeft: transposingLeft, transposingRight: transposingRight)
    }
    var a = transposingLeft ? transposed() : self
    var b = transposingRight ? other.transposed() : other
    if a.rank == 1 { a = a.expanded(at: 0) }
    if b.rank == 1 { b = b.expanded(at: 1) }
    // One matrix for the whole batch: the batch is more rows of a single product.
    if b.rank == 2 && a.rank > 2, a.layout.reshaped(to: a.shape.joinedRows) != nil {
      return a.reshaped(to: a.shape.joinedRows).product(b).reshaped(to: target)
    }
    return a.product(b).reshaped(to: target)
  }

  /// The product of two matrices, which most products are: no batch to broadcast, no axis to add.
  private func matrixProduct(_ other: Tensor, transposingLeft: Bool, transposingRight: Bool) -> Tensor {
    let a = layout.batchOfOne(transposing: transposingLeft)
    let b = other.layout.batchOfOne(transposing: transposingRight)
    if a.shape[2] != b.shape[1] {
      // Says what is wrong.
      _ = trapping {
        try Shape.matmulShape(
          shape, other.shape, transposingLeft: transposingLeft, transposingRight: transposingRight)
      }
    }
    let (rows, columns) = (a.shape[1], b.shape[2])
    let result = Tensor(undefined: [rows, columns], .float32, on: storage.backend)
    if rows * columns > 0 {
      storage.backend.matmul(
        View(storage: storage, layout: a, dtype: .float32), View(storage: other.storage, layout: b, dtype: .float32),
        accumulate: false, epilogue: nil,
        into: View(storage: result.storage, layout: Layout(contiguous: [1, rows, columns]), dtype: .float32))
    }
    if (node == nil && other.node == nil) || !Recording.isEnabled { return result }
    let (left, right) = (transposingLeft ? transposed() : self, transposingRight ? other.transposed() : other)
    return result.recorded("matmul", left.productGradients(right))
  }

  /// The product of two tensors of matrices.
  private func product(_ b: Tensor) -> Tensor {
    let batch = trapping { try Shape(shape.dropLast(2)).broadcast(with: Shape(b.shape.dropLast(2)), for: "matmul") }
    let (m, k, n) = (shape[rank - 2], shape[rank - 1], b.shape[b.rank - 1])
    var target = batch
    target.append(m)
    target.append(n)
    let result = Tensor(undefined: target, .float32, on: device)
    if target.elementCount > 0 {
      let count = batch.elementCount
      backend.matmul(
        batched(batch, m, k), b.batched(batch, k, n), accumulate: false, epilogue: nil,
        into: View(storage: result.storage, layout: Layout(contiguous: [count, m, n]), dtype: .float32))
    }
    return result.recorded("matmul", productGradients(b))
  }

  /// As `[batch, rows, columns]` for the backend: by strides where they allow it, else copied.
  private func batched(_ batch: Shape, _ rows: Int, _ columns: Int) -> View {
    let target: Shape = [batch.elementCount, rows, columns]
    var full = batch
    full.append(rows)
    full.append(columns)
    func view(of source: Tensor) -> View? {
      let view = source.broadcastView(to: full, for: "matmul")
      return view.layout.reshaped(to: target).map { View(storage: view.storage, layout: $0, dtype: dtype) }
    }
    if let view = view(of: self) ?? view(of: contiguous()) { return view }
    return detached.broadcast(to: full).contiguous().viewed(as: Layout(contiguous: target)).view
  }

  private typealias OperandGradients = (
    (Tensor, @Sendable (Tensor) -> Tensor), (Tensor, @Sendable (Tensor) -> Tensor)
  )

  private func recorded(_ operation: StaticString, _ operands: OperandGradients) -> Tensor {
    recorded(operation, operands.0, operands.1)
  }

  private func productGradients(_ b: Tensor) -> OperandGradients {
    (
      (self, { [shape] in $0.matmul(b, transposingRight: true).summed(to: shape) }),
      (b, { [a = self, shape = b.shape] in a.weightGradient($0, toGive: shape) })
    )
  }

  /// `selfᵀ · upstream`, summed over the batch where the other factor had none: as one product with the batch among the rows.
  private func weightGradient(_ upstream: Tensor, toGive shape: Shape) -> Tensor {
    if shape.rank == 2 && rank > 2, let rows = layout.reshaped(to: self.shape.joinedRows), !Recording.isEnabled {
      return viewed(as: rows).matmul(upstream.reshaped(to: upstream.shape.joinedRows), transposingLeft: true)
    }
    return matmul(upstream, transposingLeft: true).summed(to: shape)
  }

  /// `activation(x · kernel + bias)` in one backend call.
  ///
  /// - Parameters:
  ///   - kernel: `[features, units]`
  ///   - bias: `[units]`
  /// - Shape: `[…, features]` in, `[…, units]` out.
  public func dense(_ kernel: Tensor, bias: Tensor? = nil, activation: FusedActivation = .none) -> Tensor {
    requireFloat("dense")
    kernel.requireFloat("dense")
    kernel.requireDevice(of: self, for: "dense")
    let target = trapping { try Shape.denseShape(input: layout.shape, kernel: kernel.layout.shape) }
    let (features, units) = (kernel.layout.shape[0], kernel.layout.shape[1])
    let x = layout.rank == 2 ? self : reshaped(to: [target.dropLast().reduce(1, *), features])
    let rows = x.layout.shape[0]
    var result = Tensor(undefined: [rows, units], .float32, on: storage.backend)
    if rows * units > 0 {
      storage.backend.matmul(
        View(storage: x.storage, layout: x.layout.batchOfOne(transposing: false), dtype: .float32),
        View(storage: kernel.storage, layout: kernel.layout.batchOfOne(transposing: false), dtype: .float32),
        accumulate: false,
        epilogue: activation.epilogue(bias: bias, outputShape: [1, rows, units], on: device, for: "dense"),
        into: View(storage: result.storage, layout: Layout(contiguous: [1, rows, units]), dtype: .float32))
    }
    if node != nil || kernel.node != nil || bias?.node != nil, Recording.isEnabled {
      result = result.recorded("matmul", x.productGradients(kernel)).recordedFused(bias, activation)
    }
    return result.reshaped(to: target)
  }
}

extension Layout {
  /// A matrix, or its transpose, as a batch of one matrix.
  fileprivate func batchOfOne(transposing: Bool) -> Layout {
    let (row, column) = transposing ? (1, 0) : (0, 1)
    return Layout(
      shape: [1, shape[row], shape[column]], strides: [0, strides[row], strides[column]], offset: offset)
  }
}

extension Shape {
  /// All axes but the last joined into one.
  fileprivate var joinedRows: Shape { [dropLast().reduce(1, *), self[rank - 1]] }
}
