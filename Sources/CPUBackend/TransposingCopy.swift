import CMartletKernels
import MartletBackend

/// A copy of words whose source runs along another axis than its target. Chunk by chunk every element would touch a cache
/// line of its own; square blocks use each line up.
struct TransposingCopy {
  private let from: UnsafePointer<UInt32>
  private let to: UnsafeMutablePointer<UInt32>
  private let fromStride: Int
  private let toStride: Int
  private let rows: Int
  private let columns: Int
  /// The other axes.
  private var outer = Shape()
  private var outerFrom = Strides()
  private var outerTo = Strides()

  private static let shortestAxis = 8
  private static let wordsPerTask = 64 * 1024

  /// Nil where the views are not of this kind.
  init?(from source: MemoryView, to target: MemoryView) {
    guard source.dtype.byteCount == 4, target.dtype.byteCount == 4 else { return nil }
    if source.layout.isContiguous && target.layout.isContiguous { return nil }
    let space = IterationSpace([source.layout, target.layout])
    let (shape, from, to) = (space.shape, space.strides[0], space.strides[1])
    let last = shape.rank - 1
    guard last >= 1, to[last] == 1, from[last] > 1 || from[last] < 0, shape[last] >= Self.shortestAxis,
      let other = shape.indices.first(where: { from[$0] == 1 && shape[$0] >= Self.shortestAxis })
    else { return nil }
    self.from = UnsafePointer(source.address.assumingMemoryBound(to: UInt32.self))
    self.to = target.address.assumingMemoryBound(to: UInt32.self)
    fromStride = from[last]
    toStride = to[other]
    rows = shape[other]
    columns = shape[last]
    for axis in shape.indices where axis != last && axis != other {
      outer.append(shape[axis])
      outerFrom.append(from[axis])
      outerTo.append(to[axis])
    }
  }

  func run(on threads: ThreadPool, _ kernels: UnsafePointer<martlet_vector_kernels>) {
    let rowsPerTask = max(64, Self.wordsPerTask / columns / 64 * 64)
    let groups = (rows + rowsPerTask - 1) / rowsPerTask
    // Small matrices share a task.
    let matrices = outer.elementCount
    let matricesPerTask = max(1, Self.wordsPerTask / (rows * columns))
    let tasks = groups * ((matrices + matricesPerTask - 1) / matricesPerTask)
    threads.run(taskCount: tasks) { task in
      let (part, group) = task.quotientAndRemainder(dividingBy: groups)
      let firstRow = group * rowsPerTask
      for matrix in (part * matricesPerTask)..<min(matrices, (part + 1) * matricesPerTask) {
        let (source, target) = offsets(of: matrix)
        kernels.pointee.transpose(
          from + source + firstRow, fromStride, to + target + firstRow * toStride, toStride,
          min(rowsPerTask, rows - firstRow), columns)
      }
    }
  }

  private func offsets(of matrix: Int) -> (from: Int, to: Int) {
    var (rest, source, target) = (matrix, 0, 0)
    for axis in outer.indices.reversed() {
      let (quotient, position) = rest.quotientAndRemainder(dividingBy: outer[axis])
      source += position * outerFrom[axis]
      target += position * outerTo[axis]
      rest = quotient
    }
    return (source, target)
  }
}
