import MartletAutograd
import MartletBackend
import MartletData
import MartletLayers
import MartletLosses
import MartletMetrics
import MartletOptimizers
import MartletTensor

/// Trains and evaluates a model.
///
///     let trainer = Trainer(model, loss: .softmaxCrossEntropy, optimizer: Adam(), metrics: [.accuracy], on: device)
///     let history = try trainer.fit(mnist.train, validation: .split(0.1), epochs: 3, batchSize: 128, seed: 1)
///     print(try trainer.evaluate(mnist.test))
///
/// Nothing that comes from data or settings traps: what does not fit is thrown before the first step. A class because a run
/// changes it (optimizer state, epochs done) while others hold on to it.
public final class Trainer {
  /// What is trained.
  public let model: any Layer
  /// What is made small.
  public let loss: any Loss
  /// How; it remembers its state from run to run.
  public var optimizer: any Optimizer
  /// What is measured besides the loss.
  public let metrics: [Metric]
  /// Where it is computed. The model moves there when it is first used.
  public let device: Device
  /// How many epochs this trainer has begun, over all runs; a later run goes on with other random numbers.
  public internal(set) var epochsBegun = 0
  /// How many batches this trainer has learned from, over all runs.
  public internal(set) var stepsTaken = 0

  /// How long steps run ahead of the host before it waits for loss and metrics.
  package var secondsBetweenWaits = 0.2

  /// Makes a trainer.
  public init(
    _ model: any Layer, loss: some Loss, optimizer: any Optimizer = Adam(), metrics: [Metric] = [],
    on device: Device = .current
  ) {
    self.model = model
    self.loss = loss
    self.optimizer = optimizer
    self.metrics = metrics
    self.device = device
  }
}

/// Data a model is judged by while it is trained, and never trained on.
public enum Validation: Sendable {
  /// A share of the training data, held out at random, with the same share of every class.
  case split(Double)
  /// Data of their own.
  case dataset(Dataset)
}

extension Trainer {
  /// Trains the model.
  ///
  /// Everything random (the order of samples, the validation split, dropout) follows from the seed: the same seed, data and device
  /// give the same weights, bit for bit.
  ///
  /// - Parameters:
  ///   - dataset: What is learned from.
  ///   - validation: What the model is judged by after each epoch.
  ///   - epochs: How many passes over the data.
  ///   - batchSize: How many samples an update looks at.
  ///   - shuffle: Whether every epoch has an order of its own.
  ///   - classWeights: What each class counts in the loss of training.
  ///   - batchesPerUpdate: The gradients of so many batches are averaged for one update, which is then that of a batch as large as all
  ///     of them, in the memory of one.
  ///   - firstEpoch: The number of the first epoch, for a run that goes on counting where another ended; `epochs` is the last.
  ///   - restoringBest: With validation, the model ends with the weights of the epoch that had the smallest validation loss, or was
  ///     best by what an `EarlyStopping` among the callbacks watches.
  ///   - callbacks: What follows and steers the run, in this order.
  ///   - checkpoint: Where to keep what is needed to go on after an interruption.
  ///   - progress: What is shown on standard error.
  ///   - shouldStop: Asked before every step; where it says so, training ends and the history says that it was interrupted.
  /// - Throws: `TrainingError`, `ModelError`, `ShapeError` or `DatasetError` before the first step where something does not fit;
  ///   `TrainingError.lossIsNotFinite` when training goes wrong; `BackendError` when the device does.
  @discardableResult
  public func fit(
    _ dataset: Dataset, validation: Validation? = nil, epochs: Int = 1, batchSize: Int = 32, seed: UInt64 = 0,
    shuffle: Bool = true, classWeights: [Float]? = nil, batchesPerUpdate: Int = 1, firstEpoch: Int = 1,
    restoringBest: Bool = true, callbacks: [any Callback] = [], checkpoint: Checkpoint? = nil,
    progress: ProgressStyle = .automatic,
    stoppingWhen shouldStop: () -> Bool = { false }
  ) throws -> History {
    var display = ProgressDisplay(progress, epochCount: epochs)
    defer { display.close() }
    return try withDevice(device) {
      let (training, held) = try checkedParts(
        of: dataset, validation: validation, epochs: epochs, batchSize: batchSize, seed: seed)
      try requirePositive(batchesPerUpdate, "the number of batches per update")
      guard (1...epochs).contains(firstEpoch) else {
        throw TrainingError.invalidSetting(
          name: "the first epoch", value: "\(firstEpoch)", rule: "it has to be one of 1 to \(epochs)")
      }
      let plan = TrainingRun.Plan(
        training: training, validation: held, epochs: firstEpoch...epochs, batchSize: batchSize,
        batchesPerUpdate: batchesPerUpdate, seed: seed, shuffles: shuffle,
        classWeights: try checkedClassWeights(classWeights, for: training),
        restoresBest: restoringBest || callbacks.contains { $0 is EarlyStopping }, checkpoint: checkpoint)
      var run = TrainingRun(trainer: self, plan: plan, callbacks: callbacks)
      return try run.run(display: &display, shouldStop: shouldStop)
    }
  }

  /// Measures loss and metrics on a dataset.
  ///
  /// - Throws: `TrainingError`, `ShapeError` where something does not fit, `BackendError` when the device fails.
  public func evaluate(_ dataset: Dataset, batchSize: Int = 128) throws -> Evaluation {
    try withDevice(device) {
      try requirePositive(batchSize, "the batch size")
      guard !dataset.isEmpty else { throw TrainingError.noSamples(purpose: "evaluate") }
      try prepareModel(for: dataset, seed: 0)
      try checkTargets(of: dataset)
      return try measured(dataset, batchSize: batchSize) { false }
    }
  }

  /// What the model says about the samples of a dataset, which need no targets.
  ///
  /// - Throws: `TrainingError`, `ShapeError` where something does not fit, `BackendError` when the device fails.
  public func predict(_ dataset: Dataset, batchSize: Int = 128) throws -> Predictions {
    try withDevice(device) {
      try requirePositive(batchSize, "the batch size")
      let outputShape = try prepareModel(for: dataset, seed: 0)
      var outputs: [Float] = []
      var probabilities: [Float] = []
      for batch in dataset.batches(size: batchSize) {
        let result = withoutGradient { model(batch.inputTensor(on: device)) }
        outputs += try result.floats()
        if let probable = withoutGradient({ loss.probabilities(result) }) { probabilities += try probable.floats() }
      }
      return Predictions(
        count: dataset.count, outputShape: outputShape, outputs: outputs, probabilities: probabilities)
    }
  }

  /// Loss and metrics without any checks. When stopped, over fewer samples than there are.
  func measured(_ dataset: Dataset, batchSize: Int, shouldStop: () -> Bool) throws -> Evaluation {
    let start = ContinuousClock.now
    var meter = Meter(metrics, loss: loss)
    var pace = Pace(secondsBetweenWaits: secondsBetweenWaits)
    for batch in dataset.batches(size: batchSize) {
      if shouldStop() { break }
      guard let targets = batch.targetTensor(on: device) else { throw TrainingError.noTargets }
      withoutGradient {
        let outputs = model(batch.inputTensor(on: device))
        meter.add(loss: loss(outputs, targets), outputs: outputs, targets: targets, count: batch.count, batch: 0)
      }
      if pace.step() {
        _ = try meter.collect()
        pace.caughtUp()
      }
    }
    _ = try meter.collect()
    var values = try meter.values()
    let lossValue = values.removeValue(forKey: "loss") ?? .nan
    return Evaluation(
      loss: lossValue, metrics: values, sampleCount: meter.sampleCount, seconds: (ContinuousClock.now - start).inSeconds
    )
  }
}
