import CMartletKernels
import MartletBackend

// `Backend` documents these.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CPUBackend {
  public func pool2d(_ input: View, _ kind: PoolingKind, _ window: Window, output: View, index: View?) {
    countLaunch()
    guard let x = elements(reading: input), let y = elements(writing: output) else { return }
    let kernels = martlet_pooling_table(instructionSet.kernelTable).pointee
    let pooling = martlet_pooling(window, image: input.shape, output: output.shape)
    let positions = index.flatMap { IndexElements($0, on: self) }
    let bytesPerRow = input.shape[2] * input.shape[3] * 4 * window.stride.height
    forEachBlockOfRows(output.shape[0] * output.shape[1], bytesPerRow: bytesPerRow, pooling) { pooling, rows in
      switch kind {
      case .maximum:
        kernels.maximum(
          pooling, x, y, positions?.bytes, positions?.words, rows.lowerBound, rows.upperBound)
      case .average:
        kernels.average(pooling, x, y, rows.lowerBound, rows.upperBound)
      }
    }
  }

  public func pool2dBackward(
    _ upstream: View, _ kind: PoolingKind, _ window: Window, index: View?, inputGradient: View
  ) {
    countLaunch()
    guard let dy = elements(reading: upstream), let dx = elements(writing: inputGradient) else { return }
    let kernels = martlet_pooling_table(instructionSet.kernelTable).pointee
    let pooling = martlet_pooling(window, image: inputGradient.shape, output: upstream.shape)
    let positions = index.flatMap { IndexElements($0, on: self) }
    precondition(kind == .average || index != nil, "pool2dBackward: max pooling needs the index that pool2d gave")
    if kind == .maximum && positions == nil { return }
    let shape = inputGradient.shape
    forEachBlockOfRows(shape[0] * shape[1], bytesPerRow: shape[2] * shape[3] * 4, pooling) { pooling, rows in
      switch kind {
      case .maximum:
        kernels.maximum_backward(
          pooling, dy, positions?.bytes, positions?.words, dx, rows.lowerBound, rows.upperBound)
      case .average:
        kernels.average_backward(pooling, dy, dx, rows.lowerBound, rows.upperBound)
      }
    }
  }

  /// Cuts rows of images into tasks that move some 64 KB.
  private func forEachBlockOfRows(
    _ count: Int, bytesPerRow: Int, _ pooling: martlet_pooling,
    _ body: (UnsafePointer<martlet_pooling>, Range<Int>) -> Void
  ) {
    let rowsPerTask = max(1, 65_536 / max(1, bytesPerRow))
    withUnsafePointer(to: pooling) { pooling in
      threads.run(taskCount: (count + rowsPerTask - 1) / rowsPerTask) { task in
        body(pooling, task * rowsPerTask..<min(count, (task + 1) * rowsPerTask))
      }
    }
  }
}

/// The positions of maxima in their windows, as bytes or as 32-bit words.
struct IndexElements {
  var bytes: UnsafeMutablePointer<UInt8>?
  var words: UnsafeMutablePointer<Int32>?

  /// Nil if there was no memory for them.
  init?(_ view: View, on backend: CPUBackend) {
    if view.dtype == .uint8 {
      bytes = backend.elements(writing: view, as: UInt8.self)
    } else {
      words = backend.elements(writing: view, as: Int32.self)
    }
    if bytes == nil && words == nil { return nil }
  }
}

extension martlet_pooling {
  init(_ window: Window, image: Shape, output: Shape) {
    self.init(
      height: image[1], width: image[2], channels: image[3], output_height: output[1], output_width: output[2],
      size_height: window.size.height, size_width: window.size.width, stride_height: window.stride.height,
      stride_width: window.stride.width, margin_top: window.margins.top, margin_left: window.margins.left)
  }
}
