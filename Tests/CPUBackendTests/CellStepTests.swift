import MartletBackend
import MartletCPUBackend
import Testing

@Suite("Steps of recurrent cells on the CPU") struct CellStepTests {
  @Test("give every bit of their programs, whatever the number of columns", arguments: InstructionSet.available)
  func cellsAreTheirPrograms(instructionSet: InstructionSet) throws {
    let backend = try CPUBackend(threads: 2, instructionSet: instructionSet, checksMemory: true)
    #expect(CellStep.programs.count == 8)
    for program in CellStep.programs {
      for columns in [1, 15, 16, 17, 50] {
        let (steps, rows) = (2, 19)
        let shape: Shape = [steps, rows, columns]
        let inputs = program.inputs.indices.map { index in
          // Rows with gaps, as those of h have.
          let gap = index % 2 * 3
          let layout = Layout(
            shape: shape, strides: [rows * (columns + gap), columns + gap, 1])
          return HostOperand(layout, seed: UInt64(index)).uploaded(to: backend)
        }
        let empty = HostOperand(floats: [Float](repeating: 7, count: shape.elementCount), shape)
        func outputs() -> [View] { program.outputs.map { _ in empty.uploaded(to: backend) } }
        let (found, expected) = (outputs(), outputs())
        backend.recurrence([], program, inputs: inputs, parameters: [], outputs: found)
        backend.recurrenceByStep([], program, inputs: inputs, parameters: [], outputs: expected)
        for (number, views) in zip(found, expected).enumerated() {
          let difference = try empty.downloaded(from: views.0).difference(from: empty.downloaded(from: views.1))
          #expect(difference == nil, "output \(number) of \(columns) columns: \(difference ?? "")")
        }
      }
    }
  }
}
