import MartletBackend
import Testing

@Suite("Shape") struct ShapeTests {
  @Test("is a list of at most eight extents, equal by what it holds")
  func list() {
    var shape: Shape = [2, 3, 4]
    #expect(Array(shape) == [2, 3, 4] && shape.rank == 3 && shape.elementCount == 24)
    #expect(shape.contiguousStrides == [12, 4, 1])
    shape.insert(7, at: 1)
    #expect(shape == [2, 7, 3, 4])
    shape.insert(8, at: 4)
    #expect(shape == [2, 7, 3, 4, 8])
    shape.remove(at: 0)
    shape.remove(at: 3)
    #expect(shape == [7, 3, 4])
    // What was removed leaves no trace in equality or hash.
    #expect(Set([shape, [7, 3, 4]]).count == 1)
    #expect(shape.description == "[7, 3, 4]")
    #expect(Shape(repeating: 5, rank: 8) == [5, 5, 5, 5, 5, 5, 5, 5])
  }

  @Test("of a scalar has one element, and one with a zero has none")
  func scalarAndEmpty() {
    #expect(Shape().elementCount == 1 && Shape().description == "[]")
    #expect(Shape([3, 0, 2]).elementCount == 0)
    #expect(Shape([3, 0, 2]).contiguousStrides == [0, 2, 1])
  }

  @Test("refuses a ninth axis and an axis that is not there")
  func traps() async {
    await #expect(processExitsWith: .failure) { _ = Shape(repeating: 1, rank: 9) }
    await #expect(processExitsWith: .failure) { _ = Shape([1, 2])[2] }
  }

  @Test(
    "stretches extents of one, aligned from the last axis",
    arguments: [
      ([], [2, 3], [2, 3]), ([3], [2, 3], [2, 3]), ([2, 1], [1, 3], [2, 3]), ([1, 1, 4], [5, 1], [1, 5, 4]),
      ([1], [0], [0]), ([0, 1], [1, 7], [0, 7]), ([2, 3], [2, 3], [2, 3]),
    ] as [(Shape, Shape, Shape)])
  func broadcast(a: Shape, b: Shape, expected: Shape) throws {
    #expect(try a.broadcast(with: b) == expected)
    #expect(try b.broadcast(with: a) == expected)
  }

  @Test("says which shapes and extents do not fit")
  func broadcastFailure() {
    #expect(throws: ShapeError("add: shapes [2, 3] and [2, 4] do not fit: 3 against 4")) {
      try Shape([2, 3]).broadcast(with: [2, 4], for: "add")
    }
    #expect(throws: ShapeError.self) { try Shape([0]).broadcast(with: [2]) }
  }

  @Test("counts negative axes from the back and refuses unknown and repeated ones")
  func axes() throws {
    let shape: Shape = [2, 3, 4]
    #expect(try shape.normalizedAxis(-1, for: "sum") == 2)
    #expect(try shape.normalizedAxes([2, -3], for: "sum") == [0, 2])
    #expect(try shape.normalizedAxes(nil, for: "sum") == [0, 1, 2])
    #expect(throws: ShapeError("sum: axis 3 does not exist in shape [2, 3, 4]")) {
      try shape.normalizedAxis(3, for: "sum")
    }
    #expect(throws: ShapeError.self) { try shape.normalizedAxis(-4, for: "sum") }
    #expect(throws: ShapeError.self) { try shape.normalizedAxes([1, -2], for: "sum") }
    #expect(throws: ShapeError.self) { try Shape().normalizedAxis(0, for: "sum") }
    #expect(shape.reduced(along: [0, 2]) == [1, 3, 1])
    #expect(shape.removing(axes: [0, 2]) == [3])
  }
}
