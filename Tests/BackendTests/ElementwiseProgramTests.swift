import MartletBackend
import Testing

@Suite("ElementwiseProgram") struct ElementwiseProgramTests {
  private func scaledShift() -> ElementwiseProgram {
    ElementwiseProgram(inputs: [.float32], parameters: [.float32]) { x, p in [(x[0] * p[0] + 1).tanh()] }
  }

  @Test("lists what the closure did, leaves first")
  func tracing() {
    let program = scaledShift()
    #expect(program.instructions.map(\.opcode) == [.input, .parameter, .multiply, .constant, .add, .tanh])
    #expect(program.outputs == [5] && program.outputTypes == [.float32])
    #expect(program.description.hasSuffix("%5 = tanh.float32 %4 → %5}"))
  }

  @Test("computes equal subexpressions once, and nothing that no output needs")
  func sharing() {
    let program = ElementwiseProgram(inputs: [.float32, .float32]) { x, _ in
      _ = x[1].exp()
      let twice = x[0] + x[0]
      return [twice * twice, (x[0] + x[0]) * twice]
    }
    #expect(program.instructions.map(\.opcode) == [.input, .add, .multiply])
    #expect(program.outputs == [2, 2])
  }

  @Test("is equal to one built the same way, and differs in opcode, constant, type, parameter or output")
  func identity() {
    #expect(scaledShift() == scaledShift() && scaledShift().fingerprint == scaledShift().fingerprint)
    func make(_ body: @escaping (Lane, Lane) -> [Lane]) -> ElementwiseProgram {
      ElementwiseProgram(inputs: [.float32, .float32]) { x, _ in body(x[0], x[1]) }
    }
    let different = [
      make { a, b in [a + b] }, make { a, b in [a - b] }, make { a, b in [b - a] }, make { a, _ in [a + 1] },
      make { a, _ in [a + 2] }, make { a, b in [a + b, a] }, make { a, b in [a, a + b] },
      make { a, b in [a .< b] }, make { _, _ in [.coordinate(axis: 0)] }, make { _, _ in [.coordinate(axis: 1)] },
      ElementwiseProgram(inputs: [.int32, .int32]) { x, _ in [x[0] + x[1]] },
      ElementwiseProgram(inputs: [.float32, .float32], parameters: [.bool]) { x, _ in [x[0] + x[1]] },
    ]
    #expect(Set(different).count == different.count)
    #expect(Set(different.map(\.fingerprint)).count == different.count)
  }

  // The cache on disk depends on it: the number may only change together with the meaning of programs.
  @Test("has the same fingerprint in every process")
  func fingerprint() {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func mix(_ value: UInt64) { hash = (hash ^ value) &* 0x0000_0100_0000_01b3 }
    for word in [0, 0, 0, 0x100, 0x300] as [UInt64] { mix(word) }
    #expect(ElementwiseProgram(inputs: [.float32]) { x, _ in [x[0]] }.fingerprint == hash)
  }

  @Test("knows which coordinates it reads")
  func coordinates() {
    let program = ElementwiseProgram(inputs: []) { _, _ in [.coordinate(axis: 3) + .coordinate(axis: 1)] }
    #expect(program.coordinateAxes == [1, 3])
    #expect(scaledShift().coordinateAxes.isEmpty)
  }

  @Test("refuses mixed types, too many instructions, and random bits without a key")
  func traps() async {
    await #expect(processExitsWith: .failure) {
      _ = ElementwiseProgram(inputs: [.float32, .int32]) { x, _ in [x[0] + x[1]] }
    }
    await #expect(processExitsWith: .failure) {
      _ = ElementwiseProgram(inputs: [.float32]) { x, _ in [(0..<64).reduce(x[0]) { sum, i in sum + Lane(Float(i)) }] }
    }
    await #expect(processExitsWith: .failure) {
      _ = ElementwiseProgram(inputs: [], parameters: [.int32, .int32, .int32]) { _, _ in
        [.randomBits(firstParameter: 0)]
      }
    }
  }
}

@Suite("ProgramEvaluator") struct ProgramEvaluatorTests {
  private func float(_ a: Float, _ b: Float = 0, _ body: (Lane, Lane) -> Lane) -> Float {
    let program = ElementwiseProgram(inputs: [.float32, .float32]) { x, _ in [body(x[0], x[1])] }
    return Float(bitPattern: run(program, [a.bitPattern, b.bitPattern]))
  }

  private func integer(_ a: Int32, _ b: Int32 = 0, _ body: (Lane, Lane) -> Lane) -> Int32 {
    let program = ElementwiseProgram(inputs: [.int32, .int32]) { x, _ in [body(x[0], x[1])] }
    return Int32(bitPattern: run(program, [UInt32(bitPattern: a), UInt32(bitPattern: b)]))
  }

  private func run(_ program: ElementwiseProgram, _ inputs: [UInt32]) -> UInt32 {
    var evaluator = ProgramEvaluator(program, parameters: [])
    evaluator.inputs = inputs
    evaluator.evaluate(element: 0, coordinates: [])
    return evaluator.output(0)
  }

  @Test("lets NaN win and the first of equals stay in maximum and minimum")
  func extremes() {
    #expect(float(1, .nan, Lane.maximum).isNaN && float(.nan, 1, Lane.maximum).isNaN)
    #expect(float(1, .nan, Lane.minimum).isNaN && float(.nan, 1, Lane.minimum).isNaN)
    #expect(float(0, -0.0, Lane.maximum).sign == .plus && float(-0.0, 0, Lane.maximum).sign == .minus)
    #expect(float(0, -0.0, Lane.minimum).sign == .plus && float(-0.0, 0, Lane.minimum).sign == .minus)
  }

  @Test("rounds halves to even, and keeps the sign of zero")
  func rounding() {
    #expect([-1.5, -0.5, 0.5, 1.5, 2.5].map { float($0) { x, _ in x.round() } } == [-2, 0, 0, 2, 2])
    #expect(float(-0.5) { x, _ in x.round() }.sign == .minus && float(-0.5) { x, _ in x.ceiling() }.sign == .minus)
    #expect(float(-0.0) { x, _ in x.sign() }.sign == .minus && float(.nan) { x, _ in x.sign() }.isNaN)
    #expect(float(-7) { x, _ in x.sign() } == -1)
  }

  @Test("compares NaN as unequal to everything")
  func comparisons() {
    func holds(_ a: Float, _ b: Float, _ body: (Lane, Lane) -> Lane) -> Bool {
      let program = ElementwiseProgram(inputs: [.float32, .float32]) { x, _ in [body(x[0], x[1])] }
      return run(program, [a.bitPattern, b.bitPattern]) == 1
    }
    #expect(!holds(.nan, .nan, .==) && holds(.nan, .nan, .!=) && !holds(.nan, 1, .<) && !holds(1, .nan, .<=))
    #expect(holds(0, -0.0, .==) && !holds(0, -0.0, .<) && holds(2, 1, .>) && holds(1, 1, .>=))
  }

  @Test("wraps whole numbers, divides by zero to zero, and shifts by the low five bits")
  func integers() {
    #expect(integer(.max, 1, +) == .min && integer(.min, 1, -) == .max && integer(.min) { a, _ in -a } == .min)
    #expect(integer(.min) { a, _ in a.absolute() } == .min && integer(-7) { a, _ in a.sign() } == -1)
    #expect(integer(-7, 2, /) == -3 && integer(-7, 2, %) == -1 && integer(7, -2, %) == 1)
    #expect(integer(5, 0, /) == 0 && integer(5, 0, %) == 0 && integer(.min, -1, /) == .min && integer(.min, -1, %) == 0)
    #expect(integer(1, 33, <<) == 2 && integer(-1, 28, >>) == 15 && integer(-1, -4, >>) == 15)
    #expect(integer(0b1100, 0b1010, &) == 0b1000 && integer(0b1100, 0b1010, |) == 0b1110)
    #expect(integer(0b1100, 0b1010, ^) == 0b0110 && integer(0) { a, _ in !a } == -1)
  }

  @Test("truncates and saturates when it makes a whole number of a fraction")
  func conversions() {
    func whole(_ x: Float) -> Int32 {
      Int32(bitPattern: run(ElementwiseProgram(inputs: [.float32]) { x, _ in [x[0].cast(to: .int32)] }, [x.bitPattern]))
    }
    #expect(whole(2.9) == 2 && whole(-2.9) == -2 && whole(.nan) == 0)
    #expect(whole(3e9) == .max && whole(-3e9) == .min && whole(.infinity) == .max && whole(0x1p31) == .max)
    #expect(whole(-0x1p31) == .min && whole(0x1.fffffep30) == 0x7fff_ff80)
    // 2²⁴ + 1 lies between two Floats; the even one is 2²⁴.
    let back = ElementwiseProgram(inputs: [.int32]) { x, _ in [x[0].cast(to: .float32)] }
    #expect(Float(bitPattern: run(back, [16_777_217])) == 16_777_216)
    let truth = ElementwiseProgram(inputs: [.float32]) { x, _ in [x[0].cast(to: .bool)] }
    #expect(run(truth, [Float.nan.bitPattern]) == 1 && run(truth, [Float(-0.0).bitPattern]) == 0)
  }

  @Test("multiplies and adds with one rounding")
  func fusion() {
    // (1 + 2⁻¹²)² = 1 + 2⁻¹¹ + 2⁻²⁴; only one rounding sees the last term.
    let x: Float = 1 + 0x1p-12
    #expect(float(x, -1 - 0x1p-11) { a, b in .fusedMultiplyAdd(a, a, b) } == 0x1p-24)
    #expect(float(x, -1 - 0x1p-11) { a, b in a * a + b } == 0)
  }
}
