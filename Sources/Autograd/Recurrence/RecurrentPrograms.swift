import MartletBackend

/// The element-wise part of one step of a cell, forward and backward. A block is `units` columns of the gates' memory.
package struct RecurrentPrograms: Hashable, Sendable {
  let cell: RecurrentCell
  let activation: FusedActivation
  let recurrentActivation: FusedActivation
  let isMasked: Bool
  let returnsSequences: Bool

  package init(
    cell: RecurrentCell, activation: FusedActivation, recurrentActivation: FusedActivation, isMasked: Bool,
    returnsSequences: Bool
  ) {
    self.cell = cell
    self.activation = activation
    self.recurrentActivation = recurrentActivation
    self.isMasked = isMasked
    self.returnsSequences = returnsSequences
  }

  /// How many blocks there are: one per gate, and for GRU one more, since the candidate's two products meet only after the reset.
  var blockCount: Int { cell == .simple ? 1 : 4 }
  /// Which blocks going backwards reads, in place of the sums they were: activated gates, and for GRU the last block's sum.
  var keptBlocks: Range<Int> { 0..<(cell == .simple ? 0 : 4) }
  /// Which blocks the forward program writes.
  var activatedBlocks: Range<Int> { 0..<(cell == .simple ? 0 : cell == .gru ? 3 : 4) }
  var readsOldH: Bool { cell == .gru || isMasked }
  /// Whether part of the gradient of h reaches the step before directly, not through the recurrent kernel.
  var passesGradientOn: Bool { cell == .gru || isMasked }

  /// Blocks, c if there is one, h and the mask if they are read → activated blocks, c, h, and h once more for sequences.
  package var forward: ElementwiseProgram { Self.forwardPrograms[self] }
  /// Kept blocks, then for LSTM c before and after, for GRU h before, else h after; the gradient of h so far, that of c; the
  /// upstream of sequences; the mask → gradients of the blocks' sums, that of c, and what passes on of that of h.
  package var backward: ElementwiseProgram { Self.backwardPrograms[self] }

  private static let forwardPrograms = ProgramCache<RecurrentPrograms> { $0.makeForward() }
  private static let backwardPrograms = ProgramCache<RecurrentPrograms> { $0.makeBackward() }

  private static func lanes(_ floats: Int, masked: Bool) -> [LaneType] {
    [LaneType](repeating: .float32, count: floats) + (masked ? [.bool] : [])
  }

  private func makeForward() -> ElementwiseProgram {
    let count = blockCount + (cell == .lstm ? 1 : 0) + (readsOldH ? 1 : 0)
    return ElementwiseProgram(inputs: Self.lanes(count, masked: isMasked)) { x, _ in
      var inputs = x[blockCount...]
      let oldC = cell == .lstm ? inputs.removeFirst() : nil
      let oldH = readsOldH ? inputs.removeFirst() : nil
      let mask = inputs.first
      func kept(_ new: Lane, _ old: Lane?) -> Lane {
        guard let mask, let old else { return new }
        return .select(mask, new, old)
      }
      let outputs: [Lane]
      let h: Lane
      switch cell {
      case .simple:
        h = kept(activation.lanes(x[0]), oldH)
        outputs = []
      case .lstm:
        let gates = [0, 1, 2, 3].map { $0 == 2 ? activation.lanes(x[$0]) : recurrentActivation.lanes(x[$0]) }
        let c = gates[1] * (oldC ?? 0) + gates[0] * gates[2]
        h = kept(gates[3] * activation.lanes(c), oldH)
        outputs = gates + [kept(c, oldC)]
      case .gru, .gruResettingBefore:
        let (z, r) = (recurrentActivation.lanes(x[0]), recurrentActivation.lanes(x[1]))
        let g = activation.lanes(x[2] + r * x[3])
        h = kept(z * (oldH ?? 0) + (1 - z) * g, oldH)
        outputs = [z, r, g]
      }
      return outputs + [h] + (returnsSequences ? [h] : [])
    }
  }

  private func makeBackward() -> ElementwiseProgram {
    let states = cell == .lstm ? 2 : 1
    let count = keptBlocks.count + states + cell.stateCount + (returnsSequences ? 1 : 0)
    return ElementwiseProgram(inputs: Self.lanes(count, masked: isMasked)) { x, _ in
      var inputs = x[keptBlocks.count...]
      let state = (0..<states).map { _ in inputs.removeFirst() }
      var dh = inputs.removeFirst()
      let dc = cell == .lstm ? inputs.removeFirst() : nil
      if returnsSequences { dh = dh + inputs.removeFirst() }
      let mask = inputs.first
      /// What goes into the step, and what goes past it.
      func parted(_ gradient: Lane) -> (into: Lane, past: Lane?) {
        guard let mask else { return (gradient, nil) }
        return (.select(mask, gradient, 0), .select(mask, 0, gradient))
      }
      func joined(_ a: Lane, _ b: Lane?) -> Lane { b.map { a + $0 } ?? a }
      let h = parted(dh)
      switch cell {
      case .simple:
        return [activation.gradientLanes(h.into, state[0])] + (h.past.map { [$0] } ?? [])
      case .lstm:
        let (i, f, g, o) = (x[0], x[1], x[2], x[3])
        let c = parted(dc ?? 0)
        let activated = activation.lanes(state[1])
        let inner = c.into + activation.gradientLanes(h.into * o, activated)
        return [
          recurrentActivation.gradientLanes(inner * g, i), recurrentActivation.gradientLanes(inner * state[0], f),
          activation.gradientLanes(inner * i, g), recurrentActivation.gradientLanes(h.into * activated, o),
          joined(inner * f, c.past),
        ] + (h.past.map { [$0] } ?? [])
      case .gru, .gruResettingBefore:
        let (z, r, g) = (x[0], x[1], x[2])
        let candidate = activation.gradientLanes(h.into * (1 - z), g)
        return [
          recurrentActivation.gradientLanes(h.into * (state[0] - g), z),
          recurrentActivation.gradientLanes(candidate * x[3], r), candidate, candidate * r, joined(h.into * z, h.past),
        ]
      }
    }
  }
}

extension FusedActivation {
  fileprivate func lanes(_ x: Lane) -> Lane { operation?.lanes(x, []) ?? x }
  fileprivate func gradientLanes(_ upstream: Lane, _ output: Lane) -> Lane {
    operation?.gradientLanes(upstream, output) ?? upstream
  }
}
