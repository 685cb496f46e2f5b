import MartletBackend
import MartletCPUBackend
import Testing

@Suite("CPU rows and indices") struct RowsTests {
  @Test("softmax of rows sums to one and equals the exponentials' shares", arguments: [1, 3, 10, 16, 33, 1000, 2050])
  func softmax(columns: Int) throws {
    let rows = 37
    let x = noise(rows * columns, seed: 1).map { $0 * 30 }
    for logarithmic in [false, true] {
      var first: [Float]?
      for backend in backendsUnderTest {
        let output = backend.unwritten([rows, columns])
        backend.softmaxRows(backend.tensor(x, [rows, columns]), logarithmic: logarithmic, output: output)
        let y = Array(try backend.contents(of: output).prefix(rows * columns))
        if let first { expectIdentical(y, first, backend.capabilities.deviceName) } else { first = y }
        for row in 0..<rows {
          let logits = x[row * columns..<(row + 1) * columns].map { Double($0) }
          let largest = logits.max() ?? 0
          let total = logits.reduce(0) { $0 + exponential($1 - largest) }
          for (column, logit) in logits.enumerated() {
            let value = Double(y[row * columns + column])
            let share = exponential(logit - largest) / total
            // A few roundings of numbers up to 60, or of shares.
            let difference = logarithmic ? value - (logit - largest - logarithm(total)) : value - share
            #expect(abs(difference) < (logarithmic ? 1e-5 : 1e-6))
          }
        }
      }
    }
  }

  private func exponential(_ x: Double) -> Double { Double(Elementary.exp(Float(x))) }
  private func logarithm(_ x: Double) -> Double { Double(Elementary.log(Float(x))) }

  @Test("scans add one element after the other", arguments: [false, true], [false, true])
  func scan(exclusive: Bool, reversed: Bool) throws {
    let (rows, columns) = (5, 700)
    let x = noise(rows * columns, seed: 2)
    var expected = x
    for row in 0..<rows {
      var sum: Float = 0
      let order = reversed ? Array((0..<columns).reversed()) : Array(0..<columns)
      for column in order {
        let next = sum + x[row * columns + column]
        expected[row * columns + column] = exclusive ? sum : next
        sum = next
      }
    }
    for backend in backendsUnderTest {
      let output = backend.unwritten([rows, columns])
      backend.scan(
        backend.tensor(x, [rows, columns]), exclusive: exclusive, reversed: reversed, output: output)
      expectIdentical(
        Array(try backend.contents(of: output).prefix(x.count)), expected, backend.capabilities.deviceName)
    }
  }

  @Test("sorts rows stably with NaN as the largest", arguments: [0, 1, 2, 20, 64, 65, 5000], [false, true])
  func sort(columns: Int, descending: Bool) throws {
    let rows = 3
    // Few different values, so that many are equal.
    let philox = Philox(seed: 3)
    let choices: [Float] = [0, -0.0, 1, -1, 0.5, .nan, .infinity, -.infinity, -7, 0x1p-130, -0x1p-130, 3e38]
    let x = (0..<rows * columns).map { choices[Int(philox.word(element: $0, draw: 0, stream: 0)) % choices.count] }
    for backend in backendsUnderTest {
      let shape: Shape = [rows, columns]
      let (values, indices) = (backend.unwritten(shape), backend.unwritten(shape))
      let positions = View(storage: indices.storage, layout: indices.layout, dtype: .int32)
      backend.sort(backend.tensor(x, shape), descending: descending, values: values, indices: positions)
      let sorted = try backend.contents(of: values)
      let order = try backend.contents(of: indices).map { Int($0.bitPattern) }
      for row in 0..<rows {
        let here = x[row * columns..<(row + 1) * columns].enumerated().map { ($0, $1) }
        func isLess(_ a: Float, _ b: Float) -> Bool { a < b || (!a.isNaN && b.isNaN) }
        // Swift's sort is stable.
        let expected = here.sorted { descending ? isLess($1.1, $0.1) : isLess($0.1, $1.1) }
        #expect(order[row * columns..<(row + 1) * columns].elementsEqual(expected.map(\.0)))
        #expect(
          sorted[row * columns..<(row + 1) * columns].map(\.bitPattern) == expected.map(\.1.bitPattern))
      }
    }
  }

  @Test("gathers rows, zeros for those that do not exist", arguments: [1, 7, 64], DType.allCases)
  func gather(inner: Int, dtype: DType) throws {
    let (outer, n, m) = (3, 11, 200)
    let table = HostOperand(Layout(contiguous: [outer, n, inner]), dtype, seed: 4)
    let philox = Philox(seed: 5)
    let indices = HostOperand(
      integers: (0..<m).map { Int32(philox.word(element: $0, draw: 0, stream: 0) % 14) - 2 }, [m])
    var expected = HostOperand(Layout(contiguous: [outer, m, inner]), dtype, seed: 6)
    let output = expected
    output.layout.shape.forEachCoordinate { _, at in
      let index = Int(Int32(bitPattern: indices.words[at[1]]))
      expected[at] = (0..<n).contains(index) ? table[[at[0], index, at[2]]] : 0
    }
    for backend in backendsUnderTest {
      let target = output.uploaded(to: backend)
      backend.gather(table.uploaded(to: backend), indices: indices.uploaded(to: backend), output: target)
      #expect(try output.downloaded(from: target).difference(from: expected) == nil)
    }
  }

  @Test(
    "adds rows in ascending order of their positions",
    arguments: [[1, 100, 3, 7], [2, 3000, 8, 40], [1, 50_000, 1, 9]])
  func scatterAdd(sizes: [Int]) throws {
    let (outer, m, inner, n) = (sizes[0], sizes[1], sizes[2], sizes[3])
    let updates = noise(outer * m * inner, seed: 7)
    let start = noise(outer * n * inner, seed: 8)
    let philox = Philox(seed: 9)
    let indices = (0..<m).map { Int(philox.word(element: $0, draw: 0, stream: 0) % UInt32(n + 2)) - 1 }
    var expected = start
    for o in 0..<outer {
      for j in 0..<m where (0..<n).contains(indices[j]) {
        for i in 0..<inner { expected[(o * n + indices[j]) * inner + i] += updates[(o * m + j) * inner + i] }
      }
    }
    for backend in backendsUnderTest {
      let target = backend.tensor(start, [outer, n, inner])
      backend.scatterAdd(
        backend.tensor(updates, [outer, m, inner]),
        indices: HostOperand(integers: indices.map { Int32($0) }, [m]).uploaded(to: backend), output: target)
      expectIdentical(
        Array(try backend.contents(of: target).prefix(start.count)), expected, backend.capabilities.deviceName)
    }
  }

  @Test("take rows and tables of any layout")
  func strided() throws {
    let backend = try CPUBackend()
    let x = HostOperand(Layout(contiguous: [300, 21]).transposed([1, 0]), seed: 10, hasSpecials: false)
    var dense = HostOperand(Layout(contiguous: [21, 300]), seed: 0)
    x.layout.shape.forEachCoordinate { _, at in dense[at] = x[at] }
    let (straight, turned) = (backend.unwritten([21, 300]), backend.unwritten([300, 21]))
    backend.softmaxRows(dense.uploaded(to: backend), logarithmic: false, output: straight)
    let target = View(storage: turned.storage, layout: turned.layout.transposed([1, 0]), dtype: .float32)
    backend.softmaxRows(x.uploaded(to: backend), logarithmic: false, output: target)
    let (expected, actual) = (try backend.contents(of: straight), try backend.contents(of: turned))
    for row in 0..<21 {
      for column in 0..<300 { #expect(actual[column * 21 + row] == expected[row * 300 + column]) }
    }
  }
}
