import MartletBackend
import MartletCPUBackend
import Testing

/// Several tasks read the right operand, whose columns lie dense: it is packed before it is read.
private let (rows, steps, columns) = (100, 50, 70)
private let shape: Shape = [1, columns, steps]

@Suite("CPU packed forms") struct PackedFormsTests {
  private let backend: CPUBackend
  private let a: View
  private let left: [Float]

  init() throws {
    backend = try CPUBackend(threads: 2)
    left = noise(rows * steps, seed: 1)
    a = backend.tensor(left, [1, rows, steps])
  }

  /// a · bᵀ.
  private func product(_ b: View) throws -> [Float] {
    let b = View(storage: b.storage, layout: b.layout.transposed([0, 2, 1]), dtype: .float32)
    let c = backend.unwritten([1, rows, columns])
    backend.matmul(a, b, accumulate: false, epilogue: nil, into: c)
    return try backend.contents(of: c)
  }

  private func chains(_ right: [Float]) -> [Float] {
    (0..<(rows * columns)).map { element in
      let (i, j) = element.quotientAndRemainder(dividingBy: columns)
      var sum: Float = 0
      for k in 0..<steps { sum.addProduct(left[i * steps + k], right[j * steps + k]) }
      return sum
    }
  }

  /// Every way of writing to a tensor of this shape.
  private static let writers: [(String, @Sendable (CPUBackend, View, [Float]) -> Void)] = [
    ("upload", { backend, b, new in new.withUnsafeBytes { backend.upload($0, to: b.storage, atByte: 0) } }),
    (
      "map",
      { backend, b, new in
        let copy = ElementwiseProgram(inputs: [.float32]) { x, _ in [x[0]] }
        backend.map(copy, inputs: [backend.tensor(new, shape)], parameters: [], outputs: [b])
      }
    ),
    (
      "map of another view of the storage",
      { backend, b, new in
        let negated = ElementwiseProgram(inputs: [.float32]) { x, _ in [-x[0]] }
        let flat = View(storage: b.storage, layout: Layout(contiguous: [new.count]), dtype: .float32)
        backend.map(negated, inputs: [backend.tensor(new.map { -$0 }, [new.count])], parameters: [], outputs: [flat])
      }
    ),
    (
      "reduce",
      { backend, b, new in
        let copy = ElementwiseProgram(inputs: [.float32]) { x, _ in [x[0]] }
        backend.reduce(
          copy, combiners: [.maximum], axes: [0], inputs: [backend.tensor(new, shape)], parameters: [], epilogue: nil,
          outputs: [b])
      }
    ),
    (
      "gather",
      { backend, b, new in
        let indices = (0..<UInt32(columns)).map { Float(bitPattern: $0) }
        let view = backend.tensor(indices, [columns])
        backend.gather(
          backend.tensor(new, shape), indices: View(storage: view.storage, layout: view.layout, dtype: .int32),
          output: b)
      }
    ),
    (
      "matmul",
      { backend, b, new in
        let elements = (0..<(columns * columns)).map { Float($0 % (columns + 1) == 0 ? 1 : 0) }
        let one = backend.tensor(elements, [1, columns, columns])
        backend.matmul(one, backend.tensor(new, shape), accumulate: false, epilogue: nil, into: b)
      }
    ),
  ]

  @Test("are never those of earlier contents, whoever wrote the new ones", arguments: writers.indices)
  func writes(writer: Int) throws {
    let (name, write) = Self.writers[writer]
    let old = noise(steps * columns, seed: 2)
    let new = noise(steps * columns, seed: 3)
    let b = backend.tensor(old, shape)
    for _ in 0..<4 { expectIdentical(try product(b), chains(old), "before \(name)") }
    write(backend, b, new)
    for _ in 0..<4 { expectIdentical(try product(b), chains(new), "after \(name)") }
  }

  @Test("are not those of a storage that had the same memory before")
  func recycled() throws {
    for seed: UInt64 in 4..<8 {
      let right = noise(steps * columns, seed: seed)
      let b = backend.tensor(right, shape)
      for _ in 0..<3 { expectIdentical(try product(b), chains(right), "storage \(seed)") }
    }
  }

  @Test("belong to one view of a storage")
  func views() throws {
    let elements = noise(3 * steps * columns, seed: 9)
    let storage = backend.tensor(elements, [3, columns, steps]).storage
    for _ in 0..<4 {
      for part in 0..<3 {
        let first = part * steps * columns
        let layout = Layout(shape: shape, strides: [0, steps, 1], offset: first)
        let b = View(storage: storage, layout: layout, dtype: .float32)
        expectIdentical(try product(b), chains(Array(elements[first..<(first + steps * columns)])), "part \(part)")
      }
      let turned = View(storage: storage, layout: Layout(shape: shape, strides: [0, 1, columns]), dtype: .float32)
      let columnsLast = (0..<(steps * columns)).map { elements[$0 / steps + $0 % steps * columns] }
      expectIdentical(try product(turned), chains(columnsLast), "transposed")
    }
  }

  @Test("take memory from the second use on and give it back with the storage or when it is written")
  func memory() throws {
    let elements = noise(steps * columns, seed: 10)
    let before = backend.statistics.bytesInUse
    do {
      let b = backend.tensor(elements, shape)
      let bare = backend.statistics.bytesInUse
      _ = try product(b)
      #expect(backend.statistics.bytesInUse == bare, "one use")
      for _ in 0..<3 { _ = try product(b) }
      #expect(backend.statistics.bytesInUse > bare, "several uses")
      elements.withUnsafeBytes { backend.upload($0, to: b.storage, atByte: 0) }
      #expect(backend.statistics.bytesInUse == bare, "written")
      for _ in 0..<3 { _ = try product(b) }
    }
    #expect(backend.statistics.bytesInUse == before)
  }

  @Test("come from memory that was used before, so that repeating asks the system for none")
  func steadyState() throws {
    let elements = noise(steps * columns, seed: 11)
    let b = backend.tensor(elements, shape)
    func step() throws {
      elements.withUnsafeBytes { backend.upload($0, to: b.storage, atByte: 0) }
      for _ in 0..<5 { _ = try product(b) }
    }
    try step()
    try step()
    let allocations = backend.statistics.systemAllocations
    for _ in 0..<5 { try step() }
    #expect(backend.statistics.systemAllocations == allocations)
  }
}
