import MartletAutograd
import MartletBackend
import MartletData
import MartletLayers
import MartletLosses
import MartletTensor

/// One call of `fit`: everything has been checked, the model is where it is to be computed.
struct TrainingRun {
  let trainer: Trainer
  let training: Dataset
  let validation: Dataset?
  let batchSize: Int
  let seed: UInt64
  let shuffles: Bool
  let classWeights: Tensor?
  let restoresBest: Bool

  private var history = History()
  private var best: (loss: Double, epoch: Int, weights: Weights)?

  init(
    trainer: Trainer, training: Dataset, validation: Dataset?, batchSize: Int, seed: UInt64, shuffles: Bool,
    classWeights: Tensor?, restoresBest: Bool
  ) {
    self.trainer = trainer
    self.training = training
    self.validation = validation
    self.batchSize = batchSize
    self.seed = seed
    self.shuffles = shuffles
    self.classWeights = classWeights
    self.restoresBest = restoresBest
  }

  mutating func run(epochs: Int, display: inout ProgressDisplay, shouldStop: () -> Bool) throws -> History {
    let start = ContinuousClock.now
    for epoch in 1...epochs {
      guard let record = try runEpoch(epoch, display: &display, shouldStop: shouldStop) else {
        history.wasInterrupted = true
        break
      }
      history.epochs.append(record)
      remember(record)
    }
    if let best {
      history.bestEpoch = best.epoch
      if best.epoch != history.epochs.last?.epoch || history.wasInterrupted { try trainer.model.restore(best.weights) }
    }
    history.seconds = (ContinuousClock.now - start).inSeconds
    return history
  }

  /// A pass over the training data and one over the validation data; `nil` when stopped.
  private mutating func runEpoch(
    _ epoch: Int, display: inout ProgressDisplay, shouldStop: () -> Bool
  ) throws -> EpochRecord? {
    let start = ContinuousClock.now
    let batches =
      shuffles
      ? training.batches(size: batchSize, shuffledBy: seed, epoch: trainer.epochsBegun)
      : training.batches(size: batchSize)
    trainer.epochsBegun += 1
    display.beginEpoch(epoch, batchCount: batches.count)

    guard var values = try trainOnce(over: batches, epoch: epoch, display: &display, shouldStop: shouldStop) else {
      return nil
    }
    let trainingSeconds = (ContinuousClock.now - start).inSeconds
    if let validation {
      let judged = try trainer.measured(validation, batchSize: batchSize, shouldStop: shouldStop)
      guard judged.sampleCount == validation.count else { return nil }
      for (name, value) in judged.values { values["val_" + name] = value }
    }
    let record = EpochRecord(
      epoch: epoch, values: values, seconds: (ContinuousClock.now - start).inSeconds,
      samplesPerSecond: Double(training.count) / max(trainingSeconds, 1e-9))
    display.endEpoch(record, trainingSeconds: trainingSeconds)
    return record
  }

  private func trainOnce(
    over batches: Batches, epoch: Int, display: inout ProgressDisplay, shouldStop: () -> Bool
  ) throws -> [String: Double]? {
    var meter = Meter(trainer.metrics, loss: trainer.loss)
    var pace = Pace()
    let parameters = trainer.model.trainableParameters
    var number = 0
    // No thread prepares batches: gathering bytes takes a few microseconds, less than handing a batch over, and a third thread
    // would take turns with those that compute.
    for batch in batches {
      if shouldStop() { return nil }
      number += 1
      try step(on: batch, number: number, parameters: parameters, meter: &meter)
      guard pace.step() else { continue }
      try collect(&meter, epoch: epoch)
      if number == 1 { display.endFirstStep() }
      if number < batches.count { display.update(number, values: try meter.values()) }
      pace.caughtUp()
    }
    try collect(&meter, epoch: epoch)
    return try meter.values()
  }

  private func step(on batch: Batch, number: Int, parameters: [Parameter], meter: inout Meter) throws {
    let device = trainer.device
    guard let targets = batch.targetTensor(on: device) else { throw TrainingError.noTargets }
    let mode = Mode.training(seed: seed, step: trainer.stepsTaken)
    let outputs = trainer.model(batch.inputTensor(on: device), mode: mode)
    let loss = trainer.loss(outputs, targets, classWeights: classWeights)
    trainer.optimizer.update(parameters, along: loss.gradients())
    trainer.stepsTaken += 1
    meter.add(loss: loss, outputs: outputs.detached, targets: targets, count: batch.count, batch: number)
  }

  private func collect(_ meter: inout Meter, epoch: Int) throws {
    guard let fault = try meter.collect() else { return }
    throw TrainingError.lossIsNotFinite(
      value: fault.loss.isNaN ? "not a number" : "infinite", epoch: epoch, batch: fault.batch,
      detail: try brokenParameter().map { "the first parameter that is not finite is '\($0)'" }
        ?? "the weights are still finite, so look at the inputs and targets of that batch")
  }

  /// The first parameter with an infinite value or one that is not a number.
  private func brokenParameter() throws -> String? {
    try trainer.model.parameters.first { try !$0.value.floats().allSatisfy(\.isFinite) }?.name
  }

  private mutating func remember(_ record: EpochRecord) {
    guard restoresBest, let loss = record["val_loss"], loss < best?.loss ?? .infinity else { return }
    best = (loss, record.epoch, trainer.model.weights)
  }
}
