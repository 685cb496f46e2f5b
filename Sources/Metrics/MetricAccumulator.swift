import MartletAutograd
import MartletTensor

/// Measures one metric over many batches.
///
///     var accuracy = MetricAccumulator(.accuracy)
///     for batch in batches { accuracy.add(outputs: model(batch.inputs), targets: batch.targets) }
///     print(try accuracy.value())
public struct MetricAccumulator: Sendable {
  /// What is measured.
  public let metric: Metric
  /// How many samples (for metrics over elements: elements) have been seen.
  public private(set) var count = 0
  private var sums = RunningSum()

  /// Begins measuring.
  public init(_ metric: Metric) { self.metric = metric }

  /// What has been seen, as numbers, for a run that is interrupted.
  package struct Memory: Codable, Sendable {
    var count: Int
    var sums: [Double]
  }

  /// What has been seen so far. Waits for the device.
  ///
  /// - Throws: `BackendError` when the device has failed.
  package mutating func memory() throws -> Memory { Memory(count: count, sums: try sums.values()) }

  /// Goes on measuring.
  package init(_ metric: Metric, resuming memory: Memory) {
    self.metric = metric
    count = memory.count
    sums = RunningSum(resuming: memory.sums)
  }

  /// Takes a batch into account. Does not wait for the device.
  ///
  /// - Precondition: the shapes of outputs and targets fit the metric.
  public mutating func add(outputs: Tensor, targets: Tensor, outputKind: Metric.OutputKind = .probabilities) {
    let batch = Metric.Batch(outputs: outputs.detached, targets: targets.detached, outputKind: outputKind)
    add(withoutGradient { metric.contribution(batch) })
  }

  /// Takes a batch into account that was measured elsewhere.
  package mutating func add(_ contribution: Metric.Contribution) {
    sums.add(contribution.sums)
    count += contribution.count
  }

  /// The value over everything seen; NaN when nothing was. Waits for the device.
  ///
  /// - Throws: `BackendError` when the device has failed.
  public mutating func value() throws -> Double {
    let sums = try sums.values()
    return sums.isEmpty ? .nan : metric.value(sums, count)
  }
}

/// The mean of a loss over many batches, each weighing as many samples as it has.
public struct LossAccumulator: Sendable {
  /// How many samples have been seen.
  public private(set) var count = 0
  private var sums = RunningSum()

  /// Begins with nothing.
  public init() {}

  /// Adds the mean loss of a batch, a tensor of one element. Does not wait for the device.
  public mutating func add(_ meanLoss: Tensor, sampleCount: Int) {
    sums.add(withoutGradient { meanLoss.detached * Float(sampleCount) })
    count += sampleCount
  }

  /// The mean per sample over everything seen; NaN when nothing was. Waits for the device.
  ///
  /// - Throws: `BackendError` when the device has failed.
  public mutating func value() throws -> Double {
    let sums = try sums.values()
    return sums.isEmpty ? .nan : sums[0] / Double(count)
  }
}
