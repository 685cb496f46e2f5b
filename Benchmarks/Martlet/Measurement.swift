import Martlet

/// How long benchmarks are timed.
package struct Effort: Hashable, Codable, Sendable {
  /// How many times the time is taken; the median counts.
  package var repetitions: Int
  /// How long each of them is, in seconds; at least one call.
  package var seconds: Double

  /// - Precondition: there is at least one repetition.
  package init(repetitions: Int = 5, seconds: Double = 0.1) {
    precondition(repetitions > 0, "Effort: need at least one repetition; got \(repetitions)")
    self.repetitions = repetitions
    self.seconds = seconds
  }

  /// Just enough to see that everything runs.
  package static let quick = Effort(repetitions: 2, seconds: 0)
}

/// What came out.
package struct Measurement: Sendable {
  /// What was timed.
  package let benchmark: Benchmark
  /// How many calls a repetition has.
  package let calls: Int
  /// The time of one call in each repetition, in the order they were made.
  package let secondsPerCall: [Double]

  package init(of benchmark: Benchmark, calls: Int, secondsPerCall: [Double]) {
    precondition(!secondsPerCall.isEmpty, "Measurement: need at least one repetition")
    self.benchmark = benchmark
    self.calls = calls
    self.secondsPerCall = secondsPerCall
  }

  private var ordered: [Double] { secondsPerCall.sorted() }

  /// The middle repetition; of an even number, the mean of the two in the middle.
  package var medianSeconds: Double { (ordered[(ordered.count - 1) / 2] + ordered[ordered.count / 2]) / 2 }
  /// The shortest repetition.
  package var fastestSeconds: Double { ordered[0] }
  /// The longest repetition.
  package var slowestSeconds: Double { ordered[ordered.count - 1] }
  /// How far the repetitions lie apart, as a share of their median.
  package var spread: Double { (slowestSeconds - fastestSeconds) / medianSeconds }
  /// The median in the benchmark's unit.
  package var value: Double { benchmark.unit.value(of: medianSeconds, for: benchmark.cost) }
}

extension Benchmark {
  /// Times calls in a row, of which the device has done everything when the time is taken.
  ///
  /// First it runs for as long as a repetition, three times at least: kernels are built, caches filled, clocks raised.
  /// - Throws: `BackendError` when the device fails, and what the public API throws.
  package func measured(_ setting: Setting, effort: Effort) throws -> Measurement {
    try withDevice(setting.device) {
      let body = try prepare(setting)
      func secondsPerCall(_ calls: Int) throws -> Double {
        let start = ContinuousClock.now
        for _ in 0..<calls { try body() }
        try setting.device.synchronize()
        return max((ContinuousClock.now - start) / .seconds(1), 1e-9) / Double(calls)
      }
      var calls = 1
      var elapsed = 0.0
      var estimate = try secondsPerCall(1)
      for _ in 0..<64 where elapsed < effort.seconds || calls == 1 {
        estimate = try secondsPerCall(calls)
        elapsed += estimate * Double(calls)
        calls = max(2, Int(min(effort.seconds / estimate, Double(calls) * 8).rounded(.up)))
      }
      calls = max(1, Int((effort.seconds / estimate).rounded(.up)))
      return Measurement(
        of: self, calls: calls,
        secondsPerCall: try (0..<effort.repetitions).map { _ in try secondsPerCall(calls) })
    }
  }
}
