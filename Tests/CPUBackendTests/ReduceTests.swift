import MartletBackend
import MartletCPUBackend
import Testing

/// The definition in `Backend`, word for word: chunks of 1024, 16 lanes, folded 8, 4, 2 and 1 apart, chunks in order.
private func canonical<Value>(_ elements: [Value], identity: Value, _ combine: (Value, Value) -> Value) -> Value {
  var total: Value?
  for start in stride(from: 0, to: max(1, elements.count), by: 1024) {
    var lanes = Array(repeating: identity, count: 16)
    for (i, element) in elements[start..<min(start + 1024, elements.count)].enumerated() {
      lanes[i % 16] = combine(lanes[i % 16], element)
    }
    for apart in [8, 4, 2, 1] {
      for l in 0..<apart { lanes[l] = combine(lanes[l], lanes[l + apart]) }
    }
    total = total.map { combine($0, lanes[0]) } ?? lanes[0]
  }
  return total ?? identity
}

private func reduced(_ elements: [Float], _ combiner: Combiner) -> UInt32 {
  func index(_ isBetter: (Float, Float) -> Bool) -> UInt32 {
    var best = 0
    for i in elements.indices.dropFirst() where isBetter(elements[i], elements[best]) { best = i }
    return UInt32(best)
  }
  return switch combiner {
  case .sum: canonical(elements, identity: 0, +).bitPattern
  case .product: canonical(elements, identity: 1, *).bitPattern
  case .maximum: canonical(elements, identity: -.infinity) { $1 > $0 || $1.isNaN ? $1 : $0 }.bitPattern
  case .minimum: canonical(elements, identity: .infinity) { $1 < $0 || $1.isNaN ? $1 : $0 }.bitPattern
  case .argumentOfMaximum: index { $0 > $1 || $0.isNaN && !$1.isNaN }
  case .argumentOfMinimum: index { $0 < $1 || $0.isNaN && !$1.isNaN }
  }
}

private func reduced(_ elements: [Int32], _ combiner: Combiner) -> UInt32 {
  switch combiner {
  case .sum: UInt32(bitPattern: elements.reduce(0, &+))
  case .product: UInt32(bitPattern: elements.reduce(1, &*))
  case .maximum: UInt32(bitPattern: elements.max() ?? .min)
  case .minimum: UInt32(bitPattern: elements.min() ?? .max)
  case .argumentOfMaximum: UInt32(elements.max().flatMap { elements.firstIndex(of: $0) } ?? 0)
  case .argumentOfMinimum: UInt32(elements.min().flatMap { elements.firstIndex(of: $0) } ?? 0)
  }
}

@Suite("CPU reduce") struct ReduceTests {
  struct Case: CustomStringConvertible, Sendable {
    let shape: Shape
    let axes: [Int]
    var description: String { "\(shape) along \(axes)" }
  }

  static let cases: [Case] = [
    ([1], [0]), ([0], [0]), ([0, 5], [0]), ([3, 0], [1]), ([5, 1], [1]), ([10], [0]), ([17], [0]), ([1024], [0]),
    ([1025], [0]), ([5000], [0]), ([128, 10], [1]), ([128, 10], [0]), ([7, 300], [1]), ([3, 1100], [1]),
    ([2, 4099], [1]),
    ([2500, 32], [0]), ([1040, 3], [0]), ([33, 700], [0]), ([1030, 260], [0]), ([6, 50, 9], [1]),
    ([40, 7, 9], [0, 2]),
    ([5, 6, 7, 8], [0, 1, 2]), ([5, 6, 7, 8], [1, 3]), ([5, 6, 7, 8], [0, 1, 2, 3]), ([20, 30, 1, 16], [0, 1]),
    ([200_000], [0]), ([2, 9000], [0]), ([5, 3000], [0]), ([3, 2, 2500], [1]), ([60, 40, 40], [0, 1]),
  ].map { Case(shape: $0, axes: $1) }

  /// For each result the elements that make it up, in row-major order of the reduced axes.
  private func groups(_ operand: HostOperand, _ axes: [Int]) -> [[UInt32]] {
    let target = operand.layout.shape.reduced(along: axes)
    var groups = Array(repeating: [UInt32](), count: target.elementCount)
    operand.layout.shape.forEachCoordinate { _, coordinates in
      var position = 0
      for axis in target.indices { position = position * target[axis] + (target[axis] == 1 ? 0 : coordinates[axis]) }
      groups[position].append(operand[coordinates])
    }
    return groups
  }

  static let combiners: [Combiner] = [
    .sum, .product, .maximum, .minimum, .argumentOfMaximum, .argumentOfMinimum,
  ]

  @Test("combines floats in the canonical order", arguments: cases)
  func floats(_ test: Case) throws {
    let program = ElementwiseProgram(inputs: [.float32]) { x, _ in x }
    for hasSpecials in [false, true] {
      let input = HostOperand(Layout(contiguous: test.shape), seed: 1, hasSpecials: hasSpecials)
      let groups = groups(input, test.axes).map { $0.map { Float(bitPattern: $0) } }
      for combiner in Self.combiners {
        try expectReduce(program, combiner, test, [input], [], groups.map { reduced($0, combiner) })
      }
    }
  }

  @Test("combines integers", arguments: cases)
  func integers(_ test: Case) throws {
    let program = ElementwiseProgram(inputs: [.int32]) { x, _ in x }
    let input = HostOperand(Layout(contiguous: test.shape), .int32, seed: 2)
    let groups = groups(input, test.axes).map { $0.map { Int32(bitPattern: $0) } }
    for combiner in Self.combiners {
      try expectReduce(program, combiner, test, [input], [], groups.map { reduced($0, combiner) })
    }
  }

  @Test("evaluates a program first, over operands of any layout", arguments: cases)
  func programs(_ test: Case) throws {
    let shape = test.shape
    let program = ElementwiseProgram(inputs: [.float32, .float32, .int32], parameters: [.float32]) { x, p in
      [(x[0] - x[1]) * p[0] + (x[2] * .coordinate(axis: 0)).cast(to: .float32)]
    }
    let vector = Layout(shape: shape, varyingAlong: shape.rank - 1)
    let reversed = Array(shape.indices.reversed())
    let permuted = Layout(contiguous: Layout(contiguous: shape).transposed(reversed).shape).transposed(reversed)
    let inputs = [
      HostOperand(permuted, seed: 3, hasSpecials: false), HostOperand(vector, seed: 4, hasSpecials: false),
      HostOperand(Layout(contiguous: shape), .uint8, seed: 5),
    ]
    let values = evaluated(program, inputs, [.float32(0.3)], into: program.results(shape))[0]
    let groups = groups(values, test.axes).map { $0.map { Float(bitPattern: $0) } }
    try expectReduce(program, .sum, test, inputs, [.float32(0.3)], groups.map { reduced($0, .sum) })
  }

  private func expectReduce(
    _ program: ElementwiseProgram, _ combiner: Combiner, _ test: Case, _ inputs: [HostOperand],
    _ parameters: [Scalar], _ expected: [UInt32], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let isArgument = combiner == .argumentOfMaximum || combiner == .argumentOfMinimum
    let dtype: DType = isArgument ? .int32 : program.outputTypes[0].dtype
    let output = HostOperand(Layout(contiguous: test.shape.reduced(along: test.axes)), dtype, seed: 8)
    var wanted = output
    wanted.words = expected
    for backend in backendsUnderTest {
      let target = output.uploaded(to: backend)
      backend.reduce(
        program, combiners: [combiner], axes: test.axes, inputs: inputs.map { $0.uploaded(to: backend) },
        parameters: parameters, epilogue: nil, outputs: [target])
      let difference = try output.downloaded(from: target).difference(from: wanted)
      #expect(
        difference == nil, "\(combiner) on \(backend.capabilities.deviceName)", sourceLocation: sourceLocation)
    }
  }

  @Test("gives several results of one pass to an epilogue")
  func momentsWithEpilogue() throws {
    // Mean, variance and the largest element of each column, from one pass over the elements.
    let shape: Shape = [1300, 12]
    let program = ElementwiseProgram(inputs: [.float32]) { x, _ in [x[0], x[0] * x[0], x[0]] }
    let epilogue = ElementwiseProgram(inputs: Array(repeating: .float32, count: 4), parameters: [.float32]) { x, p in
      let mean = x[0] * p[0]
      return [mean, x[1] * p[0] - mean * mean, x[2] + x[3]]
    }
    let input = HostOperand(Layout(contiguous: shape), seed: 6, hasSpecials: false)
    let shift = HostOperand(Layout(contiguous: [1, 12]), seed: 7, hasSpecials: false)
    let scale = Float(1) / 1300
    var expected: [[Float]] = [[], [], []]
    for column in 0..<12 {
      let x = (0..<1300).map { input.floats[$0 * 12 + column] }
      let mean = canonical(x, identity: 0, +) * scale
      expected[0].append(mean)
      expected[1].append(canonical(x.map { $0 * $0 }, identity: 0, +) * scale - mean * mean)
      expected[2].append((x.max() ?? 0) + shift.floats[column])
    }
    for backend in backendsUnderTest {
      let outputs = (0..<3).map { _ in backend.unwritten([1, 12]) }
      backend.reduce(
        program, combiners: [.sum, .sum, .maximum], axes: [0], inputs: [input.uploaded(to: backend)], parameters: [],
        epilogue: Epilogue(epilogue, inputs: [shift.uploaded(to: backend)], parameters: [.float32(scale)]),
        outputs: outputs)
      for index in 0..<3 {
        expectIdentical(
          Array(try backend.contents(of: outputs[index]).prefix(12)), expected[index],
          "result \(index) on \(backend.capabilities.deviceName)")
      }
    }
  }
}
