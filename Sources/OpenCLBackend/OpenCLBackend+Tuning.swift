#if OpenCL
  import MartletBackend

  /// A contraction that tiles are tried on.
  package struct TuningShape: Sendable {
    /// What a user calls it.
    package let name: String
    fileprivate let operands: [Shape]
    fileprivate let run: @Sendable (OpenCLBackend, [View]) -> Void

    /// `[rows, depth] × [depth, columns]`.
    package static func matmul(_ rows: Int, _ depth: Int, _ columns: Int) -> TuningShape {
      TuningShape(
        name: "matmul \(rows)×\(depth)×\(columns)",
        operands: [[1, rows, depth], [1, depth, columns], [1, rows, columns]]
      ) { $0.matmul($1[0], $1[1], accumulate: false, epilogue: nil, into: $1[2]) }
    }

    /// A 3×3 convolution that keeps the size of its images, or its gradient for the weights.
    package static func convolution(batch: Int, side: Int, channels: (Int, Int), isWeightGradient: Bool = false)
      -> TuningShape
    {
      let images: Shape = [batch, side, side, channels.0]
      let results: Shape = [batch, side, side, channels.1]
      let weights: Shape = [3, 3, channels.0, channels.1]
      let convolution = Convolution(window: Window(size: Extent2D(3), margins: Margins(all: 1)))
      let name = "\(batch)×\(side)×\(side)×\(channels.0) to \(channels.1)"
      if isWeightGradient {
        return TuningShape(name: "weight gradient \(name)", operands: [images, results, weights]) {
          $0.conv2dWeightGradient($1[0], upstream: $1[1], convolution, weightGradient: $1[2])
        }
      }
      return TuningShape(name: "conv2d \(name)", operands: [images, weights, results]) {
        $0.conv2d($1[0], weights: $1[1], convolution, epilogue: nil, output: $1[2])
      }
    }

    /// What networks of all sizes have; more for a GPU.
    package static func usual(for profile: OpenCLProfile) -> [TuningShape] {
      let sides = profile == .gpu ? [64, 256, 1024, 4096] : [64, 256, 1024]
      let batch = profile == .gpu ? 128 : 16
      return sides.map { .matmul($0, $0, $0) } + [
        .matmul(1, 1024, 1024), .matmul(16, 512, 512), .matmul(128, 784, 256), .matmul(1024, 512, 10),
      ]
        + [(28, 1, 32), (14, 32, 64), (28, 64, 64), (7, 256, 256)].flatMap { side, from, to in
          [false, true].map { .convolution(batch: batch, side: side, channels: (from, to), isWeightGradient: $0) }
        }
    }
  }

  /// What came of trying tiles on a shape.
  package struct TuningResult: Sendable {
    /// The shape's.
    package let name: String
    /// The fastest tile in words, and how many there were.
    package let tile: String
    package let candidateCount: Int
    /// How much less time it takes than the tile that is used without tuning; 1 where that one stays.
    package let speedup: Double
  }

  extension OpenCLBackend {
    /// Tries every tile on every shape, uses the fastest from now on, and returns the table. A tile whose result differs from the
    /// usual one's in any bit, or that the driver cannot run, is left out.
    ///
    /// - Throws: `BackendError` when the device fails.
    package func tune(_ shapes: [TuningShape], seconds: Double = 0.05, report: (TuningResult) -> Void = { _ in }) throws
      -> TileTable
    {
      tiles.withLock { $0 = Tiles() }
      defer { tiles.withLock { $0.forced = nil } }
      for shape in shapes {
        let views = shape.operands.map { filled($0) }
        // Which class the shape belongs to is seen when it runs.
        tiles.withLock { $0.latest = nil }
        shape.run(self, views)
        let wanted = try contents(of: views[2])
        guard let shapeClass = tiles.withLock({ $0.latest }) else { continue }
        let usual = try time(seconds) { shape.run(self, views) }
        var best: (tile: Tile?, seconds: Double) = (nil, usual)
        let candidates = Tile.candidates(for: profile).filter { fits($0) }
        for tile in candidates {
          tiles.withLock { $0.forced = tile }
          shape.run(self, views)
          guard let result = try? contents(of: views[2]), result == wanted else { continue }
          let needed = try time(seconds) { shape.run(self, views) }
          if needed < best.seconds { best = (tile, needed) }
        }
        tiles.withLock { $0.forced = nil }
        // A gain of a twentieth may be noise.
        if let tile = best.tile, best.seconds < 0.95 * usual {
          tiles.withLock { $0.table[shapeClass] = tile }
        } else {
          best = (nil, usual)
        }
        report(
          TuningResult(
            name: shape.name, tile: best.tile.map { "\($0)" } ?? "as it was", candidateCount: candidates.count,
            speedup: usual / best.seconds))
      }
      return tiles.withLock { $0.table }
    }

    /// The file that keeps the device's table, and what to write there.
    package func file(for table: TileTable) -> (path: String?, text: String) {
      let identity = connection.info.identity
      return (TileTable.path(for: identity, profile), table.text(for: identity, profile))
    }

    private func filled(_ shape: Shape) -> View {
      let storage = allocate(byteCount: shape.elementCount * 4)
      let values = (0..<shape.elementCount).map { Float(($0 &* 2_654_435_761) >> 7 & 0xffff) / 65536 - 0.5 }
      values.withUnsafeBytes { upload($0, to: storage, atByte: 0) }
      return View(storage: storage, layout: Layout(contiguous: shape), dtype: .float32)
    }

    private func contents(of view: View) throws -> [UInt32] {
      var bits = [UInt32](repeating: 0, count: view.shape.elementCount)
      try bits.withUnsafeMutableBytes { try download(view.storage, atByte: 0, into: $0) }
      return bits
    }

    /// The least time of a call, over three rounds of some.
    private func time(_ seconds: Double, _ body: () -> Void) throws -> Double {
      func round(_ count: Int) throws -> Double {
        let start = ContinuousClock.now
        for _ in 0..<count { body() }
        try synchronize()
        let duration = (ContinuousClock.now - start).components
        return (Double(duration.seconds) + Double(duration.attoseconds) * 1e-18) / Double(count)
      }
      let count = max(1, min(1000, Int(seconds / 3 / max(try round(1), 1e-7))))
      return try (0..<3).reduce(.infinity) { least, _ in min(least, try round(count)) }
    }
  }
#endif
