import MartletAutograd
import MartletData
import MartletLayers
import MartletOptimizers
import MartletTensor

/// Finds out where a number that is not finite came from. By the time a loss is read later steps have spoilt every weight; so the
/// finder remembers weights and optimizer as they were when all was well, repeats the steps since, and looks at each layer.
///
/// What it remembers costs no copy: values are shared until the next update, which then writes to memory of its own once.
struct FaultFinder {
  /// Beyond so many elements of parameters nothing is remembered: their memory would be missed.
  private static let mostElements = 1 << 26

  private struct Memory {
    let values: [Tensor]
    let optimizer: any Optimizer
    let stepsTaken: Int
    let batch: Int
  }

  private let isAffordable: Bool
  private var memory: Memory?
  /// The updates since, each along the gradient of some batches.
  private var updates: [[Batch]] = []

  init(for trainer: Trainer) {
    isAffordable = trainer.model.parameters.reduce(0) { $0 + $1.elementCount } <= Self.mostElements
  }

  /// All is well after so many batches of the epoch.
  mutating func remember(_ trainer: Trainer, batch: Int) {
    guard isAffordable else { return }
    memory = Memory(
      values: trainer.model.parameters.map(\.value), optimizer: trainer.optimizer, stepsTaken: trainer.stepsTaken,
      batch: batch)
    updates.removeAll(keepingCapacity: true)
  }

  /// An update is about to be made.
  mutating func note(_ batches: [Batch]) {
    if isAffordable { updates.append(batches) }
  }

  /// What went wrong in a batch of the epoch, with the remedy. The trainer is left as it was before that batch.
  ///
  /// - Parameters:
  ///   - batch: The first whose loss is not finite, counted from 1.
  ///   - repeating: Makes an update along the gradient of batches, as the run does.
  func diagnosis(
    _ trainer: Trainer, batch: Int, mode: (_ step: Int) -> Mode, repeating update: ([Batch]) throws -> Void
  ) throws -> String {
    guard let memory else { return try withoutMemory(trainer) }
    let parameters = trainer.model.parameters
    for (parameter, value) in zip(parameters, memory.values) { parameter.assign(value) }
    trainer.optimizer = memory.optimizer
    trainer.stepsTaken = memory.stepsTaken
    var done = memory.batch
    for group in updates {
      if done + group.count >= batch {
        return try diagnosis(trainer, of: group[batch - done - 1], mode: mode(trainer.stepsTaken + batch - done - 1))
      }
      try update(group)
      done += group.count
    }
    return try withoutMemory(trainer)
  }

  private func diagnosis(_ trainer: Trainer, of batch: Batch, mode: Mode) throws -> String {
    if let sample = Self.firstBroken(batch.inputs, samples: batch.count) {
      return "sample \(sample) of the batch has an input that is not a finite number. "
        + "Remove or fill such values before training"
    }
    if case .values(let values, _) = batch.targets, let sample = Self.firstBroken(values, samples: batch.count) {
      return "sample \(sample) of the batch has a target that is not a finite number. "
        + "Remove or fill such values before training"
    }
    let advice =
      "Try a smaller learning rate, scaled inputs, or clipping: Adam(learningRate: …, clipping: .globalNorm(1))"
    if let name = try Self.brokenParameter(of: trainer) {
      return "the update before it made '\(name)' not finite: the gradient or the step was too large. \(advice)"
    }
    var output: Tensor?
    let sightings = withoutGradient {
      LayerLog.sightings { output = trainer.model(batch.inputTensor(on: trainer.device), mode: mode) }
    }
    var largest = batch.inputs.reduce(0) { Swift.max($0, abs($1)) }
    for sighting in sightings {
      let values = try sighting.output.floats()
      guard values.allSatisfy(\.isFinite) else {
        return "\(sighting.title) is the first whose result is not finite; what it was given reaches "
          + "\(ProgressText.number(Double(largest))). \(advice)"
      }
      largest = values.reduce(0) { Swift.max($0, abs($1)) }
    }
    guard try output?.floats().allSatisfy(\.isFinite) ?? true else {
      return "the model's result is not finite. \(advice)"
    }
    return "all layers give finite numbers, the last up to \(ProgressText.number(Double(largest))): "
      + "the loss itself overflowed. \(advice)"
  }

  private func withoutMemory(_ trainer: Trainer) throws -> String {
    let advice = "Try a smaller learning rate, scaled inputs, or gradient clipping"
    return try Self.brokenParameter(of: trainer)
      .map { "the first parameter that is not finite is '\($0)'. \(advice)" }
      ?? "the weights are still finite, so look at the inputs and targets of that batch. \(advice)"
  }

  /// The first parameter with an infinite value or one that is not a number.
  private static func brokenParameter(of trainer: Trainer) throws -> String? {
    try trainer.model.parameters.first { try !$0.value.floats().allSatisfy(\.isFinite) }?.name
  }

  /// The first of so many samples, from 0, with such a value.
  private static func firstBroken(_ values: [Float], samples: Int) -> Int? {
    values.firstIndex { !$0.isFinite }.map { $0 / max(values.count / max(samples, 1), 1) }
  }
}
