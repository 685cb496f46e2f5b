import MartletBackend
import MartletLosses
import MartletMetrics
import MartletTensor

/// Loss and metrics over the batches of an epoch. Adding a batch does not wait for the device; reading does.
struct Meter {
  private var lossSum = 0.0
  private(set) var sampleCount = 0
  private var pending: [(loss: PendingFloats, count: Int, batch: Int)] = []
  private var metrics: [MetricAccumulator]
  private let outputKind: Metric.OutputKind
  /// What the metrics say about the last batch: found out by a thread of the device that would wait otherwise, while others go on.
  private var measuring: Deferred<[Metric.Contribution]>?

  init(_ metrics: [Metric], loss: any Loss) {
    self.metrics = metrics.map(MetricAccumulator.init)
    outputKind = loss.predictionKind == .logits ? .logits : .probabilities
  }

  /// What has been measured, for a run that is interrupted in the middle of an epoch.
  struct Memory: Codable {
    var lossSum: Double
    var sampleCount: Int
    var metrics: [MetricAccumulator.Memory]
  }

  /// Everything measured up to the last `collect`.
  ///
  /// - Throws: `BackendError`.
  mutating func memory() throws -> Memory {
    var memories: [MetricAccumulator.Memory] = []
    for index in metrics.indices { memories.append(try metrics[index].memory()) }
    return Memory(lossSum: lossSum, sampleCount: sampleCount, metrics: memories)
  }

  /// Goes on measuring. Metrics that were not measured before begin with what follows.
  mutating func resume(_ memory: Memory) {
    (lossSum, sampleCount) = (memory.lossSum, memory.sampleCount)
    guard memory.metrics.count == metrics.count else { return }
    metrics = zip(metrics, memory.metrics).map { MetricAccumulator($0.metric, resuming: $1) }
  }

  /// - Parameters:
  ///   - loss: The mean loss of the batch.
  ///   - batch: Its number, from 1.
  mutating func add(loss: Tensor, outputs: Tensor, targets: Tensor, count: Int, batch: Int) {
    pending.append((loss.pendingFloats(), count, batch))
    settle()
    guard !metrics.isEmpty else { return }
    let batch = Metric.Batch(outputs: outputs.detached, targets: targets.detached, outputKind: outputKind)
    let (metrics, device, precision) = (metrics.map(\.metric), outputs.device, Precision.current)
    let contributions = Deferred {
      withDevice(device) {
        Precision.$current.withValue(precision) { withoutGradient { metrics.map { $0.contribution(batch) } } }
      }
    }
    device.backend.offer(contributions)
    measuring = contributions
  }

  private mutating func settle() {
    guard let contributions = measuring?.take() else { return }
    for (index, contribution) in contributions.enumerated() { metrics[index].add(contribution) }
    measuring = nil
  }

  /// Fetches what is pending, in the order it was added, so that the sum is the same however often that happens.
  ///
  /// - Returns: the first batch whose loss is infinite or not a number, and that loss.
  /// - Throws: `BackendError`.
  mutating func collect() throws -> (batch: Int, loss: Float)? {
    settle()
    var fault: (batch: Int, loss: Float)?
    _ = try pending.last?.loss.values()  // the one wait: a device sends them in order
    for (loss, count, batch) in pending {
      let value = try loss.values().first ?? .nan
      if !value.isFinite && fault == nil { fault = (batch, value) }
      lossSum += Double(value) * Double(count)
      sampleCount += count
    }
    pending.removeAll(keepingCapacity: true)
    return fault
  }

  /// Everything measured up to the last `collect`.
  ///
  /// - Throws: `BackendError`.
  mutating func values() throws -> [String: Double] {
    var values = ["loss": lossSum / Double(max(sampleCount, 1))]
    for index in metrics.indices { values[metrics[index].metric.name] = try metrics[index].value() }
    return values
  }
}

/// How many steps may be under way before the host waits for the device: so many that waiting costs little, so few that a run
/// stops, shows itself and notices a broken loss without delay.
struct Pace {
  private var steps = 1
  private var done = 0
  private var start = ContinuousClock.now
  /// How much time is to lie between two waits.
  private let target: Double

  init(secondsBetweenWaits target: Double = 0.2) { self.target = target }

  /// Counts a step; whether it is time to wait.
  mutating func step() -> Bool {
    done += 1
    return done >= steps
  }

  /// Begins to count and to measure anew, at the pace found so far.
  mutating func restart() {
    done = 0
    start = .now
  }

  /// Tells that the device has caught up.
  mutating func caughtUp() {
    let seconds = max((ContinuousClock.now - start).inSeconds, 1e-6)
    steps = Int(min(max(1, Double(steps) * target / seconds), Double(2 * steps)))
    restart()
  }
}
