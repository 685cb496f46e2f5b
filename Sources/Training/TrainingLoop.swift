import MartletBackend
import MartletData
import MartletTensor

/// The loop of a training run whose step is one's own: two optimizers that take turns, a rule without gradients, an objective that
/// is not a loss of outputs and targets.
///
///     let loop = TrainingLoop(epochs: 5, batchSize: 128, seed: 1)
///     let history = try loop.run(over: digits) { x, key in
///       let loss = autoencoder.loss(x, key: key)
///       optimizer.update(autoencoder, along: loss.gradients())
///       return ["loss": loss]
///     }
///
/// It brings what every run needs: an order of samples per epoch, random numbers per step, means over an epoch, progress, stopping,
/// and an end where a number is not finite. Everything random follows from the seed.
public struct TrainingLoop: Sendable {
  /// How many passes over the data.
  public var epochs: Int
  /// How many samples a step looks at.
  public var batchSize: Int
  /// Decides the order of samples and the keys of the steps.
  public var seed: UInt64
  /// Where steps are computed.
  public var device: Device
  /// What is shown on standard error.
  public var progress: ProgressStyle

  /// The settings of a run.
  public init(
    epochs: Int, batchSize: Int, seed: UInt64 = 0, on device: Device = .current, progress: ProgressStyle = .automatic
  ) {
    self.epochs = epochs
    self.batchSize = batchSize
    self.seed = seed
    self.device = device
    self.progress = progress
  }

  /// Goes over a dataset so many times, in an order of its own each time.
  ///
  /// - Parameters:
  ///   - shouldStop: Asked before every step; where it says so, the run ends and the history says that it was interrupted.
  ///   - afterEpoch: What else is measured when an epoch is complete, by name.
  ///   - onEpochEnd: Called when an epoch is in the history, to show or store it.
  ///   - step: One update; gets the inputs of a batch and a key of its own, gives what is measured as tensors of one element, of
  ///     which the history has the mean over the samples.
  /// - Throws: `TrainingError` where there is nothing to do, or when something measured is not finite; what a step throws.
  public func run(
    over dataset: Dataset, stoppingWhen shouldStop: () -> Bool = { false },
    afterEpoch: (_ epoch: Int) throws -> [String: Double] = { _ in [:] },
    onEpochEnd: (_ history: History) throws -> Void = { _ in },
    step: (_ inputs: Tensor, _ key: RandomKey) throws -> [String: Tensor]
  ) throws -> History {
    guard !dataset.isEmpty else { throw TrainingError.noSamples(purpose: "train on") }
    try check(batchSize, "the batch size")
    var order: (epoch: Int, batches: Batches)?
    let stepCount = dataset.batches(size: batchSize).count
    return try run(
      stepsPerEpoch: stepCount, stoppingWhen: shouldStop, afterEpoch: afterEpoch, onEpochEnd: onEpochEnd
    ) { position, key in
      let batches =
        order.flatMap { $0.epoch == position.epoch ? $0.batches : nil }
        ?? dataset.batches(size: batchSize, shuffledBy: seed, epoch: position.epoch - 1)
      order = (position.epoch, batches)
      let batch = batches[position.step]
      return (batch.count, try step(batch.inputTensor(on: device), key))
    }
  }

  /// Takes so many steps per epoch, whatever they work on. See the form for a dataset.
  ///
  /// - Parameter step: Gets the epoch, from 1, and the number of the step in it, from 0; gives for how many samples it counts and
  ///   what was measured.
  public func run(
    stepsPerEpoch: Int, stoppingWhen shouldStop: () -> Bool = { false },
    afterEpoch: (_ epoch: Int) throws -> [String: Double] = { _ in [:] },
    onEpochEnd: (_ history: History) throws -> Void = { _ in },
    step: (_ position: (epoch: Int, step: Int), _ key: RandomKey) throws -> (count: Int, values: [String: Tensor])
  ) throws -> History {
    try check(epochs, "the number of epochs")
    try check(stepsPerEpoch, "the number of steps in an epoch")
    var display = ProgressDisplay(progress, epochCount: epochs)
    defer { display.close() }
    return try withDevice(device) {
      var history = History()
      let start = ContinuousClock.now
      for epoch in 1...epochs {
        let epochStart = ContinuousClock.now
        display.beginEpoch(epoch, batchCount: stepsPerEpoch)
        var means = RunningMeans(epoch: epoch)
        var pace = Pace()
        for index in 0..<stepsPerEpoch where !history.wasInterrupted {
          history.wasInterrupted = shouldStop()
          guard !history.wasInterrupted else { break }
          let draw = UInt32(truncatingIfNeeded: (epoch - 1) &* stepsPerEpoch &+ index)
          let measured = try step((epoch, index), RandomKey(seed: seed, draw: draw))
          means.add(measured.values, count: measured.count, step: index + 1)
          guard pace.step() else { continue }
          try means.collect()
          if index == 0 { display.endFirstStep() }
          if index + 1 < stepsPerEpoch { display.update(index + 1, values: means.values) }
          pace.caughtUp()
        }
        if history.wasInterrupted { break }
        try means.collect()
        let seconds = (ContinuousClock.now - epochStart).inSeconds
        let values = means.values.merging(try afterEpoch(epoch)) { $1 }
        let record = EpochRecord(
          epoch: epoch, values: values, seconds: (ContinuousClock.now - epochStart).inSeconds,
          samplesPerSecond: Double(means.sampleCount) / max(seconds, 1e-9))
        display.endEpoch(record, batchCount: stepsPerEpoch, trainingSeconds: seconds)
        history.epochs.append(record)
        history.seconds = (ContinuousClock.now - start).inSeconds
        try onEpochEnd(history)
      }
      history.seconds = (ContinuousClock.now - start).inSeconds
      return history
    }
  }

  private func check(_ value: Int, _ name: String) throws {
    guard value > 0 else {
      throw TrainingError.invalidSetting(name: name, value: "\(value)", rule: "it has to be at least 1")
    }
  }
}

/// Means of what steps measured, over the samples of an epoch. Adding does not wait for the device; collecting does.
private struct RunningMeans {
  let epoch: Int
  private(set) var sampleCount = 0
  private var sums: [String: Double] = [:]
  private var pending: [(values: [String: Tensor], count: Int, step: Int)] = []

  init(epoch: Int) { self.epoch = epoch }

  mutating func add(_ values: [String: Tensor], count: Int, step: Int) {
    pending.append((values.mapValues(\.detached), count, step))
  }

  mutating func collect() throws {
    for (values, count, step) in pending {
      for (name, tensor) in values {
        let value = try tensor.item()
        guard value.isFinite else {
          throw TrainingError.lossIsNotFinite(
            value: value.isNaN ? "not a number" : "infinite", epoch: epoch, batch: step,
            detail: "it is the quantity '\(name)'. Try a smaller learning rate, scaled inputs, or gradient clipping")
        }
        sums[name, default: 0] += Double(value) * Double(count)
      }
      sampleCount += count
    }
    pending.removeAll(keepingCapacity: true)
  }

  var values: [String: Double] { sums.mapValues { $0 / Double(max(sampleCount, 1)) } }
}
