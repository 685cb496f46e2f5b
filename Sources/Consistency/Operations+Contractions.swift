import MartletBackend

extension Operation {
  static var contractions: [Operation] { [matmul, matmulWithEpilogue, recurrence, simpleRecurrence] }

  private static let matmul = Operation(name: "matmul", caseCount: 90) { g in
    let (batch, m, n, k) = g.matmulExtents()
    let accumulate = g.index % 3 == 2
    let values = g.values()
    let operands = [
      g.input([batch, m, k], .float32, values), g.input([batch, k, n], .float32, values),
      g.output([batch, m, n], .float32, accumulate ? values : .junk),
    ]
    return Case(
      setting: "matmul\(accumulate ? ", accumulated" : "")", operands: operands, outputs: [2],
      tolerance: Tolerance(termCount: k + 1)
    ) { backend, views in
      backend.matmul(views[0], views[1], accumulate: accumulate, epilogue: nil, into: views[2])
    }
  }

  private static let matmulWithEpilogue = Operation(name: "matmul with epilogue", caseCount: 40) { g in
    let (batch, m, n, k) = g.matmulExtents()
    let accumulate = g.index % 3 == 2
    let epilogue = g.epilogue(over: [batch, m, n])
    let operands =
      [
        g.input([batch, m, k]), g.input([batch, k, n]),
        g.output([batch, m, n], .float32, accumulate ? .ordinary : .junk),
      ]
      + epilogue.inputs
    return Case(
      setting: "matmul\(accumulate ? ", accumulated" : "") then \(epilogue.program)", operands: operands, outputs: [2],
      tolerance: Tolerance(ulp: 2, termCount: k + 2)
    ) { backend, views in
      backend.matmul(
        views[0], views[1], accumulate: accumulate,
        epilogue: Epilogue(epilogue.program, inputs: Array(views.dropFirst(3)), parameters: epilogue.parameters),
        into: views[2])
    }
  }
}

/// An epilogue of one result before its inputs are on a backend.
struct EpilogueCase {
  let program: ElementwiseProgram
  let inputs: [HostOperand]
  var parameters: [Scalar] = []
}

extension CaseGenerator {
  fileprivate mutating func matmulExtents() -> (batch: Int, m: Int, n: Int, k: Int) {
    let budget = budget(300_000, large: 6_000_000)
    let long = chance(0.3) ? 2049 : isLarge ? 251 : 129
    var extents = [extent(upTo: long), extent(upTo: isLarge ? 251 : 129), extent(upTo: isLarge ? 251 : 65)]
    while extents.reduce(1, *) > budget { extents[1] = (extents[1] + 1) / 2; extents[2] = (extents[2] + 1) / 2 }
    extents.shuffle(using: &self)
    let batch = chance(0.6) ? 1 : extent(upTo: max(1, min(9, budget / max(1, extents.reduce(1, *)))))
    return (batch, extents[0], extents[1], extents[2])
  }

  /// A bias with an activation, a residual, a scale: what layers ask for. None of them enlarges an error by more than the
  /// same computation with all signs positive shows.
  mutating func epilogue(over shape: Shape) -> EpilogueCase {
    switch index % 4 {
    case 0:
      return EpilogueCase(
        program: ElementwiseProgram(inputs: [.float32, .float32]) { x, _ in [x[0] + x[1]] },
        inputs: [lastAxisInput(shape)])
    case 1:
      return EpilogueCase(
        program: ElementwiseProgram(inputs: [.float32, .float32]) { x, _ in [.maximum(x[0] + x[1], 0)] },
        inputs: [lastAxisInput(shape)])
    case 2:
      return EpilogueCase(
        program: ElementwiseProgram(inputs: [.float32, .float32, .float32], parameters: [.float32]) { x, p in
          let y = x[0] + x[1]
          return [.select(y .> 0, y, y * p[0]) + x[2]]
        }, inputs: [lastAxisInput(shape), input(shape)], parameters: [.float32(0.25)])
    default:
      return EpilogueCase(
        program: ElementwiseProgram(inputs: [.float32], parameters: [.float32]) { x, p in [x[0] * p[0]] }, inputs: [],
        parameters: [.float32(0.5)])
    }
  }

  /// A vector along the last axis, stretched over the others.
  private mutating func lastAxisInput(_ shape: Shape) -> HostOperand {
    let last = shape.rank - 1
    var operand = input([shape[last]])
    var strides = Strides(repeating: 0, rank: shape.rank)
    strides[last] = operand.layout.strides[0]
    operand.layout = Layout(shape: shape, strides: strides, offset: operand.layout.offset)
    return operand
  }
}

extension CaseGenerator: RandomNumberGenerator {
  mutating func next() -> UInt64 { UInt64(word()) << 32 | UInt64(word()) }
}
