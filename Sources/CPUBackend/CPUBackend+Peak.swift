import CMartletKernels

// What the machine can reach at most, as far as the backend's threads and instruction set go.
extension CPUBackend {
  /// The most floating-point operations per second that the backend's threads reach together, measured with nothing but
  /// independent fused multiply-adds in registers; each counts as two. Takes some 50 ms.
  public func measuredPeak() -> Double {
    let table = contraction.pointee
    let rounds = instructionSet == .portable ? 500 : 50_000
    let operations = Double(threads.threadCount * rounds * table.operations_per_round)
    return operations / shortestRun(of: 24) { _ in table.multiply_add(rounds) }
  }

  /// What the memory delivers to the backend's threads together, by how much they touch over and over: what is little comes from
  /// a cache. Measured with `x = y + factor · z` over three arrays, each array's bytes counted once, storing through the
  /// caches or around them, whichever is faster. Takes some 300 ms.
  ///
  /// - Source: the triad of McCalpin's STREAM.
  public func measuredBandwidths() -> [MemoryBandwidth] {
    let largest = min(256 << 20, (physicalMemoryByteCount() ?? .max) / 8)
    return sequence(first: 64 << 10) { $0 * 4 }.prefix { $0 <= largest }.map { byteCount in
      MemoryBandwidth(
        byteCount: byteCount,
        bytesPerSecond: max(
          bandwidth(over: byteCount, streaming: false), bandwidth(over: byteCount, streaming: true)))
    }
  }

  private func bandwidth(over byteCount: Int, streaming: Bool) -> Double {
    let lineLength = 16  // floats, so that every array begins with a cache line
    let count = max(1, byteCount / (3 * 4 * threads.threadCount * lineLength)) * lineLength
    let rounds = max(1, (8 << 20) / (3 * 4 * count))
    var result = 0.0
    withScratch(byteCount: 3 * 4 * count * threads.threadCount) { scratch in
      let arrays = scratch.assumingMemoryBound(to: Float.self)
      arrays.initialize(repeating: 1, count: 3 * count * threads.threadCount)
      let table = vector.pointee
      let seconds = shortestRun(of: 8) { thread in
        let x = arrays + 3 * count * thread
        for _ in 0..<rounds { table.triad(x, x + count, x + 2 * count, 0.5, count, streaming) }
      }
      result = Double(3 * 4 * count * threads.threadCount * rounds) / seconds
    }
    return result
  }

  /// The seconds that all threads need when each does the same; the best of several runs, since a thread that starts late or is
  /// interrupted only makes a measurement worse.
  private func shortestRun(of runs: Int, _ body: (_ thread: Int) -> Void) -> Double {
    (0..<runs).reduce(.infinity) { best, _ in
      let start = ContinuousClock.now
      threads.run(taskCount: threads.threadCount, body)
      return min(best, (ContinuousClock.now - start) / .seconds(1))
    }
  }
}

/// What memory delivers when so much of it is used over and over.
public struct MemoryBandwidth: Hashable, Codable, Sendable {
  /// How much all threads together touch.
  public let byteCount: Int
  /// Reading and writing, added up.
  public let bytesPerSecond: Double

  /// A figure for so many bytes.
  public init(byteCount: Int, bytesPerSecond: Double) {
    self.byteCount = byteCount
    self.bytesPerSecond = bytesPerSecond
  }
}
