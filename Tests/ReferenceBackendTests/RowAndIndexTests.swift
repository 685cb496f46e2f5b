import MartletBackend
import MartletReferenceBackend
import Testing

@Suite("Rows") struct RowTests {
  @Test("become probabilities, however large", arguments: backends)
  func softmax(on backend: ReferenceBackend) throws {
    let x = backend.view([1000, 1000, 0, 0] as [Float], [2, 2])
    let y = backend.empty([2, 2])
    backend.softmaxRows(x, logarithmic: false, output: y)
    #expect(try backend.elements(y) == [0.5, 0.5, 0.5, 0.5])
    backend.softmaxRows(x, logarithmic: true, output: y)
    #expect(try backend.elements(y).allSatisfy { abs($0 + 0.693_147_18) < 1e-7 })
  }

  @Test("follow the definition of softmax", arguments: backends)
  func softmaxValues(on backend: ReferenceBackend) throws {
    let y = backend.empty([1, 3])
    backend.softmaxRows(backend.view([1, 2, 3] as [Float], [1, 3]), logarithmic: false, output: y)
    // e⁻²/(1 + e⁻¹ + e⁻²) and so on, to nine digits.
    let expected: [Float] = [0.090_030_573, 0.244_728_471, 0.665_240_956]
    #expect(try zip(backend.elements(y), expected).allSatisfy { abs($0 - $1) < 1e-7 })
  }

  @Test("are summed up from either end, with or without themselves", arguments: backends)
  func scan(on backend: ReferenceBackend) throws {
    let x = backend.view([1, 2, 3, 10, 20, 30] as [Float], [2, 3])
    let y = backend.empty([2, 3])
    func sums(exclusive: Bool, reversed: Bool) throws -> [Float] {
      backend.scan(x, exclusive: exclusive, reversed: reversed, output: y)
      return try backend.elements(y)
    }
    #expect(try sums(exclusive: false, reversed: false) == [1, 3, 6, 10, 30, 60])
    #expect(try sums(exclusive: true, reversed: false) == [0, 1, 3, 0, 10, 30])
    #expect(try sums(exclusive: false, reversed: true) == [6, 5, 3, 60, 50, 30])
    #expect(try sums(exclusive: true, reversed: true) == [5, 3, 0, 50, 30, 0])
    let wrapped = backend.empty([1, 2], .int32)
    backend.scan(
      backend.view([.max, 1] as [Int32], [1, 2], .int32), exclusive: false, reversed: false, output: wrapped)
    #expect(try backend.elements(wrapped, as: Int32.self) == [.max, .min])
  }

  @Test("are sorted stably both ways, NaN as the largest", arguments: backends)
  func sort(on backend: ReferenceBackend) throws {
    let x = backend.view([2, .nan, 1, 2, -.infinity, 1, .nan] as [Float], [1, 7])
    let (values, indices) = (backend.empty([1, 7]), backend.empty([1, 7], .int32))
    backend.sort(x, descending: false, values: values, indices: indices)
    #expect(try backend.elements(indices, as: Int32.self) == [4, 2, 5, 0, 3, 1, 6])
    #expect(try Array(backend.elements(values).prefix(5)) == [-.infinity, 1, 1, 2, 2])
    backend.sort(x, descending: true, values: values, indices: indices)
    #expect(try backend.elements(indices, as: Int32.self) == [1, 6, 0, 3, 2, 5, 4])
  }
}

@Suite("Gather and scatter") struct IndexTests {
  @Test("rows are fetched, and zero outside the table", arguments: backends)
  func gather(on backend: ReferenceBackend) throws {
    let table = backend.view([1, 2, 3, 4, 5, 6] as [Float], [1, 3, 2])
    let indices = backend.view([2, -1, 0, 3, 2] as [Int32], [5], .int32)
    let y = backend.empty([1, 5, 2])
    backend.gather(table, indices: indices, output: y)
    #expect(try backend.elements(y) == [5, 6, 0, 0, 1, 2, 0, 0, 5, 6])
  }

  @Test("updates are added to what is there, and left out outside", arguments: backends)
  func scatterAdd(on backend: ReferenceBackend) throws {
    let updates = backend.view([1, 2, 4, 8] as [Float], [1, 4, 1])
    let indices = backend.view([1, 5, 1, -2] as [Int32], [4], .int32)
    let output = backend.view([100, 200] as [Float], [1, 2, 1])
    backend.scatterAdd(updates, indices: indices, output: output)
    #expect(try backend.elements(output) == [100, 205])
  }
}

@Suite("Memory") struct MemoryTests {
  @Test("arrives full of NaN, new and recycled")
  func poison() throws {
    let backend = ReferenceBackend()
    for _ in 0..<2 {
      let view = backend.empty([100])
      #expect(try backend.elements(view).allSatisfy(\.isNaN))
      backend.map(
        ElementwiseProgram(inputs: []) { _, _ in [1] }, inputs: [], parameters: [], outputs: [view])
      #expect(try backend.elements(view).allSatisfy { $0 == 1 })
    }
    #expect(backend.statistics.systemAllocations == 1)
    #expect(backend.statistics.launches == 2)
    #expect(backend.statistics.bytesInUse == 0)
  }

  @Test("that cannot be had is an error at the next download, once")
  func outOfMemory() throws {
    let backend = ReferenceBackend()
    let huge = View(
      storage: backend.allocate(byteCount: .max / 8), layout: Layout(contiguous: [4]), dtype: .float32)
    let y = backend.empty([4])
    backend.map(identity, inputs: [huge], parameters: [], outputs: [y])
    #expect(throws: BackendError.self) { try backend.elements(y) }
    #expect(try backend.elements(y).count == 4)
  }
}
