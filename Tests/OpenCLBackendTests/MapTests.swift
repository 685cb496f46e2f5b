#if OpenCL
  import MartletBackend
  import MartletOpenCLBackend
  import Testing

  @Suite("OpenCL map", .needsDevice) struct MapTests {
    /// Runs a program on the device and compares it, bit for bit, with the evaluator that defines it.
    private func check(
      _ program: ElementwiseProgram, _ inputs: [HostView], _ parameters: [Scalar] = [], shape: Shape,
      profile: OpenCLProfile, outputLayout: Layout? = nil, outputCapacity: Int? = nil,
      sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let backend = try UnderTest.backend(profile)
      let outputs = program.outputTypes.map { type in
        backend.output(
          shape, type == .float32 ? .float32 : type == .int32 ? .int32 : .bool, layout: outputLayout,
          capacity: outputCapacity)
      }
      backend.map(program, inputs: inputs.map { $0.on(backend) }, parameters: parameters, outputs: outputs)
      var evaluator = ProgramEvaluator(program, parameters: parameters)
      var wanted = Array(repeating: [UInt32](), count: outputs.count)
      for element in 0..<shape.elementCount {
        for (input, view) in inputs.enumerated() { evaluator.inputs[input] = view.element(at: element) }
        evaluator.evaluate(element: element, coordinates: Array(shape.coordinates(of: element)))
        for output in outputs.indices { wanted[output].append(evaluator.output(output)) }
      }
      for (output, view) in outputs.enumerated() {
        expectSameFloats(
          try backend.elements(view), wanted[output], "output \(output) over \(shape), \(profile)",
          sourceLocation: sourceLocation)
      }
    }

    @Test("gives the bits of the evaluator for every float instruction", arguments: UnderTest.profiles)
    func floatInstructions(profile: OpenCLProfile) throws {
      var numbers = Numbers(seed: 1)
      let (a, b, c) = (numbers.awkward(1003), numbers.awkward(1003).reversed() as [Float], numbers.floats(1003))
      let views = [HostView(a, [1003]), HostView(b, [1003]), HostView(c, [1003])]
      let programs: [([Lane]) -> [Lane]] = [
        { x in [-x[0], x[0].absolute(), x[0].sign(), x[0].floor()] },
        { x in [x[0].ceiling(), x[0].round(), x[0].squareRoot(), x[0].exp()] },
        { x in [x[0].expm1(), x[0].log(), x[0].log1p(), x[2].sin()] },
        { x in [x[2].cos(), x[0].tanh(), x[0].erf(), .power(x[0], x[2])] },
        { x in [x[0] + x[1], x[0] - x[1], x[0] * x[1], x[0] / x[1]] },
        { x in [.minimum(x[0], x[1]), .maximum(x[0], x[1]), .power(x[0].absolute(), x[1]), x[0] * x[1] + x[2]] },
        { x in [.fusedMultiplyAdd(x[0], x[1], x[2]), .select(x[0] .< x[1], x[1], x[2]), x[0].sigmoid()] },
        { x in [x[0] .== x[1], x[0] .!= x[1], x[0] .< x[1], x[0] .<= x[1]] },
        { x in [x[0].cast(to: .int32), x[0].cast(to: .bool), (x[0] .> x[1]).cast(to: .float32)] },
      ]
      for body in programs {
        let program = ElementwiseProgram(inputs: [.float32, .float32, .float32]) { x, _ in body(x) }
        try check(program, views, shape: [1003], profile: profile)
      }
    }

    @Test("gives the bits of the evaluator for every integer and logical instruction", arguments: UnderTest.profiles)
    func integerInstructions(profile: OpenCLProfile) throws {
      var numbers = Numbers(seed: 2)
      let a = HostView(numbers.awkwardIntegers(517), [517])
      let b = HostView(numbers.awkwardIntegers(519).suffix(517).reversed(), [517])
      let programs: [([Lane]) -> [Lane]] = [
        { x in [-x[0], x[0].absolute(), x[0].sign(), !x[0]] },
        { x in [x[0] + x[1], x[0] - x[1], x[0] * x[1], x[0] / x[1]] },
        { x in [x[0] % x[1], .minimum(x[0], x[1]), .maximum(x[0], x[1]), x[0] & x[1]] },
        { x in [x[0] | x[1], x[0] ^ x[1], x[0] << x[1], x[0] >> x[1]] },
        { x in [x[0] .== x[1], x[0] .!= x[1], x[0] .< x[1], x[0] .<= x[1]] },
        { x in [x[0].cast(to: .float32), x[0].cast(to: .bool), .select(x[0] .< x[1], x[0], .integer(7))] },
        { x in
          let (p, q) = (x[0] .< x[1], x[1] .> .integer(3))
          return [p & q, p | q, p ^ q, !p]
        },
        { x in
          let (p, q) = (x[0] .< x[1], x[1] .> .integer(3))
          return [p .== q, p .< q, p .<= q, .select(p, q, .bool(true))]
        },
        { x in [(x[0] .< x[1]).cast(to: .int32), (x[0] .< x[1]).cast(to: .float32), .bool(false)] },
      ]
      for body in programs {
        let program = ElementwiseProgram(inputs: [.int32, .int32]) { x, _ in body(x) }
        try check(program, [a, b], shape: [517], profile: profile)
      }
    }

    @Test("reads strided, broadcast, flipped and offset views and writes strided ones", arguments: UnderTest.profiles)
    func layouts(profile: OpenCLProfile) throws {
      var numbers = Numbers(seed: 3)
      let program = ElementwiseProgram(inputs: [.float32, .float32], parameters: [.float32]) { x, p in
        [x[0] * p[0] - x[1]]
      }
      let base = HostView(numbers.floats(4000), [4000])
      let row = HostView(numbers.floats(33), [33])
      let pairs: [(Layout, Layout)] = [
        (
          Layout(shape: [5, 7, 33], strides: [231, 33, 1], offset: 3), Layout(shape: [5, 7, 33], strides: [0, 0, 1])
        ),
        (
          Layout(shape: [5, 7, 33], strides: [1, 5, 35]), Layout(shape: [5, 7, 33], strides: [0, 0, -1], offset: 32)
        ),
        (Layout(shape: [33, 2], strides: [1, 50]), Layout(shape: [33, 2], strides: [1, 0])),
        (Layout(shape: [1, 1], strides: [9, 9], offset: 17), Layout(shape: [1, 1], strides: [0, 0], offset: 4)),
        (Layout(shape: [], strides: []), Layout(shape: [], strides: [], offset: 2)),
        (Layout(shape: [2, 0, 3], strides: [3, 3, 1]), Layout(shape: [2, 0, 3], strides: [0, 0, 0])),
        (Layout(shape: [2000], strides: [2]), Layout(shape: [2000], strides: [0], offset: 5)),
      ]
      for (a, b) in pairs {
        let shape = a.shape
        let views = [base.with(a), row.with(b)]
        try check(program, views, [.float32(1.5)], shape: shape, profile: profile)
        let spread = Layout(shape: shape, strides: Strides(shape.contiguousStrides.map { 3 * $0 }), offset: 5)
        try check(
          program, views, [.float32(-0.25)], shape: shape, profile: profile, outputLayout: spread,
          outputCapacity: 3 * shape.elementCount + 8)
      }
    }

    @Test("knows coordinates and gives every element its own random number", arguments: UnderTest.profiles)
    func positions(profile: OpenCLProfile) throws {
      let program = ElementwiseProgram(inputs: [.float32], parameters: Array(repeating: .int32, count: 4)) { x, _ in
        [
          Lane.coordinate(axis: 0) * .integer(10000) + .coordinate(axis: 2), .coordinate(axis: 1),
          .randomBits(firstParameter: 0, salt: 3), x[0] * Lane.randomBits(firstParameter: 0).uniform(),
        ]
      }
      let key = RandomKey(seed: 0x1234_5678_9abc_def0, stream: 7, draw: 11)
      for shape in [[3, 5, 37], [4, 1, 2], [1, 1, 1], [2, 64, 8]] as [Shape] {
        let x = HostView([2] as [Float], [1]).with(Layout(shape: shape, strides: [0, 0, 0]))
        try check(program, [x], key.parameters, shape: shape, profile: profile)
      }
    }

    @Test("reads and writes bytes and truth values", arguments: UnderTest.profiles)
    func bytes(profile: OpenCLProfile) throws {
      let backend = try UnderTest.backend(profile)
      let pixels = HostView(
        bits: (0..<45).map { UInt32($0 * 5 % 256) }, layout: Layout(contiguous: [45]), dtype: .uint8)
      let mask = HostView(
        bits: (0..<45).map { UInt32($0 % 3 == 0 ? 1 : 0) }, layout: Layout(contiguous: [45]), dtype: .bool)
      let program = ElementwiseProgram(inputs: [.int32, .bool]) { x, _ in
        [.select(x[1], x[0], .integer(9)), !x[1]]
      }
      let outputs = [backend.output([45], .uint8), backend.output([45], .bool)]
      backend.map(program, inputs: [pixels.on(backend), mask.on(backend)], parameters: [], outputs: outputs)
      #expect(try backend.elements(outputs[0]) == (0..<45).map { UInt32($0 % 3 == 0 ? $0 * 5 % 256 : 9) })
      #expect(try backend.elements(outputs[1]) == (0..<45).map { UInt32($0 % 3 == 0 ? 0 : 1) })
    }

    @Test("may write over an input", arguments: UnderTest.profiles)
    func inPlace(profile: OpenCLProfile) throws {
      let backend = try UnderTest.backend(profile)
      let view = HostView((0..<1001).map(Float.init), [1001]).on(backend)
      let program = ElementwiseProgram(inputs: [.float32]) { x, _ in [x[0] + 1] }
      for _ in 0..<3 { backend.map(program, inputs: [view], parameters: [], outputs: [view]) }
      #expect(try backend.floats(view) == (0..<1001).map { Float($0) + 3 })
    }

    @Test("builds one kernel for all shapes and run-time arguments, and allocates nothing in the long run")
    func steadyState() throws {
      let backend = try UnderTest.discovery.open("opencl", profile: .cpu)  // its counters are nobody else's
      let program = ElementwiseProgram(inputs: [.float32], parameters: [.float32]) { x, p in [x[0] * p[0] + 0.125] }
      func step(_ count: Int) throws {
        let output = backend.output([count])
        backend.map(
          program, inputs: [HostView(Array(repeating: Float(1), count: count), [count]).on(backend)],
          parameters: [.float32(Float(count))], outputs: [output])
        #expect(try backend.floats(output) == Array(repeating: Float(count) + 0.125, count: count))
      }
      for count in 65..<100 { try step(count) }
      let before = backend.statistics
      for count in 65..<100 { try step(count) }
      let after = backend.statistics
      #expect(after.programBuilds == before.programBuilds)
      #expect(after.systemAllocations == before.systemAllocations)
      #expect(after.launches == before.launches + 35)
    }

    @Test("runs one program on several queues at once, over grids that grow", .needsDevice)
    func queuesSideBySide() async throws {
      // Groups that take a while.
      let program = ElementwiseProgram(inputs: [.float32]) { x, _ in
        [(0..<20).reduce(x[0]) { value, _ in value + (value - 0.75).tanh() }]
      }
      let backends = try (0..<2).map { _ in try UnderTest.discovery.open("opencl", profile: .test) }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for backend in backends {
          group.addTask {
            let most = 64 * 200
            let view = HostView([Float](repeating: 0.75, count: most), [most]).on(backend)
            for count in stride(from: 64, through: most, by: 64) {
              var part = view
              part.layout = Layout(contiguous: [count])
              backend.map(program, inputs: [part], parameters: [], outputs: [part])
            }
            let values = try backend.floats(view)
            #expect(values.allSatisfy { $0 == 0.75 })
          }
        }
        try await group.waitForAll()
      }
    }
  }
#endif
