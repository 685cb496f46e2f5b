import Foundation
import MartletAutograd
import MartletBackend
import MartletData
import MartletLayers
import MartletLosses
import MartletTensor

/// One call of `fit`: everything has been checked, the model is where it is to be computed.
struct TrainingRun {
  /// What was asked for.
  struct Plan {
    let training: SampleSource
    let validation: SampleSource?
    let sampleShape: [Int]
    let epochs: ClosedRange<Int>
    let batchesPerUpdate: Int
    let seed: UInt64
    let classWeights: Tensor?
    let restoresBest: Bool
    let checkpoint: Checkpoint?
    /// What the doctor looks at; `nil` where none is wanted.
    let patient: Dataset?
  }

  /// The best epoch so far.
  struct Best: Codable {
    var value: Double
    var epoch: Int
  }

  let trainer: Trainer
  let plan: Plan
  private var state: RunState
  private var callbacks: [any Callback]
  private var best: Best?
  private var bestWeights: Weights?
  /// What decides which epoch is the best.
  private let monitor: Monitor
  /// Of an epoch that was interrupted: what it had measured.
  private var interrupted: Meter.Memory?
  private let begin = ContinuousClock.now
  private var lastSave: ContinuousClock.Instant?
  /// Batches of the first epoch that were begun before the run.
  private var begun: EpochBatches?
  private var finder: FaultFinder
  private var doctor: CourseDoctor?
  private var pace: Pace

  /// - Parameter begun: The batches of the trainer's next epoch, where some have been looked at.
  init(trainer: Trainer, plan: Plan, callbacks: [any Callback], begun: EpochBatches? = nil) {
    self.trainer = trainer
    self.plan = plan
    self.callbacks = callbacks
    self.begun = begun
    finder = FaultFinder(for: trainer)
    pace = Pace(secondsBetweenWaits: trainer.secondsBetweenWaits)
    let stopping = callbacks.lazy.compactMap { $0 as? EarlyStopping }.first
    monitor = stopping?.monitor ?? "val_loss"
    state = RunState(trainer: trainer, epochCount: plan.epochs.upperBound, epoch: plan.epochs.lowerBound)
  }

  mutating func run(display: inout ProgressDisplay, shouldStop: () -> Bool) throws -> History {
    let start = ContinuousClock.now
    try resume(display: &display)
    try examine(&display)
    let earlierSeconds = state.history.seconds
    func elapsed() -> Double { earlierSeconds + (ContinuousClock.now - start).inSeconds }
    state.history.wasInterrupted = false
    try tell(&display) { try $0.trainingBegins(&$1) }
    while state.epoch <= plan.epochs.upperBound && state.history.stopReason == nil {
      guard let record = try runEpoch(display: &display, shouldStop: shouldStop) else {
        state.history.wasInterrupted = shouldStop()
        state.history.seconds = elapsed()
        break
      }
      state.history.epochs.append(record)
      remember(record)
      if let finding = try doctor?.finding(after: state.history) { show(finding, after: record.epoch, on: &display) }
      try tell(&display) { try $0.epochEnds(record, &$1) }
      state.epoch += 1
      state.batch = 0
      state.history.seconds = elapsed()
      let isLast = state.epoch > plan.epochs.upperBound || state.history.stopReason != nil
      if isLast || isTimeToSave { try save(meter: nil, display: &display) }
    }
    try tell(&display) { try $0.trainingEnds(&$1) }
    if let reason = state.history.stopReason { display.note("stopped: \(reason)") }
    if let best, let bestWeights {
      state.history.bestEpoch = best.epoch
      try trainer.model.restore(bestWeights)
    }
    return state.history
  }

  /// A pass over the training data and one over the validation data; `nil` when stopped on the way.
  private mutating func runEpoch(display: inout ProgressDisplay, shouldStop: () -> Bool) throws -> EpochRecord? {
    let start = ContinuousClock.now
    if state.batch == 0 { trainer.epochsBegun += 1 }
    var batches = try begun ?? plan.training.batches(ofEpoch: trainer.epochsBegun, on: trainer.device)
    begun = nil
    try batches.skip(state.batch)
    display.beginEpoch(state.epoch, batchCount: batches.count)
    try tell(&display) { try $0.epochBegins(&$1) }

    guard let trained = try trainOnce(over: &batches, display: &display, shouldStop: shouldStop) else {
      return nil
    }
    var meter = trained.meter
    var values = try meter.values()
    let trainingSeconds = (ContinuousClock.now - start).inSeconds
    if let validation = plan.validation {
      let judged = try trainer.measured(
        validation.batches(ofEpoch: 1, on: trainer.device), sampleShape: plan.sampleShape, shouldStop: shouldStop)
      guard judged.isComplete else {
        // The epoch's training is not done again.
        try save(meter: meter.memory(), display: &display)
        return nil
      }
      for (name, value) in judged.evaluation.values { values["val_" + name] = value }
    }
    let record = EpochRecord(
      epoch: state.epoch, values: values, seconds: (ContinuousClock.now - start).inSeconds,
      samplesPerSecond: Double(trained.samples) / max(trainingSeconds, 1e-9),
      learningRate: trainer.optimizer.currentLearningRate)
    display.endEpoch(record, batchCount: state.batch, trainingSeconds: trainingSeconds)
    return record
  }

  /// The epoch's batches, or what is left of them: what was measured, and how many samples were learned from. `nil` when stopped.
  private mutating func trainOnce(
    over batches: inout EpochBatches, display: inout ProgressDisplay, shouldStop: () -> Bool
  ) throws -> (meter: Meter, samples: Int)? {
    var meter = Meter(trainer.metrics, loss: trainer.loss)
    if let interrupted { meter.resume(interrupted) }
    interrupted = nil
    finder.remember(trainer, batch: state.batch)
    pace.restart()
    let parameters = trainer.model.trainableParameters
    let first = state.batch
    var samples = 0
    while true {
      if try batches.hasNext(), shouldStop() || state.history.stopReason != nil {
        // Without a single step it is as if the epoch had not begun.
        if state.batch == 0 { trainer.epochsBegun -= 1 }
        try collect(&meter)
        try save(meter: meter.memory(), display: &display)
        return nil
      }
      let group = try nextGroup(of: &batches)
      if group.isEmpty { break }
      samples += group.reduce(0) { $0 + $1.batch.count }
      finder.note(group.map(\.batch))
      try update(parameters, along: group, meter: &meter)
      try tell(&display) { try $0.batchEnds(&$1) }
      guard pace.step() else { continue }
      try collect(&meter)
      if first == 0 && state.batch == 1 { display.endFirstStep() }
      if state.batch != batches.count { display.update(state.batch, values: try meter.values()) }
      if plan.checkpoint.map({ .now - (lastSave ?? begin) >= $0.interval }) ?? false {
        try save(meter: meter.memory(), display: &display)
      }
      pace.caughtUp()
    }
    try collect(&meter)
    guard state.batch > 0 else { throw TrainingError.noSamples(purpose: "train on in epoch \(state.epoch)") }
    return (meter, samples)
  }

  /// As many batches as make an update; fewer at the end of an epoch.
  private func nextGroup(of batches: inout EpochBatches) throws -> [PreparedBatch] {
    var group: [PreparedBatch] = []
    while group.count < plan.batchesPerUpdate {
      let number = state.batch + group.count + 1
      let next = try batches.next {
        try trainer.check(
          $0, number: number, sampleShape: plan.sampleShape, classCount: plan.classWeights?.elementCount)
      }
      guard let next else { break }
      group.append(next)
    }
    return group
  }

  /// One update of the parameters, along the gradient of some batches. Each counts as many samples as it has, so that the update is
  /// that of one large batch.
  private mutating func update(_ parameters: [Parameter], along group: [PreparedBatch], meter: inout Meter) throws {
    let samples = group.reduce(0) { $0 + $1.batch.count }
    var sum: Gradients?
    for batch in group {
      let share = group.count == 1 ? nil : Float(batch.batch.count) / Float(samples)
      let pass = try self.pass(batch, share: share)
      trainer.stepsTaken += 1
      state.batch += 1
      meter.add(
        loss: pass.loss, outputs: pass.outputs, targets: pass.targets, count: batch.batch.count, batch: state.batch)
      if sum == nil { sum = pass.gradients } else { sum?.add(pass.gradients) }
    }
    if let sum { trainer.optimizer.update(parameters, along: sum) }
  }

  /// Forwards and backwards.
  private func pass(
    _ batch: PreparedBatch, share: Float?
  ) throws -> (loss: Tensor, outputs: Tensor, targets: Tensor, gradients: Gradients) {
    guard let targets = batch.targets else { throw TrainingError.noTargets }
    let outputs = trainer.model(batch.inputs, mode: mode(trainer.stepsTaken))
    let loss = trainer.loss(outputs, targets, sampleWeights: batch.weights, classWeights: plan.classWeights)
    return (loss, outputs.detached, targets, (share.map { loss * $0 } ?? loss).gradients())
  }

  private func mode(_ step: Int) -> Mode { .training(seed: plan.seed, step: step) }

  /// Reads what was measured, and ends the run where a loss is not finite.
  private mutating func collect(_ meter: inout Meter) throws {
    guard let fault = try meter.collect() else { return finder.remember(trainer, batch: state.batch) }
    let (finder, parameters) = (finder, trainer.model.trainableParameters)
    let detail = try finder.diagnosis(trainer, batch: fault.batch, mode: mode) { group in
      var unread = Meter([], loss: trainer.loss)
      try update(parameters, along: group.map { PreparedBatch($0, on: trainer.device) }, meter: &unread)
    }
    throw TrainingError.lossIsNotFinite(
      value: fault.loss.isNaN ? "not a number" : "infinite", epoch: state.epoch, batch: fault.batch, detail: detail)
  }

  private mutating func remember(_ record: EpochRecord) {
    guard plan.restoresBest, let value = record[monitor.name],
      monitor.isBetter(value, than: best?.value, for: trainer)
    else { return }
    best = Best(value: value, epoch: record.epoch)
    bestWeights = trainer.model.weights
  }

  /// Looks everything over before the first epoch of the trainer.
  private mutating func examine(_ display: inout ProgressDisplay) throws {
    guard let patient = plan.patient else { return }
    if trainer.epochsBegun == 0 {
      let findings = try Examination(
        trainer: trainer, training: patient, validation: plan.validation?.dataset,
        classWeights: plan.classWeights != nil
      )
      .findings()
      for finding in findings { show(finding, after: nil, on: &display) }
    }
    doctor = CourseDoctor(trainer: trainer, samples: patient, after: state.history)
  }

  private mutating func show(_ finding: Finding, after epoch: Int?, on display: inout ProgressDisplay) {
    var finding = finding
    finding.epoch = epoch
    state.history.findings.append(finding)
    display.note("doctor: \(finding)")
  }

  private mutating func tell(
    _ display: inout ProgressDisplay, _ event: (inout any Callback, inout RunState) throws -> Void
  ) rethrows {
    for index in callbacks.indices { try event(&callbacks[index], &state) }
    for note in state.notes { display.note(note) }
    state.notes.removeAll()
  }
}

// Going on after an interruption.
extension TrainingRun {
  /// The callbacks that a run which goes on has to have too. Those that only watch may come and go.
  private var steering: [Int] { callbacks.indices.filter { !callbacks[$0].onlyWatches } }

  /// Whether an epoch that is over is to be saved. An epoch of a millisecond would take twenty, with a file that is stored on the medium.
  private var isTimeToSave: Bool {
    guard let checkpoint = plan.checkpoint, let lastSave else { return true }
    return .now - lastSave >= checkpoint.pause
  }

  private var settings: Progress.Settings {
    Progress.Settings(
      seed: plan.seed, batchSize: plan.training.batchSize, batchesPerUpdate: plan.batchesPerUpdate,
      shuffles: plan.training.shuffles,
      samples: plan.training.count ?? 0, validationSamples: plan.validation?.count ?? 0,
      sampleShape: plan.sampleShape, loss: trainer.loss.name, optimizer: trainer.optimizer.name,
      callbacks: steering.map { "\(type(of: callbacks[$0]))" })
  }

  /// Where saving fails the user is told, and training goes on: what was learned is not given up for a full disk, and the file
  /// before is still there.
  private mutating func save(meter: Meter.Memory?, display: inout ProgressDisplay) throws {
    guard let checkpoint = plan.checkpoint else { return }
    let progress = Progress(
      settings: settings, epochsBegun: trainer.epochsBegun, stepsTaken: trainer.stepsTaken,
      updates: trainer.optimizer.state.step, rateFactor: trainer.optimizer.options.rateFactor, epoch: state.epoch,
      batch: state.batch, meter: meter, history: state.history, best: best,
      callbacks: steering.map { callbacks[$0].memory })
    let file = try CheckpointFile(
      progress: progress, model: trainer.model.weights.tensors, optimizer: trainer.optimizer.stateTensors,
      best: bestWeights?.tensors ?? [:])
    do {
      try file.write(to: checkpoint)
    } catch {
      display.note("the checkpoint was not saved, training goes on: \(error)")
    }
    lastSave = .now
  }

  private mutating func resume(display: inout ProgressDisplay) throws {
    guard let checkpoint = plan.checkpoint, checkpoint.exists else { return }
    let path = checkpoint.file.path
    guard checkpoint.resuming else { throw TrainingError.checkpointExists(path: path) }
    let file = try CheckpointFile(reading: checkpoint.file)
    let progress = file.progress
    func misfit(_ reason: String) -> TrainingError { .checkpointDoesNotFit(path: path, reason: reason) }
    if let difference = settings.difference(from: progress.settings) { throw misfit(difference) }
    let counts = [progress.epochsBegun, progress.stepsTaken, progress.updates, progress.epoch]
    guard counts.allSatisfy({ (0...1 << 48).contains($0) }), progress.epochsBegun >= (progress.batch > 0 ? 1 : 0),
      (0...(plan.training.count ?? 1 << 48)).contains(progress.batch), progress.callbacks.count == steering.count
    else {
      throw misfit("its notes contradict each other")
    }
    let tensors = (
      model: try CheckpointFile.tensors(file.model, path: path),
      optimizer: try CheckpointFile.tensors(file.optimizer, path: path),
      best: try CheckpointFile.tensors(file.best, path: path)
    )
    do {
      try trainer.model.restore(Weights(tensors.model))
      try trainer.optimizer.restore(step: progress.updates, tensors: tensors.optimizer, for: trainer.model)
    } catch let error as ModelError {
      throw misfit(error.description)
    }
    trainer.optimizer.options.rateFactor = progress.rateFactor
    (trainer.epochsBegun, trainer.stepsTaken) = (progress.epochsBegun, progress.stepsTaken)
    for (index, memory) in zip(steering, progress.callbacks) { callbacks[index].memory = memory }
    best = progress.best
    bestWeights = best == nil ? nil : Weights(tensors.best)
    interrupted = progress.meter
    state.history = progress.history
    (state.epoch, state.batch) = (progress.epoch, progress.batch)
    begun = nil
    display.note("going on from \(path): epoch \(state.epoch), after batch \(state.batch)")
  }
}
