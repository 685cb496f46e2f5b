#if OpenCL
  import MartletBackend
  import MartletCPUBackend
  import MartletOpenCLBackend
  import Testing

  @Suite("OpenCL recurrences", .needsDevice) struct RecurrenceTests {
    /// `h[t + 1] = tanh(h[t] · w + x[t])`, with the state of every step in one storage.
    private struct Chain {
      let steps, rows, units: Int
      let cell = ElementwiseProgram(inputs: [.float32, .float32]) { x, _ in [(x[0] + x[1]).tanh()] }

      /// The states, and how many launches they took.
      func run(on backend: any Backend) throws -> (bits: [UInt32], launches: Int) {
        var numbers = Numbers(seed: 21)
        func view(_ shape: Shape, _ values: [Float]) -> View {
          let storage = backend.allocate(byteCount: shape.elementCount * 4)
          values.withUnsafeBytes { backend.upload($0, to: storage, atByte: 0) }
          return View(storage: storage, layout: Layout(contiguous: shape), dtype: .float32)
        }
        let states = view([steps + 1, rows, units], numbers.floats((steps + 1) * rows * units))
        let sums = view([steps, rows, units], Array(repeating: .nan, count: steps * rows * units))
        let x = view([steps, rows, units], numbers.floats(steps * rows * units))
        let weights = view([1, units, units], numbers.floats(units * units, in: -0.1...0.1))
        func asMatrices(_ view: View) -> View {
          var view = view
          view.layout = view.layout.insertingAxis(at: 1)
          return view
        }
        let before = backend.statistics.launches
        backend.recurrence(
          [RecurrentProduct(asMatrices(states.steps(0, steps)), weights, into: asMatrices(sums))], cell,
          inputs: [sums, x], parameters: [], outputs: [states.steps(1, steps)])
        let launches = backend.statistics.launches - before
        var bits = [UInt32](repeating: 0, count: (steps + 1) * rows * units)
        try bits.withUnsafeMutableBytes { try backend.download(states.storage, atByte: 0, into: $0) }
        return (bits, launches)
      }
    }

    @Test(
      "take one launch where matrices are small, and at most one per step where groups share the columns, with the processor's bits",
      arguments: [(7, 5, 19, true), (6, 33, 150, false), (5, 40, 67, false)])
    func launches(steps: Int, rows: Int, units: Int, isSmall: Bool) throws {
      let chain = Chain(steps: steps, rows: rows, units: units)
      let wanted = try chain.run(on: CPUBackend(threads: 1)).bits
      // Their counters are nobody else's.
      let tiled = try chain.run(on: UnderTest.discovery.open("opencl", profile: .test))
      #expect(tiled.bits == wanted)
      #expect(tiled.launches == (isSmall ? 1 : steps))
      let vectors = try chain.run(on: UnderTest.discovery.open("opencl", profile: .cpu))
      #expect(vectors.bits == wanted)
      // The weights are brought into panels first, whole ones and the rest.
      #expect(vectors.launches <= 3)
    }
  }
#endif
