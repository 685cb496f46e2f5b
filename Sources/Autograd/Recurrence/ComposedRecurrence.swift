import MartletBackend
import MartletTensor

/// A recurrent cell along a sequence, step by step from ordinary operations: for activations that do not fuse, for cells that have no
/// fused form, and for derivatives of derivatives.
struct ComposedRecurrence: Sendable {
  let cell: RecurrentCell
  let operands: RecurrentOperands
  let activation: @Sendable (Tensor) -> Tensor
  let recurrentActivation: @Sendable (Tensor) -> Tensor

  /// The h of each step (or of the last), and behind them for LSTM the last c: `[…, batch, units]`.
  func run() -> Tensor {
    let zeros = Tensor.zeros([operands.batch, operands.units], on: operands.sequence.device)
    var state = operands.initialState.isEmpty ? Array(repeating: zeros, count: cell.stateCount) : operands.initialState
    var results: [Tensor] = []
    for step in 0..<operands.steps {
      var next = self.next(operands.sequence[step], state)
      if let mask = operands.mask {
        let isThere = mask[step].expanded(at: 1).broadcast(to: zeros.shape)
        next = zip(next, state).map { Tensor.select(isThere, $0, $1) }
      }
      state = next
      if operands.returnsSequences { results.append(state[0]) }
    }
    return Tensor.stacked(operands.returnsSequences ? results + state.dropFirst() : state)
  }

  private func next(_ x: Tensor, _ state: [Tensor]) -> [Tensor] {
    let h = state[0]
    let kernel = operands.recurrentKernel
    switch cell {
    case .simple:
      return [activation(x.dense(operands.kernel, bias: operands.bias) + h.matmul(kernel))]
    case .lstm:
      let gates = (x.dense(operands.kernel, bias: operands.bias) + h.matmul(kernel)).split(parts: 4, alongAxis: 1)
      let c = recurrentActivation(gates[1]) * state[1] + recurrentActivation(gates[0]) * activation(gates[2])
      return [recurrentActivation(gates[3]) * activation(c), c]
    case .gru:
      let inputs = x.dense(operands.kernel, bias: operands.bias?[0]).split(parts: 3, alongAxis: 1)
      let recurrent = h.dense(kernel, bias: operands.bias?[1]).split(parts: 3, alongAxis: 1)
      let z = recurrentActivation(inputs[0] + recurrent[0])
      let r = recurrentActivation(inputs[1] + recurrent[1])
      return [mixed(z, h, activation(inputs[2] + r * recurrent[2]))]
    case .gruResettingBefore:
      let units = operands.units
      let inputs = x.dense(operands.kernel, bias: operands.bias).split(parts: 3, alongAxis: 1)
      let kernels = kernel.split(sizes: [2 * units, units], alongAxis: 1)
      let recurrent = h.matmul(kernels[0]).split(parts: 2, alongAxis: 1)
      let z = recurrentActivation(inputs[0] + recurrent[0])
      let r = recurrentActivation(inputs[1] + recurrent[1])
      return [mixed(z, h, activation(inputs[2] + (r * h).matmul(kernels[1])))]
    }
  }

  private func mixed(_ z: Tensor, _ old: Tensor, _ new: Tensor) -> Tensor { z * old + (1 - z) * new }
}
