import MartletBackend
import MartletReferenceBackend
import Testing

@Suite("Element-wise programs") struct MapTests {
  @Test("run over broadcast, flipped and offset views", arguments: backends)
  func layouts(on backend: ReferenceBackend) throws {
    var row = backend.view([1, 2, 3, 4] as [Float], [4])
    row.layout = row.layout.sliced(axis: 0, from: 3, count: 3, step: -1)
    row.layout = try row.layout.broadcast(to: [2, 3])
    var column = backend.view([10, 20] as [Float], [2, 1])
    column.layout = try column.layout.broadcast(to: [2, 3])
    let sum = ElementwiseProgram(inputs: [.float32, .float32], parameters: [.float32]) { x, p in
      [x[0] + x[1] * p[0], x[1] .> 15]
    }
    let (y, isLarge) = (backend.empty([2, 3]), backend.empty([2, 3], .bool))
    backend.map(sum, inputs: [row, column], parameters: [.float32(10)], outputs: [y, isLarge])
    #expect(try backend.elements(y) == [104, 103, 102, 204, 203, 202])
    #expect(try backend.elements(isLarge, as: UInt8.self) == [0, 0, 0, 1, 1, 1])
  }

  @Test("number elements and coordinates in the shape of the outputs", arguments: backends)
  func coordinates(on backend: ReferenceBackend) throws {
    let program = ElementwiseProgram(inputs: [], parameters: [.int32, .int32, .int32, .int32]) { _, _ in
      [.coordinate(axis: 0) * .integer(10) + .coordinate(axis: 1), .randomBits(firstParameter: 0, salt: 5)]
    }
    var (numbers, words) = (backend.empty([3, 2], .int32), backend.empty([2, 3], .int32))
    numbers.layout = numbers.layout.transposed([1, 0])
    let key = RandomKey(seed: 0x1_0000_0002, stream: 3, draw: 4)
    backend.map(program, inputs: [], parameters: key.parameters, outputs: [numbers, words])
    #expect(try backend.elements(numbers, as: Int32.self) == [0, 10, 1, 11, 2, 12])
    let expected = (0..<6).map { Philox(seed: key.seed).word(element: $0, salt: 5, draw: 4, stream: 3) }
    #expect(try backend.elements(words, as: UInt32.self) == expected)
  }

  @Test("see bytes as whole numbers and keep their low eight bits")
  func bytes() throws {
    let backend = ReferenceBackend()
    let x = backend.view([0, 1, 128, 255] as [UInt8], [4], .uint8)
    let y = backend.empty([4], .uint8)
    let program = ElementwiseProgram(inputs: [.int32]) { x, _ in [x[0] + .integer(3)] }
    backend.map(program, inputs: [x], parameters: [], outputs: [y])
    #expect(try backend.elements(y, as: UInt8.self) == [3, 4, 131, 2])
  }
}

@Suite("Reductions") struct ReductionTests {
  private func reduce(
    _ view: View, _ combiner: Combiner, _ axes: [Int], on backend: ReferenceBackend, dtype: DType = .float32
  ) -> View {
    let output = backend.empty(view.shape.reduced(along: axes), dtype)
    let type = view.dtype.laneType
    backend.reduce(
      ElementwiseProgram(inputs: [type]) { x, _ in [x[0]] }, combiners: [combiner], axes: axes, inputs: [view],
      parameters: [], epilogue: nil, outputs: [output])
    return output
  }

  @Test("combine along one axis or several", arguments: backends)
  func axes(on backend: ReferenceBackend) throws {
    let x = backend.view((1...12).map(Float.init), [2, 3, 2])
    #expect(try backend.elements(reduce(x, .sum, [1], on: backend)) == [9, 12, 27, 30])
    #expect(try backend.elements(reduce(x, .product, [2], on: backend)) == [2, 12, 30, 56, 90, 132])
    #expect(try backend.elements(reduce(x, .maximum, [0, 2], on: backend)) == [8, 10, 12])
    #expect(try backend.elements(reduce(x, .minimum, [0, 1, 2], on: backend)) == [1])
  }

  @Test("give the first of equal extremes, and NaN before all", arguments: backends)
  func ties(on backend: ReferenceBackend) throws {
    let x = backend.view([1, 3, 3, 1, .nan, 5, 0.0, -0.0, -1] as [Float], [3, 3])
    let largest = reduce(x, .argumentOfMaximum, [1], on: backend, dtype: .int32)
    let smallest = reduce(x, .argumentOfMinimum, [1], on: backend, dtype: .int32)
    #expect(try backend.elements(largest, as: Int32.self) == [1, 1, 0])
    #expect(try backend.elements(smallest, as: Int32.self) == [0, 1, 2])
    #expect(try backend.elements(reduce(x, .maximum, [1], on: backend))[1].isNaN)
  }

  @Test("number the elements in row-major order of the reduced axes", arguments: backends)
  func argumentOverAxes(on backend: ReferenceBackend) throws {
    let x = backend.view([0, 0, 0, 9, 0, 0, 0, 7] as [Int32], [2, 2, 2], .int32)
    #expect(
      try backend.elements(reduce(x, .argumentOfMaximum, [0, 2], on: backend, dtype: .int32), as: Int32.self) == [0, 1])
  }

  @Test("of nothing are the identity", arguments: backends)
  func empty(on backend: ReferenceBackend) throws {
    let x = backend.empty([0, 2])
    #expect(try backend.elements(reduce(x, .sum, [0], on: backend), as: UInt32.self) == [0, 0])
    #expect(try backend.elements(reduce(x, .product, [0], on: backend)) == [1, 1])
    #expect(try backend.elements(reduce(x, .maximum, [0], on: backend)) == [-.infinity, -.infinity])
    let index = reduce(x, .argumentOfMinimum, [0], on: backend, dtype: .int32)
    #expect(try backend.elements(index, as: Int32.self) == [0, 0])
  }

  @Test("pass several results through one epilogue", arguments: backends)
  func epilogue(on backend: ReferenceBackend) throws {
    let x = backend.view([1, 2, 3, 4] as [Float], [2, 2])
    let program = ElementwiseProgram(inputs: [.float32]) { x, _ in [x[0], x[0] * x[0]] }
    let variance = ElementwiseProgram(inputs: [.float32, .float32], parameters: [.float32]) { r, p in
      [r[1] / p[0] - (r[0] / p[0]) * (r[0] / p[0])]
    }
    let y = backend.empty([2, 1])
    backend.reduce(
      program, combiners: [.sum, .sum], axes: [1], inputs: [x], parameters: [],
      epilogue: Epilogue(variance, parameters: [.float32(2)]), outputs: [y])
    #expect(try backend.elements(y) == [0.25, 0.25])
  }

  // Next to 2²⁴ a 1 is lost. In the first chunk that befalls the 63 that share lane 0 with it, of 1023; then the 1 of the
  // second chunk.
  @Test("add in sixteen lanes and chunks of 1024")
  func canonicalOrder() throws {
    var x = [Float](repeating: 1, count: 1025)
    x[0] = 0x1p24
    let canonical = ReferenceBackend(arithmetic: .canonical)
    #expect(try canonical.elements(reduce(canonical.view(x, [1025]), .sum, [0], on: canonical)) == [0x1p24 + 960])
    let accurate = ReferenceBackend()
    #expect(try accurate.elements(reduce(accurate.view(x, [1025]), .sum, [0], on: accurate)) == [0x1p24 + 1024])
  }
}
