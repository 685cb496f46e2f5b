import CMartletKernels
import MartletBackend

// `Backend` documents these.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CPUBackend {
  public func softmaxRows(_ input: View, logarithmic: Bool, output: View) {
    countLaunch()
    let (rows, columns) = (output.shape[0], output.shape[1])
    guard rows * columns > 0 else { return }
    withDense(reading: [input], writing: [output]) { inputs, outputs in
      let (x, y) = (inputs[0].assumingMemoryBound(to: Float.self), outputs[0].assumingMemoryBound(to: Float.self))
      forRows(rows, cost: 24 * columns + 64) {
        vector.pointee.softmax_rows(x, y, columns, logarithmic, $0.lowerBound, $0.upperBound)
      }
    }
  }

  public func scan(_ input: View, exclusive: Bool, reversed: Bool, output: View) {
    countLaunch()
    let (rows, columns) = (output.shape[0], output.shape[1])
    withDense(reading: [input], writing: [output]) { inputs, outputs in
      let (x, y) = (inputs[0], outputs[0])
      forRows(rows, cost: 16 * columns) { range in
        if output.dtype == .int32 {
          martlet_scan_i32(
            x.assumingMemoryBound(to: Int32.self), y.assumingMemoryBound(to: Int32.self), columns, exclusive, reversed,
            range.lowerBound, range.upperBound)
        } else {
          martlet_scan_f32(
            x.assumingMemoryBound(to: Float.self), y.assumingMemoryBound(to: Float.self), columns, exclusive, reversed,
            range.lowerBound, range.upperBound)
        }
      }
    }
  }

  public func sort(_ input: View, descending: Bool, values: View, indices: View) {
    countLaunch()
    let (rows, columns) = (input.shape[0], input.shape[1])
    precondition(columns <= Int(Int32.max), "sort: rows of \(columns) elements have no int32 indices")
    withDense(reading: [input], writing: [values, indices]) { inputs, outputs in
      let x = inputs[0].assumingMemoryBound(to: UInt32.self)
      let sorted = outputs[0].assumingMemoryBound(to: UInt32.self)
      let positions = outputs[1].assumingMemoryBound(to: Int32.self)
      forRows(rows, cost: 128 * columns) { range in
        withScratch(byteCount: 2 * columns * MemoryLayout<UInt64>.stride) { scratch in
          for row in range {
            martlet_sort_row(
              x + row * columns, input.dtype == .float32, descending, columns, sorted + row * columns,
              positions + row * columns, scratch.assumingMemoryBound(to: UInt64.self))
          }
        }
      }
    }
  }
}

extension CPUBackend {
  /// Calls `body` with ranges of rows, on several threads where there is enough to do.
  ///
  /// - Parameter cost: How long a row takes, in steps of which a vector unit does one per element and nanosecond or so.
  func forRows(_ rows: Int, cost: Int, _ body: (Range<Int>) -> Void) {
    let rowsPerTask = max(1, 256 * 1024 / max(1, cost))
    threads.run(taskCount: (rows + rowsPerTask - 1) / rowsPerTask) { task in
      body((task * rowsPerTask)..<min(rows, (task + 1) * rowsPerTask))
    }
  }

  /// Calls `body` with the operands in row-major order: those that are not are copied before or afterwards.
  func withDense(
    reading inputs: [View], writing outputs: [View],
    _ body: (_ inputs: [UnsafeMutableRawPointer], _ outputs: [UnsafeMutableRawPointer]) -> Void
  ) {
    guard let sources = memoryViews(reading: inputs), let targets = memoryViews(writing: outputs) else { return }
    var byteCount = 0
    func place(_ view: MemoryView) -> Int {
      defer { byteCount += (view.layout.elementCount * view.dtype.byteCount + 63) / 64 * 64 }
      return byteCount
    }
    let scattered = (sources + targets).filter { !$0.layout.isContiguous }
    if scattered.isEmpty {
      body(sources.map(\.address), targets.map(\.address))
      return
    }
    for view in scattered { _ = place(view) }
    withScratch(byteCount: byteCount) { scratch in
      byteCount = 0
      func dense(_ view: MemoryView) -> MemoryView {
        view.layout.isContiguous
          ? view : MemoryView(dense: scratch + place(view), shape: view.layout.shape, dtype: view.dtype)
      }
      let (denseSources, denseTargets) = (sources.map(dense), targets.map(dense))
      for (source, copied) in zip(sources, denseSources) where source.address != copied.address {
        copy(source, to: copied)
      }
      // Functions that add to their output need what it holds.
      for (target, copied) in zip(targets, denseTargets) where target.address != copied.address {
        copy(target, to: copied)
      }
      body(denseSources.map(\.address), denseTargets.map(\.address))
      for (target, copied) in zip(targets, denseTargets) where target.address != copied.address {
        copy(copied, to: target)
      }
    }
  }
}
