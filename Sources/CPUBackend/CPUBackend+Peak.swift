import CMartletKernels

extension CPUBackend {
  /// The most floating-point operations per second that the backend's threads reach together, measured with nothing but
  /// independent fused multiply-adds in registers; each counts as two. Takes some 50 ms.
  public func measuredPeak() -> Double {
    let table = contraction.pointee
    let rounds = instructionSet == .portable ? 2_000 : 200_000
    let clock = ContinuousClock()
    let operations = Double(threads.threadCount * rounds * table.operations_per_round)
    // The best of several: a thread that starts late or is interrupted only makes a measurement worse.
    return (0..<8).reduce(0) { best, _ in
      let start = clock.now
      threads.run(taskCount: threads.threadCount) { _ in table.multiply_add(rounds) }
      return max(best, operations / (start.duration(to: clock.now) / .seconds(1)))
    }
  }
}
