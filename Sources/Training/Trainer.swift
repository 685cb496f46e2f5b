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
  /// Batches of their own; those of epoch 1, each time.
  case stream(BatchStream)
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
  ///   - doctor: Whether data, model and loss are looked over before the first epoch of this trainer, and the course of training
  ///     after each; what is found stands in the history and is shown. See `examine`.
  ///   - progress: What is shown on standard error.
  ///   - shouldStop: Asked before every step; where it says so, training ends and the history says that it was interrupted.
  /// - Throws: `TrainingError`, `ModelError`, `ShapeError` or `DatasetError` before the first step where something does not fit;
  ///   `TrainingError.lossIsNotFinite` when training goes wrong; `BackendError` when the device does.
  @discardableResult
  public func fit(
    _ dataset: Dataset, validation: Validation? = nil, epochs: Int = 1, batchSize: Int = 32, seed: UInt64 = 0,
    shuffle: Bool = true, classWeights: [Float]? = nil, batchesPerUpdate: Int = 1, firstEpoch: Int = 1,
    restoringBest: Bool = true, callbacks: [any Callback] = [], checkpoint: Checkpoint? = nil, doctor: Bool = true,
    progress: ProgressStyle = .automatic,
    stoppingWhen shouldStop: () -> Bool = { false }
  ) throws -> History {
    var display = ProgressDisplay(progress, epochCount: epochs)
    defer { display.close() }
    return try withDevice(device) {
      let epochs = try checkedEpochs(firstEpoch, epochs)
      let (training, held) = try checkedParts(of: dataset, validation: validation, batchSize: batchSize, seed: seed)
      let plan = TrainingRun.Plan(
        training: .dataset(training, batchSize: batchSize, seed: seed, shuffles: shuffle), validation: held,
        sampleShape: dataset.sampleShape, epochs: epochs,
        batchesPerUpdate: try checkedPositive(batchesPerUpdate, "the number of batches per update"), seed: seed,
        classWeights: try checkedClassWeights(classWeights, for: training),
        restoresBest: restoringBest || callbacks.contains { $0 is EarlyStopping }, checkpoint: checkpoint,
        patient: doctor ? training : nil)
      var run = TrainingRun(trainer: self, plan: plan, callbacks: callbacks)
      return try run.run(display: &display, shouldStop: shouldStop)
    }
  }

  /// Trains the model on batches that come as they come, in the order they come in. See the form for a dataset.
  ///
  /// An epoch ends when its batches do. The first batch decides what samples and targets look like.
  ///
  /// - Parameters:
  ///   - validation: Data of their own; a stream cannot be split.
  ///   - seed: Decides first weights and what layers draw.
  /// - Throws: As the form for a dataset, `TrainingError.batchDoesNotFit` for a batch unlike the first, and what making a batch throws.
  @discardableResult
  public func fit(
    _ stream: BatchStream, validation: Validation? = nil, epochs: Int = 1, seed: UInt64 = 0,
    classWeights: [Float]? = nil, batchesPerUpdate: Int = 1, firstEpoch: Int = 1, restoringBest: Bool = true,
    callbacks: [any Callback] = [], checkpoint: Checkpoint? = nil, doctor: Bool = true,
    progress: ProgressStyle = .automatic, stoppingWhen shouldStop: () -> Bool = { false }
  ) throws -> History {
    var display = ProgressDisplay(progress, epochCount: epochs)
    defer { display.close() }
    return try withDevice(device) {
      let epochs = try checkedEpochs(firstEpoch, epochs)
      var first = try SampleSource.stream(stream).batches(ofEpoch: epochsBegun + 1, on: device)
      guard let sample = try first.peek().map(Dataset.init(batch:)) else {
        throw TrainingError.noSamples(purpose: "train on")
      }
      try checkTrainable(on: sample, seed: seed)
      let plan = TrainingRun.Plan(
        training: .stream(stream), validation: try checkedSource(validation, like: sample, batchSize: 128),
        sampleShape: sample.sampleShape, epochs: epochs,
        batchesPerUpdate: try checkedPositive(batchesPerUpdate, "the number of batches per update"), seed: seed,
        classWeights: try checkedClassWeights(classWeights, for: nil),
        restoresBest: restoringBest || callbacks.contains { $0 is EarlyStopping }, checkpoint: checkpoint,
        patient: doctor ? sample : nil)
      var run = TrainingRun(trainer: self, plan: plan, callbacks: callbacks, begun: first)
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
      let source = SampleSource.dataset(dataset, batchSize: batchSize, seed: 0, shuffles: false)
      return try measured(source.batches(ofEpoch: 1, on: device), sampleShape: dataset.sampleShape).evaluation
    }
  }

  /// Measures loss and metrics on the batches of a stream's epoch 1.
  ///
  /// - Throws: As the form for a dataset, and what making a batch throws.
  public func evaluate(_ stream: BatchStream) throws -> Evaluation {
    try withDevice(device) {
      var batches = try SampleSource.stream(stream).batches(ofEpoch: 1, on: device)
      guard let sample = try batches.peek().map(Dataset.init(batch:)) else {
        throw TrainingError.noSamples(purpose: "evaluate")
      }
      try prepareModel(for: sample, seed: 0)
      return try measured(batches, sampleShape: sample.sampleShape).evaluation
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

  /// Loss and metrics over batches, of which those of a stream are checked; whether all of them were looked at.
  func measured(
    _ batches: EpochBatches, sampleShape: [Int], shouldStop: () -> Bool = { false }
  ) throws -> (evaluation: Evaluation, isComplete: Bool) {
    let start = ContinuousClock.now
    var batches = batches
    var meter = Meter(metrics, loss: loss)
    var pace = Pace(secondsBetweenWaits: secondsBetweenWaits)
    var isComplete = true
    var number = 0
    while try batches.hasNext() {
      if shouldStop() {
        isComplete = false
        break
      }
      number += 1
      let next = try batches.next { try check($0, number: number, sampleShape: sampleShape) }
      guard let next, let targets = next.targets else { throw TrainingError.noTargets }
      withoutGradient {
        let outputs = model(next.inputs)
        let value = loss(outputs, targets, sampleWeights: next.weights)
        meter.add(loss: value, outputs: outputs, targets: targets, count: next.batch.count, batch: number)
      }
      if pace.step() {
        _ = try meter.collect()
        pace.caughtUp()
      }
    }
    // A stream without batches would look perfect.
    guard number > 0 || !isComplete else { throw TrainingError.noSamples(purpose: "measure with") }
    _ = try meter.collect()
    var values = try meter.values()
    let lossValue = values.removeValue(forKey: "loss") ?? .nan
    let evaluation = Evaluation(
      loss: lossValue, metrics: values, sampleCount: meter.sampleCount, seconds: (ContinuousClock.now - start).inSeconds
    )
    return (evaluation, isComplete)
  }
}
