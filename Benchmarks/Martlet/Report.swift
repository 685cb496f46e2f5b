import Martlet

/// What `martlet bench --json` writes: where and how it was measured, and all results.
package struct Report: Encodable, Sendable {
  let device: String
  let deviceName: String
  let threads: Int
  let digits: String
  let effort: Effort
  let roofline: Roofline?
  let results: [Result]

  /// One benchmark's result.
  package struct Result: Encodable, Sendable {
    package let name: String
    package let group: Benchmark.Group
    package let unit: Benchmark.Unit
    /// The median, in `unit`.
    package let value: Double
    package let medianSeconds: Double
    package let fastestSeconds: Double
    package let spread: Double
    package let calls: Int
    package let secondsPerCall: [Double]
    package let cost: Cost
    /// The shortest possible time as a share of the median.
    package let rooflineShare: Double?
    package let bound: Roofline.Bound?

    /// A measurement beside what the device can reach.
    package init(_ measurement: Measurement, roofline: Roofline?) {
      let benchmark = measurement.benchmark
      let limit = roofline?.limit(for: benchmark.cost)
      name = benchmark.name
      group = benchmark.group
      unit = benchmark.unit
      value = measurement.value
      medianSeconds = measurement.medianSeconds
      fastestSeconds = measurement.fastestSeconds
      spread = measurement.spread
      calls = measurement.calls
      secondsPerCall = measurement.secondsPerCall
      cost = benchmark.cost
      rooflineShare = limit.map { $0.seconds / measurement.medianSeconds }
      bound = limit?.bound
    }
  }

  /// Results of one device.
  package init(on device: Device, digits: String, effort: Effort, roofline: Roofline?, results: [Result]) {
    self.device = device.name
    deviceName = device.capabilities.deviceName
    threads = device.capabilities.threadCount
    self.digits = digits
    self.effort = effort
    self.roofline = roofline
    self.results = results
  }
}

/// What `martlet bench --list --json` writes for a benchmark.
package struct Listing: Encodable, Sendable {
  let name: String
  let group: Benchmark.Group
  let unit: Benchmark.Unit
  let cost: Cost
  let workload: Workload?

  /// A benchmark as data.
  package init(_ benchmark: Benchmark) {
    name = benchmark.name
    group = benchmark.group
    unit = benchmark.unit
    cost = benchmark.cost
    workload = benchmark.workload
  }
}
