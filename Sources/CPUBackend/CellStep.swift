import CMartletKernels
import MartletBackend

/// The program of a recurrent cell's step that has a routine of its own, where each value stays in a register from the first
/// instruction to the last: LSTM and GRU with sigmoid and tanh, without masks, which is how nearly everybody uses them.
///
/// The program stays the definition: a routine does the same operations in the same order.
package struct CellStep: Sendable {
  let step: martlet_cell_step
  let hasSequence: Bool

  /// Its routine where a program has one.
  package init?(_ program: ElementwiseProgram) {
    guard let found = Self.all.first(where: { $0.program == program }) else { return nil }
    self = found.step
  }

  private init(_ step: martlet_cell_step, _ hasSequence: Bool) {
    self.step = step
    self.hasSequence = hasSequence
  }

  /// The programs that have routines.
  package static var programs: [ElementwiseProgram] { all.map(\.program) }

  private static let all: [(program: ElementwiseProgram, step: CellStep)] = [false, true].flatMap { hasSequence in
    [
      (lstm(hasSequence), CellStep(martlet_lstm_forward, hasSequence)),
      (lstmGradient(hasSequence), CellStep(martlet_lstm_backward, hasSequence)),
      (gru(hasSequence), CellStep(martlet_gru_forward, hasSequence)),
      (gruGradient(hasSequence), CellStep(martlet_gru_backward, hasSequence)),
    ]
  }

  /// Sums of i, f, g, o, then c → i, f, g, o, c, h, and h once more for sequences.
  private static func lstm(_ hasSequence: Bool) -> ElementwiseProgram {
    program(5) { x in
      let (i, f, g, o) = (x[0].sigmoid(), x[1].sigmoid(), x[2].tanh(), x[3].sigmoid())
      let c = f * x[4] + i * g
      let h = o * c.tanh()
      return [i, f, g, o, c, h] + (hasSequence ? [h] : [])
    }
  }

  /// i, f, g, o, c before and after, the gradients of h and c, the upstream of sequences → gradients of the sums and of c before.
  private static func lstmGradient(_ hasSequence: Bool) -> ElementwiseProgram {
    program(hasSequence ? 9 : 8) { x in
      let (i, f, g, o) = (x[0], x[1], x[2], x[3])
      let dh = hasSequence ? x[6] + x[8] : x[6]
      let c = x[5].tanh()
      let dc = x[7] + throughTanh(dh * o, c)
      return [
        throughSigmoid(dc * g, i), throughSigmoid(dc * x[4], f), throughTanh(dc * i, g), throughSigmoid(dh * c, o),
        dc * f,
      ]
    }
  }

  /// Sums of z, r, the candidate's input and its state, then h → z, r, g, h, and h once more for sequences.
  private static func gru(_ hasSequence: Bool) -> ElementwiseProgram {
    program(5) { x in
      let (z, r) = (x[0].sigmoid(), x[1].sigmoid())
      let g = (x[2] + r * x[3]).tanh()
      let h = z * x[4] + (1 - z) * g
      return [z, r, g, h] + (hasSequence ? [h] : [])
    }
  }

  /// z, r, g, the candidate's sum of the state, h before, the gradient of h, the upstream of sequences → gradients of the four sums,
  /// and what of that of h reaches the step before directly.
  private static func gruGradient(_ hasSequence: Bool) -> ElementwiseProgram {
    program(hasSequence ? 7 : 6) { x in
      let (z, r, g) = (x[0], x[1], x[2])
      let dh = hasSequence ? x[5] + x[6] : x[5]
      let candidate = throughTanh(dh * (1 - z), g)
      return [
        throughSigmoid(dh * (x[4] - g), z), throughSigmoid(candidate * x[3], r), candidate, candidate * r, dh * z,
      ]
    }
  }

  private static func program(_ inputCount: Int, _ body: ([Lane]) -> [Lane]) -> ElementwiseProgram {
    ElementwiseProgram(inputs: [LaneType](repeating: .float32, count: inputCount)) { x, _ in body(x) }
  }

  private static func throughSigmoid(_ upstream: Lane, _ y: Lane) -> Lane { upstream * y * (1 - y) }
  private static func throughTanh(_ upstream: Lane, _ y: Lane) -> Lane { upstream * (1 - y * y) }
}

/// The element-wise part of every step of a recurrence, ready for any rows of any step.
struct PreparedCell {
  private let routine: martlet_cell_routine
  private let operands: [StepOperand]
  private let columns: Int

  /// `nil` where the program has no routine, or the columns of an operand are no neighbours.
  init?(_ program: ElementwiseProgram, inputs: [View], outputs: [View], on backend: CPUBackend) {
    guard let cell = CellStep(program), let shape = outputs.first?.shape,
      let routine = martlet_vector_cell_step(backend.vector, cell.step, cell.hasSequence)
    else { return nil }
    var operands: [StepOperand] = []
    for view in inputs + outputs {
      let strides = view.layout.strides
      guard view.dtype == .float32, shape[2] == 1 || strides[2] == 1 else { return nil }
      let isOutput = operands.count >= inputs.count
      guard let base = isOutput ? backend.elements(writing: view) : backend.elements(reading: view) else { return nil }
      operands.append(StepOperand(base: base, step: strides[0], row: strides[1]))
    }
    // The routine of GRU reads the candidate's sums and h when the first two gates are written already.
    if cell.step == martlet_gru_forward {
      guard !operands[5..<7].contains(where: { gate in operands[2..<5].contains { $0.base == gate.base } }) else {
        return nil
      }
    }
    self.routine = routine
    self.operands = operands
    columns = shape[2]
  }

  func run(step: Int, rows: Range<Int>) {
    withUnsafeTemporaryAllocation(of: martlet_cell_operand.self, capacity: operands.count) { table in
      for (index, operand) in operands.enumerated() {
        table[index] = martlet_cell_operand(
          base: operand.base + (step * operand.step + rows.lowerBound * operand.row), row_stride: operand.row)
      }
      routine(UnsafePointer(table.baseAddress), rows.count, columns)
    }
  }
}

private struct StepOperand {
  let base: UnsafeMutablePointer<Float>
  let step, row: Int
}
