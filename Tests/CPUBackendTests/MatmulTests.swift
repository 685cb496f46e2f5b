import MartletBackend
import MartletCPUBackend
import Testing

@Suite("CPU matmul") struct MatmulTests {
  /// Sizes around one and two vectors, one tile, one panel, one block of steps, and the switches between operands read where
  /// they are, packed before and packed in passing; batches of small matrices that share a task.
  private static let sizes: [[Int]] = [
    [1, 1, 1, 1], [1, 2, 3, 4], [1, 5, 7, 3], [3, 4, 5, 6], [1, 13, 17, 15], [1, 14, 16, 16], [1, 15, 31, 17],
    [2, 29, 33, 31], [1, 28, 64, 32], [1, 43, 19, 33], [1, 100, 10, 47], [1, 97, 3, 64], [2, 90, 11, 65],
    [1, 1, 50, 40], [1, 40, 50, 1], [1, 1, 900, 2], [1, 17, 385, 20], [1, 120, 800, 34], [1, 250, 1, 290],
    [1, 5, 129, 63], [1, 7, 128, 65], [1, 6, 127, 64], [1, 13, 300, 70], [3, 37, 20, 66], [1, 1, 257, 100],
    [40, 4, 4, 4], [2, 33, 130, 129], [1, 40, 1600, 130], [1, 64, 17, 1], [1, 33, 9, 10],
    [1, 120, 40, 33], [1, 150, 19, 66], [1, 90, 33, 4],
    [5, 7, 0, 3], [1, 0, 4, 4], [0, 3, 3, 3],
  ]

  /// One chain of fused multiply-adds per element in ascending k: the specification, word for word.
  private func chains(
    _ a: [Float], _ b: [Float], _ c: [Float], batch: Int, rows: Int, steps: Int, columns: Int, sharedB: Bool = false
  ) -> [Float] {
    var result = c
    for matrix in 0..<batch {
      for i in 0..<rows {
        for j in 0..<columns {
          var sum = c[(matrix * rows + i) * columns + j]
          for k in 0..<steps {
            let bElement = b[((sharedB ? 0 : matrix) * steps + k) * columns + j]
            sum.addProduct(a[(matrix * rows + i) * steps + k], bElement)
          }
          result[(matrix * rows + i) * columns + j] = sum
        }
      }
    }
    return result
  }

  @Test("is one chain per element, for every instruction set and thread count", arguments: sizes)
  func dense(size: [Int]) throws {
    let (batch, rows, steps, columns) = (size[0], size[1], size[2], size[3])
    let a = noise(batch * rows * steps, seed: 1)
    let b = noise(batch * steps * columns, seed: 2)
    let start = noise(batch * rows * columns, seed: 3)
    let zero = [Float](repeating: 0, count: start.count)
    let fromZero = chains(a, b, zero, batch: batch, rows: rows, steps: steps, columns: columns)
    let fromStart = chains(a, b, start, batch: batch, rows: rows, steps: steps, columns: columns)
    for backend in backendsUnderTest {
      let (x, y) = (backend.tensor(a, [batch, rows, steps]), backend.tensor(b, [batch, steps, columns]))
      let c = backend.unwritten([batch, rows, columns])
      backend.matmul(x, y, accumulate: false, epilogue: nil, into: c)
      expectIdentical(try backend.contents(of: c), fromZero, "\(size) on \(backend.capabilities.deviceName)")
      let d = backend.tensor(start, [batch, rows, columns])
      backend.matmul(x, y, accumulate: true, epilogue: nil, into: d)
      expectIdentical(try backend.contents(of: d), fromStart, "\(size), accumulating")
    }
  }

  @Test("takes transposed operands as they are, and writes a transposed result", arguments: sizes)
  func transposed(size: [Int]) throws {
    let (batch, rows, steps, columns) = (size[0], size[1], size[2], size[3])
    let a = noise(batch * rows * steps, seed: 4)
    let b = noise(batch * steps * columns, seed: 5)
    let expected = chains(
      a, b, [Float](repeating: 0, count: batch * rows * columns), batch: batch, rows: rows, steps: steps,
      columns: columns)
    func flipped(_ x: [Float], _ rows: Int, _ columns: Int) -> [Float] {
      (0..<(batch * rows * columns)).map { target -> Float in
        let (m, j, i) = (target / (rows * columns), target / rows % columns, target % rows)
        return x[(m * rows + i) * columns + j]
      }
    }
    for backend in backendsUnderTest {
      for mask in 1..<8 {
        func operand(_ elements: [Float]?, _ rows: Int, _ columns: Int, flip: Bool) -> View {
          let shape: Shape = flip ? [batch, columns, rows] : [batch, rows, columns]
          var view =
            elements.map { backend.tensor(flip ? flipped($0, rows, columns) : $0, shape) } ?? backend.unwritten(shape)
          if flip { view.layout = view.layout.transposed([0, 2, 1]) }
          return view
        }
        let c = operand(nil, rows, columns, flip: mask & 4 != 0)
        backend.matmul(
          operand(a, rows, steps, flip: mask & 1 != 0), operand(b, steps, columns, flip: mask & 2 != 0),
          accumulate: false, epilogue: nil, into: c)
        expectIdentical(
          try backend.contents(of: c), mask & 4 != 0 ? flipped(expected, rows, columns) : expected,
          "\(size), transposes \(mask), \(backend.instructionSet)")
      }
    }
  }

  /// With a gradient of 0 from the first step on, Adam leaves the parameter as it is, and marks it as one.
  private func train(_ weights: View, on backend: CPUBackend) {
    let adam = ElementwiseProgram(
      inputs: [LaneType](repeating: .float32, count: 4), parameters: [LaneType](repeating: .float32, count: 4)
    ) { x, p in
      let m = x[1] + (x[3] - x[1]) * p[1]
      let v = x[2] + (x[3] * x[3] - x[2]) * p[2]
      return [x[0] - m * p[0] / (v.squareRoot() + p[3]), m, v]
    }
    let zero = [Float](repeating: 0, count: weights.shape.elementCount)
    let inputs = [weights] + (0..<3).map { _ in backend.tensor(zero, weights.shape) }
    backend.mapEach(
      adam, [MapOperands(inputs: inputs, outputs: Array(inputs[..<3]))], parameters: [1, 1, 1, 1].map(Scalar.float32))
  }

  @Test(
    "is the same chain where threads hand it on to each other, as they do over weights that a step of Adam has changed",
    arguments: [[33, 300, 130], [20, 257, 200], [128, 1000, 64]])
  func relayed(size: [Int]) throws {
    let (rows, steps, columns) = (size[0], size[1], size[2])
    let a = noise(rows * steps, seed: 20)
    let b = noise(steps * columns, seed: 21)
    let bias = noise(columns, seed: 22)
    let start = noise(rows * columns, seed: 23)
    let plain = chains(a, b, start, batch: 1, rows: rows, steps: steps, columns: columns)
    let relu = ElementwiseProgram(inputs: [.float32, .float32]) { x, _ in [.maximum(x[0] + x[1], 0)] }
    let doubled = ElementwiseProgram(inputs: [.float32]) { x, _ in [x[0] + x[0]] }
    for backend in backendsUnderTest {
      let (x, weights) = (backend.tensor(a, [1, rows, steps]), backend.tensor(b, [1, steps, columns]))
      train(weights, on: backend)
      let shape: Shape = [1, rows, columns]
      let rectified = Epilogue(relu, inputs: [try backend.vector(bias, over: shape)])
      for (epilogue, expected) in [
        (nil, plain), (rectified, plain.indices.map { Swift.max(plain[$0] + bias[$0 % columns], 0) }),
        (Epilogue(doubled), plain.map { $0 + $0 }),
      ] {
        let c = backend.tensor(start, shape)
        backend.matmul(x, weights, accumulate: true, epilogue: epilogue, into: c)
        expectIdentical(try backend.contents(of: c), expected, "\(size) on \(backend.capabilities.deviceName)")
      }
    }
  }

  @Test("takes one matrix for a whole batch, rows in reverse, and every other column")
  func strided() throws {
    let (batch, rows, steps, columns) = (3, 21, 18, 35)
    let a = noise(batch * rows * steps, seed: 6)
    let b = noise(steps * columns, seed: 7)
    let expected = chains(
      a, b, [Float](repeating: 0, count: batch * rows * columns), batch: batch, rows: rows, steps: steps,
      columns: columns, sharedB: true)
    for backend in backendsUnderTest {
      var shared = backend.tensor(b, [1, steps, columns])
      shared.layout = try shared.layout.broadcast(to: [batch, steps, columns])
      let c = backend.unwritten([batch, rows, columns])
      backend.matmul(backend.tensor(a, [batch, rows, steps]), shared, accumulate: false, epilogue: nil, into: c)
      expectIdentical(try backend.contents(of: c), expected, "a broadcast b")

      let reversedRows = (0..<(batch * rows)).flatMap { row -> ArraySlice<Float> in
        let mirrored = row / rows * rows + (rows - 1 - row % rows)
        return a[(mirrored * steps)..<((mirrored + 1) * steps)]
      }
      var flippedA = backend.tensor(reversedRows, [batch, rows, steps])
      flippedA.layout = flippedA.layout.sliced(axis: 1, from: rows - 1, count: rows, step: -1)
      var sparse = backend.tensor([Float](repeating: 7, count: batch * rows * columns * 2), [batch, rows, columns * 2])
      sparse.layout = sparse.layout.sliced(axis: 2, from: 1, count: columns, step: 2)
      backend.matmul(flippedA, shared, accumulate: false, epilogue: nil, into: sparse)
      expectIdentical(
        try backend.contents(of: sparse), expected.flatMap { [7, $0] }, "reversed rows into every other column")
    }
  }

  @Test(
    "adds a bias and rectifies as the program says, -0 and NaN included", arguments: [[30, 3, 37], [40, 300, 130]])
  func epilogues(size: [Int]) throws {
    let (rows, steps, columns) = (size[0], size[1], size[2])
    var a = noise(rows * steps, seed: 8)
    for k in 0..<steps { (a[k], a[steps + k]) = (0, .nan) }
    let b = noise(steps * columns, seed: 9)
    var bias = noise(columns, seed: 10)
    bias[3] = -0.0
    let plain = chains(
      a, b, [Float](repeating: 0, count: rows * columns), batch: 1, rows: rows, steps: steps, columns: columns)
    let programs: [(ElementwiseProgram, (Float, Float) -> Float)] = [
      (ElementwiseProgram(inputs: [.float32]) { x, _ in [x[0]] }, { x, _ in x }),
      (ElementwiseProgram(inputs: [.float32, .float32]) { x, _ in [x[0] + x[1]] }, { $0 + $1 }),
      (
        ElementwiseProgram(inputs: [.float32, .float32]) { x, _ in [.maximum(x[1] + x[0], 0)] },
        { 0 > $0 + $1 ? 0 : $0 + $1 }
      ),
      (
        ElementwiseProgram(inputs: [.float32, .float32]) { x, _ in [.maximum(0, x[0] + x[1])] },
        { $0 + $1 > 0 || ($0 + $1).isNaN ? $0 + $1 : 0 }
      ),
      (ElementwiseProgram(inputs: [.float32]) { x, _ in [.maximum(x[0], 0)] }, { x, _ in 0 > x ? 0 : x }),
      (ElementwiseProgram(inputs: [.float32, .float32]) { x, _ in [x[0] * x[1] - x[0]] }, { $0 * $1 - $0 }),
    ]
    for backend in backendsUnderTest {
      for (program, definition) in programs {
        let c = backend.unwritten([1, rows, columns])
        let extra = program.inputs.count > 1 ? [try backend.vector(bias, over: [1, rows, columns])] : []
        backend.matmul(
          backend.tensor(a, [1, rows, steps]), backend.tensor(b, [1, steps, columns]), accumulate: false,
          epilogue: Epilogue(program, inputs: extra), into: c)
        let expected = plain.indices.map { definition(plain[$0], bias[$0 % columns]) }
        let actual = try backend.contents(of: c)
        expectIdentical(
          actual.map { $0.isNaN ? .nan : $0 }, expected.map { $0.isNaN ? .nan : $0 }, "\(backend.instructionSet)")
      }
    }
  }
}
