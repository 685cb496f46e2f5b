import MartletBackend
import MartletCPUBackend
import Testing

@Suite("Optimizer steps on the CPU") struct WholeProgramTests {
  /// Adam as optimizers write it.
  private static let adam = ElementwiseProgram(
    inputs: [LaneType](repeating: .float32, count: 4), parameters: [LaneType](repeating: .float32, count: 4)
  ) { x, p in
    let m = x[1] + (x[3] - x[1]) * p[1]
    let v = x[2] + (x[3] * x[3] - x[2]) * p[2]
    return [x[0] - m * p[0] / (v.squareRoot() + p[3]), m, v]
  }

  @Test(
    "of Adam gives every bit of the program's definition, for several parameters at once",
    arguments: InstructionSet.available)
  func adamIsItsProgram(instructionSet: InstructionSet) throws {
    let backend = try CPUBackend(threads: 2, instructionSet: instructionSet, checksMemory: true)
    let arguments: [Scalar] = [.float32(0.0031), .float32(0.1), .float32(0.001), .float32(1e-7)]
    // Sizes below, at and beyond a vector and a task; numbers from subnormal to large, and some that are none.
    let sets = [1, 15, 16, 17, 1000, 8192, 20_001].map { count in
      (0..<4).map { operand in (0..<count).map { Self.number($0 * 4 + operand, isVariance: operand == 2) } }
    }
    let operands = sets.map { set in set.map { HostOperand(floats: $0, [$0.count]) } }
    let views = operands.map { set in set.map { $0.uploaded(to: backend) } }
    // In place, and every other set to memory of its own.
    let results = zip(sets, views).enumerated().map { number, set in
      number % 2 == 0
        ? Array(set.1[..<3])
        : (0..<3).map { _ in
          HostOperand(floats: [Float](repeating: 7, count: set.0[0].count), [set.0[0].count]).uploaded(to: backend)
        }
    }
    backend.mapEach(
      Self.adam, zip(views, results).map { MapOperands(inputs: $0, outputs: $1) }, parameters: arguments)
    for (number, set) in sets.enumerated() {
      var expected: [[Float]] = [[], [], []]
      for index in set[0].indices {
        let (p, m, v, g) = (set[0][index], set[1][index], set[2][index], set[3][index])
        let newM: Float = m + (g - m) * 0.1
        let newV: Float = v + (g * g - v) * 0.001
        let newP: Float = p - newM * 0.0031 / (newV.squareRoot() + 1e-7)
        for (slot, value) in [newP, newM, newV].enumerated() { expected[slot].append(value) }
      }
      for slot in 0..<3 {
        let found = try operands[number][slot].downloaded(from: results[number][slot])
        let difference = found.difference(from: HostOperand(floats: expected[slot], [set[0].count]))
        #expect(difference == nil, "output \(slot) of \(set[0].count) elements: \(difference ?? "")")
      }
    }
  }

  private static func number(_ index: Int, isVariance: Bool) -> Float {
    let word = Philox(seed: 7).word(element: index, draw: 0, stream: 0)
    switch word % 17 {
    case 0: return 0
    case 1: return isVariance ? 0x1p-140 : -0x1p-140
    case 2: return 0x1p90
    default: return Philox.uniform(word) - (isVariance ? 0 : 0.5)
    }
  }
}
