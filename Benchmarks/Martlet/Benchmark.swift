import Martlet

/// Something to be timed: what it is called, what it costs, and how to do it once.
package struct Benchmark: Sendable {
  /// What it is selected by: words and numbers joined by hyphens.
  package let name: String
  /// What it belongs to; a group can be selected as a whole.
  package let group: Group
  /// What is computed, for somebody who wants to compute the same with other means; `nil` where nobody else could.
  package let workload: Workload?
  /// What one call of it has to do.
  package let cost: Cost
  /// What its results are stated in.
  package let unit: Unit
  let prepare: Preparation

  /// Makes everything ready on a device, data included, and gives what is timed. That may leave work queued on the device.
  package typealias Preparation = @Sendable (_ setting: Setting) throws -> () throws -> Void

  /// What benchmarks are sorted into.
  package enum Group: String, CaseIterable, Codable, Sendable {
    /// Whole models, trained and used through the public API.
    case models
    /// Products of matrices, through the public API.
    case matmul
    /// Convolutions and their gradients, through the public API.
    case convolutions
    /// Products and convolutions that only a GPU finishes quickly; not among those that are timed unasked.
    case large
    /// Every function of a backend, over a grid of shapes.
    case primitives
  }

  /// What results are stated in.
  package enum Unit: String, Codable, Sendable {
    /// Samples per second.
    case samplesPerSecond = "samples/s"
    /// Thousands of millions of floating-point operations per second.
    case gigaflops = "GFLOP/s"
    /// Thousands of millions of bytes per second.
    case gigabytesPerSecond = "GB/s"
    /// The time of one call.
    case microseconds = "µs"

    /// A time in this unit.
    package func value(of seconds: Double, for cost: Cost) -> Double {
      switch self {
      case .samplesPerSecond: Double(cost.samples) / seconds
      case .gigaflops: cost.operations / seconds / 1e9
      case .gigabytesPerSecond: cost.bytes / seconds / 1e9
      case .microseconds: seconds * 1e6
      }
    }
  }

  package init(
    _ name: String, in group: Group, workload: Workload? = nil, cost: Cost, unit: Unit, prepare: @escaping Preparation
  ) {
    self.name = name
    self.group = group
    self.workload = workload
    self.cost = cost
    self.unit = unit
    self.prepare = prepare
  }
}

/// What one call has to do, however it is done.
package struct Cost: Hashable, Codable, Sendable {
  /// Samples that go through a model.
  package var samples = 0
  /// Floating-point operations of its products; a multiply-add counts as two. Nothing else is counted.
  package var operations = 0.0
  /// Bytes that have to be read and written, each operand once.
  package var bytes = 0.0

  package init(samples: Int = 0, operations: Double = 0, bytes: Double = 0) {
    self.samples = samples
    self.operations = operations
    self.bytes = bytes
  }
}

/// Where and on what a benchmark runs.
package struct Setting: Sendable {
  /// Where it is computed.
  package let device: Device
  /// What models are trained on, `[28, 28, 1]` with ten classes; at least one batch of everything needs 1024.
  package let digits: Dataset

  /// A device, and digits to learn.
  package init(device: Device, digits: Dataset) {
    self.device = device
    self.digits = digits
  }
}
