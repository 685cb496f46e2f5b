import MartletBackend
import MartletTensor

/// A recurrent cell along a sequence as one operation: a product and a program per step forward, the same backward, and one product
/// for the gradients of all weights over all steps.
///
/// The input of each step, a one and the state stand in one row, and so do the kernel, the bias and the recurrent kernel: one product
/// per step gives the gates' sums with everything in them, and one product at the end gives all three gradients.
struct FusedRecurrence: Sendable {
  private let programs: RecurrentPrograms
  private let operands: RecurrentOperands
  private var cell: RecurrentCell { programs.cell }

  /// `nil` where the cell has no such form, or an activation's derivative does not follow from its output.
  init?(
    _ cell: RecurrentCell, _ activation: FusedActivation?, _ recurrentActivation: FusedActivation?,
    _ operands: RecurrentOperands
  ) {
    guard cell != .gruResettingBefore, let activation, let recurrentActivation, operands.batch > 0 else { return nil }
    self.operands = operands
    programs = RecurrentPrograms(
      cell: cell, activation: activation,
      // Not to make two programs of one.
      recurrentActivation: cell == .simple ? .none : recurrentActivation, isMasked: operands.mask != nil,
      returnsSequences: operands.returnsSequences)
  }

  /// The h of each step (or of the last), and behind them for LSTM the last c: `[…, batch, units]`.
  ///
  /// - Parameter composed: The same from recorded operations, for derivatives of derivatives.
  func run(composed: @escaping @Sendable () -> Tensor) -> Tensor {
    let keepsSteps = Recording.isEnabled && operands.all.contains { $0.node != nil }
    let memory = RecurrentMemory(programs, operands, keepsSteps: keepsSteps)
    memory.fillRows(from: operands)
    let weights = stackedWeights()
    let result = Tensor(undefined: [resultCount, operands.batch, operands.units], .float32, on: device)
    device.backend.recurrence(
      products(memory, weights), programs.forward, inputs: forwardInputs(memory), parameters: [],
      outputs: forwardOutputs(memory, result))
    if !operands.returnsSequences { result.copy(memory.h(at: operands.steps), to: 0) }
    if let c = memory.c(at: operands.steps) { result.copy(c, to: resultCount - 1) }
    return keepsSteps ? recorded(result, memory, composed) : result
  }

  private var device: Device { operands.sequence.device }
  private var outputCount: Int { operands.returnsSequences ? operands.steps : 1 }
  private var resultCount: Int { outputCount + cell.stateCount - 1 }
}

// Forward.
extension FusedRecurrence {
  /// `[features + 1 + units, blocks · units]`: the kernel over the bias over the recurrent kernel. For GRU the third block belongs to
  /// the input and the fourth to the state; where they do not meet nothing is written, and nobody reads.
  private func stackedWeights() -> Tensor {
    let (features, units) = (operands.features, operands.units)
    let biasRows = operands.bias == nil ? 0 : 1
    let stack = Tensor(undefined: [features + biasRows + units, programs.blockCount * units], .float32, on: device)
    func fill(_ rows: Range<Int>, _ columns: Range<Int>, _ source: Tensor) {
      stack.fill(
        stack.layout.part(rows, columns), with: CommonPrograms.copy(.float32), [source.detached], for: "recurrent")
    }
    let (top, bottom) = (0..<features, (features + biasRows)..<(features + biasRows + units))
    let biasRow = features..<(features + biasRows)
    let (first, candidate) = (0..<(2 * units), (2 * units)..<(3 * units))
    let other = (3 * units)..<(4 * units)
    guard cell == .gru else {
      let all = 0..<(programs.blockCount * units)
      fill(top, all, operands.kernel)
      if let bias = operands.bias { fill(biasRow, all, bias) }
      fill(bottom, all, operands.recurrentKernel)
      return stack
    }
    fill(top, 0..<(3 * units), operands.kernel)
    fill(bottom, first, operands.recurrentKernel.columns(first))
    fill(bottom, other, operands.recurrentKernel.columns(candidate))
    if let bias = operands.bias?.detached {
      fill(biasRow, first, (bias[0] + bias[1])[first])
      fill(biasRow, candidate, bias[0][candidate])
      fill(biasRow, other, bias[1][candidate])
    }
    return stack
  }

  private func products(_ memory: RecurrentMemory, _ weights: Tensor) -> [RecurrentProduct] {
    let (rows, units) = (memory.rowLength, operands.units)
    func product(_ terms: Range<Int>, _ blocks: Range<Int>) -> RecurrentProduct {
      let a = memory.rowLayout(0..<operands.steps, terms).insertingAxis(at: 1)
        .repeating(axis: 1, count: blocks.count)
      let b = weights.layout.part(terms, (blocks.lowerBound * units)..<(blocks.upperBound * units))
      return RecurrentProduct(
        memory.rows.viewing(a),
        weights.viewing(
          Layout(
            shape: [blocks.count, terms.count, units], strides: [units, b.strides[0], b.strides[1]], offset: b.offset)),
        into: memory.blocks(blocks))
    }
    guard cell == .gru else { return [product(0..<rows, 0..<programs.blockCount)] }
    // The bias of the candidate's recurrent part stands between those of the input and the state, and the one belongs to both.
    return [product(0..<rows, 0..<2), product(0..<(rows - units), 2..<3), product(operands.features..<rows, 3..<4)]
  }

  private func forwardInputs(_ memory: RecurrentMemory) -> [View] {
    var inputs = (0..<programs.blockCount).map { memory.block($0) }
    if let c = memory.oldC { inputs.append(c) }
    if programs.readsOldH { inputs.append(memory.oldH) }
    return inputs + maskViews
  }

  private func forwardOutputs(_ memory: RecurrentMemory, _ result: Tensor) -> [View] {
    var outputs = programs.activatedBlocks.map { memory.block($0) }
    if let c = memory.newC { outputs.append(c) }
    outputs.append(memory.newH)
    if operands.returnsSequences { outputs.append(result.view.steps(0, operands.steps)) }
    return outputs
  }

  private var maskViews: [View] {
    guard let mask = operands.mask else { return [] }
    return [
      mask.viewed(as: mask.layout.insertingAxis(at: 2))
        .broadcastView(to: [operands.steps, operands.batch, operands.units], for: "recurrent")
    ]
  }
}

// Backward, in three nodes: from the results to the gates, from the gates to the stacked weights, the input and the initial state, and
// from the stack to the weights. So what several operands need is computed once.
extension FusedRecurrence {
  private func recorded(
    _ result: Tensor, _ memory: RecurrentMemory, _ composed: @escaping @Sendable () -> Tensor
  ) -> Tensor {
    let gates = TapeNode(operation: "recurrent gates", record: TapeNode.Record(edges: gateEdges(memory)))
    let edge = TapeNode.Edge(source: gates) { upstream, _ in gateGradients(upstream, memory).values }
    var recorded = result
    recorded.node = TapeNode(
      operation: "recurrent", record: TapeNode.Record(edges: [edge], recomputation: composed))
    return recorded
  }

  private func gateEdges(_ memory: RecurrentMemory) -> [TapeNode.Edge] {
    var edges: [TapeNode.Edge] = []
    let shape = GateGradients.Shape(operands, programs)
    if let node = weightNode() {
      edges.append(
        TapeNode.Edge(source: node) { [rows = memory.rows] values, _ in
          GateGradients(values: values, shape: shape).weightGradient(rows)
        })
    }
    if let node = operands.sequence.node {
      edges.append(
        TapeNode.Edge(source: node) { [kernel = operands.kernel.detached] values, _ in
          GateGradients(values: values, shape: shape).inputGradient(kernel)
        })
    }
    for (index, state) in operands.initialState.enumerated() {
      guard let node = state.node else { continue }
      edges.append(
        TapeNode.Edge(source: node) { values, _ in
          values.viewed(as: GateGradients(values: values, shape: shape).stateLayout(index))
        })
    }
    return edges
  }

  /// The gradients of the gates' sums at every step, and of the initial state.
  private func gateGradients(_ upstream: Tensor, _ memory: RecurrentMemory) -> GateGradients {
    let gradients = GateGradients(operands, programs)
    let (values, steps) = (gradients.values, operands.steps)
    let upstream = upstream.detached
    if operands.returnsSequences {
      values.fill(
        gradients.stateLayout(0), with: CommonPrograms.fill(.float32), [], parameters: [.float32(0)], for: "recurrent")
    } else {
      values.copy(upstream[0], to: gradients.stateLayout(0))
    }
    if cell == .lstm { values.copy(upstream[resultCount - 1], to: gradients.stateLayout(1)) }

    let inputs = backwardInputs(upstream, memory, gradients)
    let outputs = backwardOutputs(gradients)
    device.backend.map(
      programs.backward, inputs: inputs.map { $0.step(steps - 1) }, parameters: [],
      outputs: outputs.map { $0.step(steps - 1) })
    let kernel = operands.recurrentKernel.detached
    if steps > 1 {
      device.backend.recurrence(
        gradients.stateProducts(kernel, from: steps - 1, count: steps - 1), programs.backward,
        inputs: inputs.map { $0.backwards(from: steps - 2) }, parameters: [],
        outputs: outputs.map { $0.backwards(from: steps - 2) })
    }
    if operands.initialState.first?.node != nil {
      for product in gradients.stateProducts(kernel, from: 0, count: 1) {
        device.backend.matmul(
          product.a.step(0), product.b, accumulate: product.accumulate, epilogue: nil, into: product.c.step(0))
      }
    }
    return gradients
  }

  private func backwardInputs(_ upstream: Tensor, _ memory: RecurrentMemory, _ gradients: GateGradients) -> [View] {
    var inputs = programs.keptBlocks.map { memory.block($0) }
    switch cell {
    case .lstm: inputs += [memory.oldC, memory.newC].compactMap { $0 }
    case .gru, .gruResettingBefore: inputs.append(memory.oldH)
    case .simple: inputs.append(memory.newH)
    }
    inputs += (0..<cell.stateCount).map { gradients.stateView($0) }
    if operands.returnsSequences { inputs.append(upstream.view.steps(0, operands.steps)) }
    return inputs + maskViews
  }

  private func backwardOutputs(_ gradients: GateGradients) -> [View] {
    var outputs = (0..<programs.blockCount).map { gradients.block($0) }
    if cell == .lstm { outputs.append(gradients.stateView(1)) }
    if programs.passesGradientOn { outputs.append(gradients.stateView(0)) }
    return outputs
  }

  /// Takes the gradient of the stack apart; `nil` where no weight wants one.
  private func weightNode() -> TapeNode? {
    var edges: [TapeNode.Edge] = []
    let (features, units, isGRU) = (operands.features, operands.units, cell == .gru)
    let biasRows = operands.bias == nil ? 0 : 1
    @Sendable func ofState(_ rows: Tensor) -> Tensor {
      if !isGRU { return rows }
      let parts = [0..<(2 * units), (3 * units)..<(4 * units)].map { rows.columns($0) }
      return Tensor.concatenated(parts, alongAxis: 1)
    }
    if let node = operands.kernel.node {
      let columns = operands.kernel.shape[1]
      edges.append(TapeNode.Edge(source: node) { stack, _ in stack[0..<features].columns(0..<columns) })
    }
    if let node = operands.recurrentKernel.node {
      edges.append(
        TapeNode.Edge(source: node) { stack, _ in
          ofState(stack[(features + biasRows)..<(features + biasRows + units)])
        })
    }
    if let bias = operands.bias, let node = bias.node {
      let columns = bias.shape[bias.rank - 1]
      edges.append(
        TapeNode.Edge(source: node) { stack, _ in
          let row = stack[features..<(features + 1)]
          return isGRU
            ? Tensor.concatenated([row.columns(0..<columns), ofState(row)], alongAxis: 0) : row.squeezed(at: 0)
        })
    }
    if edges.isEmpty { return nil }
    return TapeNode(operation: "recurrent weights", record: TapeNode.Record(edges: edges))
  }
}

extension Tensor {
  /// Columns of a matrix, as a constant view.
  fileprivate func columns(_ range: Range<Int>) -> Tensor {
    viewed(as: layout.sliced(axis: rank - 1, from: range.lowerBound, count: range.count))
  }

  /// Writes a tensor into a part of this one, which nobody else may see yet.
  fileprivate func copy(_ source: Tensor, to part: Layout) {
    fill(part, with: CommonPrograms.copy(.float32), [source], for: "recurrent")
  }

  /// Writes a tensor to an index along the first axis.
  fileprivate func copy(_ source: Tensor, to index: Int) {
    copy(source, to: layout.sliced(axis: 0, from: index, count: 1).removingAxis(at: 0))
  }
}

extension View {
  /// The steps from an index down to the first.
  fileprivate func backwards(from index: Int) -> View {
    var reversed = self
    reversed.layout = layout.sliced(axis: 0, from: index, count: index + 1, step: -1)
    return reversed
  }
}
