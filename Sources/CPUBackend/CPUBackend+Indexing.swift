import CMartletKernels
import MartletBackend

// `Backend` documents these.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CPUBackend {
  public func gather(_ table: View, indices: View, output: View) {
    countLaunch()
    let (n, m) = (table.shape[1], output.shape[1])
    let rowBytes = output.shape[2] * output.dtype.byteCount
    guard output.layout.elementCount > 0 else { return }
    withDense(reading: [table, indices], writing: [output]) { inputs, outputs in
      forRows(output.shape[0] * m, cost: 8 + rowBytes / 4) {
        martlet_gather(
          inputs[0], inputs[1].assumingMemoryBound(to: Int32.self), outputs[0], n, m, rowBytes, $0.lowerBound,
          $0.upperBound)
      }
    }
  }

  public func scatterAdd(_ updates: View, indices: View, output: View) {
    countLaunch()
    let (outer, m, inner) = (updates.shape[0], updates.shape[1], updates.shape[2])
    let n = output.shape[1]
    guard outer * n * inner > 0 else { return }
    // A task owns a range of target rows and adds what belongs there in ascending order, so the order of additions is
    // that of one thread. It reads all indices, which is why ranges are few.
    let ranges = outer * m * inner < 32 * 1024 ? 1 : min(n, inner < 8 ? 4 : 16)
    let rowsPerRange = (n + ranges - 1) / ranges
    withDense(reading: [updates, indices], writing: [output]) { inputs, outputs in
      let indices = inputs[1].assumingMemoryBound(to: Int32.self)
      threads.run(taskCount: outer * m * inner < 32 * 1024 ? 1 : outer * ranges) { task in
        let parts = outer * m * inner < 32 * 1024 ? 0..<outer : (task / ranges)..<(task / ranges + 1)
        let first = task % ranges * rowsPerRange
        let last = min(n, first + rowsPerRange)
        for part in parts {
          let (source, target) = (inputs[0] + part * m * inner * 4, outputs[0] + part * n * inner * 4)
          if output.dtype == .int32 {
            martlet_scatter_add_i32(
              source.assumingMemoryBound(to: Int32.self), indices, target.assumingMemoryBound(to: Int32.self), m, inner,
              first, last)
          } else {
            martlet_scatter_add_f32(
              source.assumingMemoryBound(to: Float.self), indices, target.assumingMemoryBound(to: Float.self), m, inner,
              first, last)
          }
        }
      }
    }
  }
}
