import MartletBackend
import MartletTensor

/// What a recurrent layer computes at each step from its input x and its state, in Keras' order of gates.
///
/// With `a` the activation and `s` the recurrent activation, and blocks of columns of the kernel W, the recurrent kernel R and the
/// bias b for each gate:
///
///     simple:  h = a(x·W + h·R + b)
///     lstm:    i, f, g, o = s, s, a, s of the blocks of x·W + h·R + b;  c = f·c + i·g;  h = o·a(c)
///     gru:     z, r = s of the first two blocks;  g = a(x·W₂ + b₂ + r·(h·R₂ + b₂'));  h = z·h + (1 - z)·g
///     gruResettingBefore: the same with g = a(x·W₂ + b₂ + (r·h)·R₂) and one bias
package enum RecurrentCell: Hashable, Sendable {
  case simple, lstm, gru, gruResettingBefore

  /// How many blocks of `units` columns the kernels have.
  package var gateCount: Int {
    switch self {
    case .simple: 1
    case .lstm: 4
    case .gru, .gruResettingBefore: 3
    }
  }

  /// How many tensors make up the state: h, and for LSTM also c.
  package var stateCount: Int { self == .lstm ? 2 : 1 }

  /// The shape of the bias: GRU has one for the input and one for the state.
  package func biasShape(units: Int) -> Shape {
    self == .gru ? [2, gateCount * units] : [gateCount * units]
  }
}

/// An activation as recurrent cells use it.
package struct RecurrentActivation: Sendable {
  /// The form whose derivative follows from the output, where there is one.
  package let fused: FusedActivation?
  /// The recorded operation.
  package let function: @Sendable (Tensor) -> Tensor

  package init(_ fused: FusedActivation?, _ function: @escaping @Sendable (Tensor) -> Tensor) {
    self.fused = fused
    self.function = function
  }
}

/// Everything a recurrent operation reads.
struct RecurrentOperands: Sendable {
  /// `[steps, batch, features]`, in the order of processing.
  let sequence: Tensor
  /// `[features, gates · units]`
  let kernel: Tensor
  /// `[units, gates · units]`
  let recurrentKernel: Tensor
  let bias: Tensor?
  /// `[batch, units]` each: h, and for LSTM c; or empty for zeros.
  let initialState: [Tensor]
  /// `[steps, batch]`, bool: false where the state stays as it is.
  let mask: Tensor?
  let returnsSequences: Bool

  var all: [Tensor] { [sequence, kernel, recurrentKernel] + (bias.map { [$0] } ?? []) + initialState }
  var steps: Int { sequence.shape[0] }
  var batch: Int { sequence.shape[1] }
  var features: Int { sequence.shape[2] }
  var units: Int { recurrentKernel.shape[0] }
}

extension Tensor {
  /// Runs a recurrent cell along sequences, this tensor: `[batch, time, features]`.
  ///
  /// - Parameters:
  ///   - initialState: `[batch, units]` for each part of the state; empty for zeros.
  ///   - mask: `[batch, time]`, 0 or false where a step is missing: it keeps the state and repeats the output before (zeros before
  ///     the first that is there).
  ///   - goesBackwards: Reads the last step first; results are in the order of processing.
  ///   - returnsSequences: Whether the output has all steps, `[batch, time, units]`, or the last alone, `[batch, units]`.
  /// - Returns: The output and the final state.
  package func recurrent(
    _ cell: RecurrentCell, kernel: Tensor, recurrentKernel: Tensor, bias: Tensor?, initialState: [Tensor] = [],
    mask: Tensor? = nil, activation: RecurrentActivation, recurrentActivation: RecurrentActivation,
    goesBackwards: Bool = false, returnsSequences: Bool = false
  ) -> (output: Tensor, state: [Tensor]) {
    checkRecurrent(cell, kernel, recurrentKernel, bias, initialState, mask)
    var sequence = swappingAxes(0, 1)
    var presence = mask.map { ($0.dtype == .bool ? $0 : $0.cast(to: .bool)).swappingAxes(0, 1) }
    if goesBackwards {
      sequence = sequence.flipped(alongAxes: [0])
      presence = presence?.flipped(alongAxes: [0])
    }
    let operands = RecurrentOperands(
      sequence: sequence, kernel: kernel, recurrentKernel: recurrentKernel, bias: bias, initialState: initialState,
      mask: presence, returnsSequences: returnsSequences)
    let composed = ComposedRecurrence(
      cell: cell, operands: operands, activation: activation.function, recurrentActivation: recurrentActivation.function
    )
    let states: Tensor
    if let fused = FusedRecurrence(cell, activation.fused, recurrentActivation.fused, operands) {
      states = fused.run { composed.run() }
    } else {
      states = composed.run()
    }
    // Beside the outputs, h is the last of them and c is the last of all.
    let steps = returnsSequences ? operands.steps : 1
    let h = states[steps - 1]
    let outputs = states.sliced(axis: 0, from: 0, count: steps)
    return (
      operands.hidingBeforeFirst(returnsSequences ? outputs.swappingAxes(0, 1) : h),
      cell == .lstm ? [h, states[steps]] : [h]
    )
  }

  private func checkRecurrent(
    _ cell: RecurrentCell, _ kernel: Tensor, _ recurrentKernel: Tensor, _ bias: Tensor?, _ initialState: [Tensor],
    _ mask: Tensor?
  ) {
    for tensor in [self, kernel, recurrentKernel] + (bias.map { [$0] } ?? []) + initialState {
      tensor.requireFloat("recurrent")
      tensor.requireDevice(device, for: "recurrent")
    }
    require(
      rank == 3 && shape[1] > 0,
      "recurrent: sequences have to be [batch, time, features] with at least one step; got \(shape)")
    let units = recurrentKernel.shape.first ?? 0
    require(
      units > 0 && kernel.shape == [shape[2], cell.gateCount * units]
        && recurrentKernel.shape == [units, cell.gateCount * units],
      "recurrent: a kernel of \(kernel.shape) and a recurrent kernel of \(recurrentKernel.shape) for sequences of \(shape); "
        + "they have to be [features, \(cell.gateCount) · units] and [units, \(cell.gateCount) · units]")
    if let bias {
      require(
        bias.shape == cell.biasShape(units: units),
        "recurrent: a bias of \(bias.shape), it has to be \(cell.biasShape(units: units))")
    }
    require(
      initialState.isEmpty
        || initialState.count == cell.stateCount && initialState.allSatisfy { $0.shape == [shape[0], units] },
      "recurrent: an initial state of \(initialState.map(\.shape)), it has to be \(cell.stateCount) of "
        + "[\(shape[0]), \(units)]")
    if let mask {
      mask.requireDevice(device, for: "recurrent")
      require(
        mask.shape == [shape[0], shape[1]], "recurrent: a mask of \(mask.shape) for sequences of \(shape)")
    }
  }
}

extension RecurrentOperands {
  /// Sets to zero what stands at steps before the first that is there: the output begins as zeros, whatever the initial state.
  fileprivate func hidingBeforeFirst(_ output: Tensor) -> Tensor {
    guard let mask, !initialState.isEmpty else { return output }
    let seen = mask.cast(to: .int32).cumulativeSum(alongAxis: 0) .> 0
    let condition = returnsSequences ? seen.swappingAxes(0, 1).expanded(at: 2) : seen[steps - 1].expanded(at: 1)
    return Tensor.select(condition.broadcast(to: output.shape), output, 0)
  }
}
