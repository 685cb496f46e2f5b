import MartletBackend
import MartletCPUBackend
import Testing

/// Backends whose results have to be the same bits: every instruction set of this machine, several thread counts.
let backendsUnderTest: [CPUBackend] = InstructionSet.available.flatMap { set in
  (set == InstructionSet.best ? [1, 2, 3] : [2]).compactMap { try? CPUBackend(threads: $0, instructionSet: set) }
}

/// Small numbers with all mantissa bits in use, the same in every run.
func noise(_ count: Int, seed: UInt64) -> [Float] {
  let philox = Philox(seed: seed)
  return (0..<count).map { Philox.uniform(philox.word(element: $0, draw: 0, stream: 0)) * 2 - 1 }
}

extension CPUBackend {
  /// A contiguous tensor with these elements.
  func tensor(_ elements: [Float], _ shape: Shape) -> View {
    precondition(elements.count == shape.elementCount)
    let storage = allocate(byteCount: elements.count * 4)
    elements.withUnsafeBytes { upload($0, to: storage, atByte: 0) }
    return View(storage: storage, layout: Layout(contiguous: shape), dtype: .float32)
  }

  /// One value per element of the last axis, seen as if it had the whole shape.
  func vector(_ elements: [Float], over shape: Shape) throws -> View {
    var view = tensor(elements, [elements.count])
    view.layout = try view.layout.broadcast(to: shape)
    return view
  }

  /// A contiguous tensor full of NaN, which shows what was not written.
  func unwritten(_ shape: Shape) -> View {
    tensor(Array(repeating: .nan, count: shape.elementCount), shape)
  }

  /// All elements of a view's storage.
  func contents(of view: View) throws -> [Float] {
    var elements = [Float](repeating: 0, count: view.storage.byteCount / 4)
    try elements.withUnsafeMutableBytes { try download(view.storage, atByte: 0, into: $0) }
    return elements
  }
}

/// Expects the same bits, and says where the first difference is.
func expectIdentical(
  _ actual: [Float], _ expected: [Float], _ comment: @autoclosure () -> String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard actual.map(\.bitPattern) != expected.map(\.bitPattern) else { return }
  let position = zip(actual, expected).map { $0.bitPattern != $1.bitPattern }.firstIndex(of: true)
  let detail = position.map { "at \($0): \(actual[$0]) instead of \(expected[$0])" } ?? "counts differ"
  Issue.record("\(comment()): \(detail)", sourceLocation: sourceLocation)
}
