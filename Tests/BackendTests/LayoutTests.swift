import MartletBackend
import Testing

/// Every element's position, in row-major order.
func positions(of layout: Layout) -> [Int] {
  positions(shape: layout.shape, strides: layout.strides, offset: layout.offset)
}

func positions(shape: Shape, strides: Strides, offset: Int) -> [Int] {
  var positions = [offset]
  for axis in shape.indices {
    positions = positions.flatMap { start in (0..<shape[axis]).map { start + $0 * strides[axis] } }
  }
  return positions
}

@Suite("Layout") struct LayoutTests {
  private let rows = Layout(contiguous: [3, 4])  // positions 0 to 11

  @Test("sees the same elements in another order")
  func views() throws {
    #expect(positions(of: rows.transposed([1, 0])) == [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11])
    #expect(positions(of: rows.sliced(axis: 1, from: 1, count: 2)) == [1, 2, 5, 6, 9, 10])
    #expect(positions(of: rows.sliced(axis: 1, from: 3, count: 2, step: -2)) == [3, 1, 7, 5, 11, 9])
    #expect(positions(of: rows.sliced(axis: 0, from: 2, count: 1)) == [8, 9, 10, 11])
    #expect(
      positions(of: try Layout(contiguous: [2, 1]).broadcast(to: [2, 2, 3])) == [0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1])
    #expect(positions(of: rows.insertingAxis(at: 1)) == Array(0..<12))
    #expect(rows.insertingAxis(at: 2).removingAxis(at: 2) == rows)
  }

  @Test("knows when it is row-major without gaps")
  func contiguity() throws {
    #expect(rows.isContiguous)
    #expect(rows.sliced(axis: 0, from: 1, count: 2).isContiguous)
    #expect(!rows.sliced(axis: 1, from: 0, count: 3).isContiguous)
    #expect(!rows.transposed([1, 0]).isContiguous)
    #expect(!rows.sliced(axis: 1, from: 3, count: 4, step: -1).isContiguous)
    #expect(try !Layout(contiguous: [1]).broadcast(to: [4]).isContiguous)
    // Strides of axes with one element, or none at all, do not matter.
    #expect(Layout(shape: [1, 4], strides: [99, 1]).isContiguous)
    #expect(Layout(shape: [0, 4], strides: [1, 99]).isContiguous)
    #expect(Layout(shape: [4, 0], strides: [99, 99]).isContiguous)
    #expect(Layout(contiguous: []).isContiguous)
  }

  @Test("knows the first and last position it touches")
  func bounds() {
    #expect(rows.bounds == 0...11)
    #expect(rows.sliced(axis: 1, from: 3, count: 2, step: -2).bounds == 1...11)
    #expect(rows.sliced(axis: 0, from: 2, count: 3, step: -1).bounds == 0...11)
    #expect(Layout(contiguous: [3, 0]).bounds == nil)
    #expect(Layout(contiguous: []).bounds == 0...0)
  }

  @Test("does not stretch to a shape that does not fit")
  func broadcastFailure() {
    #expect(throws: ShapeError("add: shape [3, 4] does not stretch to [4]")) { try rows.broadcast(to: [4], for: "add") }
    #expect(throws: ShapeError.self) { try rows.broadcast(to: [3, 8]) }
  }

  @Test("takes another shape without moving elements where their order allows it")
  func reshape() throws {
    let columns = rows.transposed([1, 0])
    #expect(rows.reshaped(to: [2, 6])?.strides == [6, 1])
    #expect(columns.reshaped(to: [12]) == nil)
    #expect(columns.reshaped(to: [2, 2, 3]) == Layout(shape: [2, 2, 3], strides: [2, 1, 4]))
    #expect(columns.reshaped(to: [4, 1, 3, 1]).map(positions(of:)) == positions(of: columns))
    #expect(try Layout(contiguous: [1]).broadcast(to: [2, 3]).reshaped(to: [6])?.strides == [0])
    #expect(Layout(shape: [0, 4], strides: [1, 99]).reshaped(to: [2, 0]) != nil)
    #expect(Layout(contiguous: []).reshaped(to: [1, 1])?.elementCount == 1)
  }

  // Any layout against any factorisation of its size: the reshaped view walks over the same positions. Where there is no
  // such view, none of the strides that row-major order would need exists.
  @Test("keeps the order of elements whenever it reshapes")
  func reshapeProperty() {
    var generator = PhiloxGenerator(seed: 11)
    var found = 0
    for _ in 0..<3000 {
      let layout = randomLayout(&generator)
      var target = Shape()
      var rest = layout.elementCount
      while rest > 1 && target.rank < 6 {
        let factors = (1...rest).filter { rest % $0 == 0 }
        let factor = factors[Int.random(in: 0..<factors.count, using: &generator)]
        target.append(factor)
        rest /= factor
      }
      target.append(rest)
      guard let reshaped = layout.reshaped(to: target) else {
        #expect(!isExpressible(positions(of: layout), as: target), "\(layout) to \(target)")
        continue
      }
      found += 1
      #expect(positions(of: reshaped) == positions(of: layout), "\(layout) to \(target)")
    }
    #expect(found > 500)
  }

  /// Whether some strides reach the positions in this shape: they can be read off the first steps.
  private func isExpressible(_ wanted: [Int], as shape: Shape) -> Bool {
    var strides = shape.contiguousStrides
    for axis in shape.indices {
      let step = shape.contiguousStrides[axis]
      strides[axis] = shape[axis] > 1 ? wanted[step] - wanted[0] : 0
    }
    return positions(shape: shape, strides: strides, offset: wanted[0]) == wanted
  }
}

/// Up to five axes in any memory order, with steps, flips and broadcasts, and at least one element.
func randomLayout(_ generator: inout PhiloxGenerator) -> Layout {
  let rank = Int.random(in: 0...5, using: &generator)
  let shape = Shape((0..<rank).map { _ in Int.random(in: 1...4, using: &generator) })
  var strides = Strides(repeating: 0, rank: rank)
  var (span, offset) = (1, Int.random(in: 0...3, using: &generator))
  let order = Bool.random(using: &generator) ? Array(shape.indices) : Array(shape.indices).shuffled(using: &generator)
  for axis in order.reversed() {
    let kind = Int.random(in: 0...9, using: &generator)
    if kind == 0 { continue }
    let step = kind == 1 ? -1 : kind == 2 ? 2 : 1
    strides[axis] = span * step
    if step < 0 { offset += (shape[axis] - 1) * span }
    span *= shape[axis] * abs(step)
  }
  return Layout(shape: shape, strides: strides, offset: offset)
}

@Suite("IterationSpace") struct IterationSpaceTests {
  @Test("merges contiguous axes into one")
  func merging() {
    let contiguous = Layout(contiguous: [2, 3, 4])
    let space = IterationSpace([contiguous, contiguous])
    #expect(space.shape == [24] && space.strides == [[1], [1]])
    #expect(IterationSpace([Layout(contiguous: [1, 1])]).shape == [])
    #expect(IterationSpace([Layout(contiguous: [])]).shape == [])
  }

  @Test("merges only where every view allows it")
  func disagreement() {
    let contiguous = Layout(contiguous: [2, 3, 4])
    let bias = Layout(shape: [2, 3, 4], strides: [0, 0, 1])
    let space = IterationSpace([contiguous, bias])
    #expect(space.shape == [6, 4] && space.strides == [[4, 1], [0, 1]])
  }

  @Test("leaves named axes alone and says where they went")
  func keeping() {
    let space = IterationSpace([Layout(contiguous: [2, 3, 1, 4])], keeping: [1, 2])
    #expect(space.shape == [2, 3, 1, 4] && space.mergedAxis == [-1, 1, 2, -1])
    let outer = IterationSpace([Layout(contiguous: [2, 3, 1, 4])], keeping: [0])
    #expect(outer.shape == [2, 12] && outer.mergedAxis[0] == 0)
  }

  @Test("visits the same positions in the same order")
  func property() {
    var generator = PhiloxGenerator(seed: 12)
    for _ in 0..<1000 {
      let first = randomLayout(&generator)
      var wider = first.strides
      for axis in wider.indices where Bool.random(using: &generator) { wider[axis] *= 3 }
      let second = Layout(shape: first.shape, strides: wider, offset: first.offset)
      let kept = Set(first.shape.indices.filter { _ in Int.random(in: 0...4, using: &generator) == 0 })
      let space = IterationSpace([first, second], keeping: kept)
      for (view, layout) in [first, second].enumerated() {
        #expect(
          positions(shape: space.shape, strides: space.strides[view], offset: layout.offset) == positions(of: layout))
      }
      for axis in kept {
        let merged = space.mergedAxis[axis]
        #expect(space.shape[merged] == first.shape[axis] && space.strides[1][merged] == second.strides[axis])
      }
    }
  }
}
