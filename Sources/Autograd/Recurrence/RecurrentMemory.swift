import MartletBackend
import MartletTensor

/// What a fused recurrence keeps of its steps: rows of input, one and state; the gates; and for LSTM c.
///
/// Where nothing is kept for going backwards, gates and c have room for one step, which every step uses again.
struct RecurrentMemory: Sendable {
  /// `[steps + 1, batch, features + 1 + units]`; without a bias there is no one. Row t has the state before step t.
  let rows: Tensor
  /// `[blocks, steps, batch, units]`, or one step. A block of a step is a matrix without gaps, so that programs work in place.
  let gates: Tensor
  /// `[steps + 1, batch, units]`, or one step; before step t.
  private let cells: Tensor?
  private let steps, batch, units: Int

  init(_ programs: RecurrentPrograms, _ operands: RecurrentOperands, keepsSteps: Bool) {
    (steps, batch, units) = (operands.steps, operands.batch, operands.units)
    let device = operands.sequence.device
    let row = operands.features + (operands.bias == nil ? 0 : 1) + units
    rows = Tensor(undefined: [steps + 1, batch, row], .float32, on: device)
    gates = Tensor(undefined: [programs.blockCount, keepsSteps ? steps : 1, batch, units], .float32, on: device)
    cells =
      programs.cell == .lstm
      ? Tensor(undefined: [keepsSteps ? steps + 1 : 1, batch, units], .float32, on: device) : nil
  }

  var rowLength: Int { rows.shape[2] }

  /// Writes the inputs, the ones and the initial state.
  func fillRows(from operands: RecurrentOperands) {
    let features = operands.features
    func write(_ target: Tensor, _ part: Layout, _ source: Tensor?, else constant: Float) {
      if let source {
        target.fill(part, with: CommonPrograms.copy(.float32), [source.detached], for: "recurrent")
      } else {
        target.fill(
          part, with: CommonPrograms.fill(.float32), [], parameters: [.float32(constant)], for: "recurrent")
      }
    }
    write(rows, rowLayout(0..<steps, 0..<features), operands.sequence, else: 0)
    if operands.bias != nil { write(rows, rowLayout(0..<steps, features..<(features + 1)), nil, else: 1) }
    write(rows, rowLayout(0..<1, (rowLength - units)..<rowLength), operands.initialState.first, else: 0)
    if let cells { write(cells, cells.layout.steps(0, 1), operands.initialState.last, else: 0) }
  }

  /// Some columns of the rows of some steps.
  func rowLayout(_ steps: Range<Int>, _ columns: Range<Int>) -> Layout {
    rows.layout.sliced(axis: 0, from: steps.lowerBound, count: steps.count)
      .sliced(axis: 2, from: columns.lowerBound, count: columns.count)
  }

  /// `[steps, blocks, batch, units]`: some blocks of all steps.
  func blocks(_ range: Range<Int>) -> View {
    let all = gates.layout.transposed([1, 0, 2, 3]).steps(0, steps)
    return gates.viewing(all.sliced(axis: 1, from: range.lowerBound, count: range.count))
  }

  /// `[steps, batch, units]`.
  func block(_ index: Int) -> View {
    var block = blocks(index..<(index + 1))
    block.layout = block.layout.removingAxis(at: 1)
    return block
  }

  var oldH: View { rows.viewing(rowLayout(0..<steps, (rowLength - units)..<rowLength)) }
  var newH: View { rows.viewing(rowLayout(1..<(steps + 1), (rowLength - units)..<rowLength)) }
  var oldC: View? { cells.map { $0.viewing($0.layout.steps(0, steps)) } }
  var newC: View? { cells.map { $0.viewing($0.layout.steps($0.shape[0] > 1 ? 1 : 0, steps)) } }

  /// `[batch, units]`, before a step.
  func h(at step: Int) -> Tensor {
    rows.viewed(as: rowLayout(step..<(step + 1), (rowLength - units)..<rowLength).removingAxis(at: 0))
  }

  func c(at step: Int) -> Tensor? { cells.map { $0[$0.shape[0] > 1 ? step : 0] } }
}

/// The gradients of a fused recurrence on their way: of the gates' sums at every step, then of the state, in one block of memory, so
/// that they travel along the tape as one tensor.
struct GateGradients: Sendable {
  struct Shape: Sendable {
    let steps, batch, units, gateCount: Int
    let programs: RecurrentPrograms
    var gateElementCount: Int { programs.blockCount * steps * batch * units }

    init(_ operands: RecurrentOperands, _ programs: RecurrentPrograms) {
      (steps, batch, units) = (operands.steps, operands.batch, operands.units)
      gateCount = programs.cell.gateCount
      self.programs = programs
    }
  }

  let values: Tensor
  let shape: Shape

  init(values: Tensor, shape: Shape) {
    self.values = values
    self.shape = shape
  }

  /// With room for the gradients.
  init(_ operands: RecurrentOperands, _ programs: RecurrentPrograms) {
    shape = Shape(operands, programs)
    let states = programs.cell.stateCount * shape.batch * shape.units
    values = Tensor(undefined: [shape.gateElementCount + states], .float32, on: operands.sequence.device)
  }

  private var gateLayout: Layout {
    Layout(contiguous: [shape.programs.blockCount, shape.steps, shape.batch, shape.units])
  }

  /// `[steps, batch, units]`.
  func block(_ index: Int) -> View { values.viewing(blockLayout(index)) }

  private func blockLayout(_ index: Int) -> Layout {
    gateLayout.sliced(axis: 0, from: index, count: 1).removingAxis(at: 0)
  }

  /// `[batch, units]`: the gradient of h or c.
  func stateLayout(_ index: Int) -> Layout {
    Layout(
      contiguous: [shape.batch, shape.units], offset: shape.gateElementCount + index * shape.batch * shape.units)
  }

  /// The same at every step.
  func stateView(_ index: Int) -> View { values.viewing(stateLayout(index).insertingAxis(at: 0).steps(0, shape.steps)) }

  /// What sends the gates' gradients at some steps, walking backwards, to the state before: one chain over all blocks.
  func stateProducts(_ recurrentKernel: Tensor, from step: Int, count: Int) -> [RecurrentProduct] {
    // The candidate of GRU has a block for the input and one for the state, and only the latter comes from the state.
    let isGRU = shape.programs.cell == .gru
    return (0..<shape.gateCount).map { gate in
      let block = isGRU && gate == 2 ? 3 : gate
      return RecurrentProduct(
        values.viewing(
          blockLayout(block).sliced(axis: 0, from: step, count: count, step: -1).insertingAxis(at: 1)),
        recurrentKernel.viewing(kernelBlock(recurrentKernel, gate).transposed([0, 2, 1])),
        accumulate: gate > 0 || shape.programs.passesGradientOn,
        into: values.viewing(stateLayout(0).insertingAxis(at: 0).insertingAxis(at: 0).steps(0, count)))
    }
  }

  /// `[1, rows, units]`: the columns of a kernel that belong to a gate.
  private func kernelBlock(_ kernel: Tensor, _ gate: Int) -> Layout {
    kernel.layout.sliced(axis: 1, from: gate * shape.units, count: shape.units).insertingAxis(at: 0)
  }

  /// `gradients · kernelᵀ`: `[steps, batch, features]`.
  func inputGradient(_ kernel: Tensor) -> Tensor {
    let result = Tensor(undefined: [shape.steps, shape.batch, kernel.shape[0]], .float32, on: values.device)
    if result.elementCount == 0 { return result }
    for gate in 0..<shape.gateCount {
      values.backend.matmul(
        block(gate), kernel.viewing(kernelBlock(kernel, gate).transposed([0, 2, 1]).steps(0, shape.steps)),
        accumulate: gate > 0, epilogue: nil, into: result.view)
    }
    return result
  }

  /// `rowsᵀ · gradients` over all steps: the gradient of the stacked weights, `[features + 1 + units, blocks · units]`.
  func weightGradient(_ rows: Tensor) -> Tensor {
    let (row, units) = (rows.shape[2], shape.units)
    let (blocks, count) = (shape.programs.blockCount, shape.steps * shape.batch)
    let result = Tensor(undefined: [row, blocks * units], .float32, on: values.device)
    values.backend.matmul(
      rows.viewing(Layout(shape: [blocks, row, count], strides: [0, 1, row])),
      values.viewing(Layout(contiguous: [blocks, count, units])), accumulate: false, epilogue: nil,
      into: result.viewing(Layout(shape: [blocks, row, units], strides: [units, blocks * units, 1])))
    return result
  }
}

extension Layout {
  /// So many steps from an index along the first axis; a first axis of extent 1 is stretched.
  fileprivate func steps(_ start: Int, _ count: Int) -> Layout {
    shape[0] == 1 ? repeating(axis: 0, count: count) : sliced(axis: 0, from: start, count: count)
  }
}

extension Layout {
  /// Some rows and columns of a matrix.
  func part(_ rows: Range<Int>, _ columns: Range<Int>) -> Layout {
    sliced(axis: 0, from: rows.lowerBound, count: rows.count)
      .sliced(axis: 1, from: columns.lowerBound, count: columns.count)
  }
}

extension Tensor {
  /// An operand of a backend function: elements of this tensor's storage.
  func viewing(_ layout: Layout) -> View { View(storage: storage, layout: layout, dtype: dtype) }
}
