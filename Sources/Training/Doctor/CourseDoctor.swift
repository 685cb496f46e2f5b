import Foundation
import MartletAutograd
import MartletBackend
import MartletData
import MartletLayers
import MartletLosses
import MartletOptimizers
import MartletTensor

/// Follows the course of training: after each epoch at most one finding, and each kind once in a run.
///
/// Most epochs cost nothing, since the history tells enough. The model itself is looked at after the trainer's 1st, 2nd, 4th, 8th …
/// epoch, on a few samples.
struct CourseDoctor {
  private let trainer: Trainer
  /// A few samples from all over the data.
  private let batch: Batch
  /// The loss of a model that says the same about every sample; `nil` where that is not known.
  private let guessing: Double?
  private let classCount: Int
  private var told: Set<Finding.Concern>

  /// - Parameter history: What a run that goes on has been told already.
  init(trainer: Trainer, samples: Dataset, after history: History) {
    self.trainer = trainer
    let count = min(samples.count, 64)
    batch = samples.batch(of: (0..<count).map { $0 * samples.count / count })
    told = Set(history.findings.map(\.concern))
    classCount = samples.targetKind == .label ? samples.classCount : 0
    guessing = trainer.loss.predictionKind == .numbers || classCount < 2 ? nil : log(Double(classCount))
  }

  /// The most serious thing that is wrong after the last epoch of a history.
  mutating func finding(after history: History) throws -> Finding? {
    let candidates = [risingLoss, overfitting, plateau].lazy.compactMap { $0(history) }
    let found = try candidates.first { !told.contains($0.concern) } ?? lookAtModel()
    if let found { told.insert(found.concern) }
    return found
  }

  private func risingLoss(_ history: History) -> Finding? {
    let losses = history["loss"]
    guard let last = losses.last, let best = losses.min(), last.isFinite else { return nil }
    let rate = trainer.optimizer.currentLearningRate
    // A tenth of a rate that makes no sense makes none either.
    let usual = trainer.optimizer is SGD ? 0.01 : 0.001
    let remedy = "\(type(of: trainer.optimizer))(learningRate: \(Self.text(rate > 1 ? usual : rate / 10)))"
    // Inputs that are not scaled make the first losses as high, and that has been said.
    if let guessing, last > 1.5 * guessing, losses.count > 1, !told.contains(.inputsNotScaled) {
      return Finding(
        .rateTooHigh,
        "the loss is \(ProgressText.number(last)), worse than the \(ProgressText.number(guessing)) of guessing: the learning "
          + "rate \(Self.text(rate)) is too high", remedy: remedy)
    }
    guard losses.count > 2, best > 0, last > 1.5 * best, losses[losses.count - 2] > 1.2 * best, last > 0.1 * losses[0]
    else { return nil }
    return Finding(
      .rateTooHigh,
      "the loss has risen from \(ProgressText.number(best)) to \(ProgressText.number(last)): the learning rate "
        + "\(Self.text(rate)) is too high", remedy: remedy)
  }

  private func overfitting(_ history: History) -> Finding? {
    let (losses, judged) = (history["loss"], history["val_loss"])
    guard judged.count == losses.count, judged.count >= 4, let last = judged.last, let loss = losses.last,
      let best = judged.indices.min(by: { judged[$0] < judged[$1] }), best <= judged.count - 4,
      last > 1.05 * judged[best], loss < 0.95 * losses[best]
    else { return nil }
    return Finding(
      .overfitting,
      "val_loss has risen from \(ProgressText.number(judged[best])) (epoch \(history.epochs[best].epoch)) to "
        + "\(ProgressText.number(last)) while loss fell: the model learns the training samples by heart",
      remedy: "callbacks: [EarlyStopping(patience: 3)], Dropout(0.5) before the last layer, or more data")
  }

  private func plateau(_ history: History) -> Finding? {
    let losses = history["loss"].suffix(4)
    guard losses.count == 4, let highest = losses.max(), let lowest = losses.min(), let guessing,
      highest - lowest < 0.005 * highest, lowest > 0.5 * guessing
    else { return nil }
    return Finding(
      .plateau,
      "the loss has stood at \(ProgressText.number(lowest)) for 3 epochs, "
        + "\(lowest > 1.1 * guessing ? "above" : "not far below") the \(ProgressText.number(guessing)) of guessing",
      remedy: "check that inputs are scaled and labels belong to them; then a higher learning rate or a larger model")
  }

  private func lookAtModel() throws -> Finding? {
    let epoch = trainer.epochsBegun
    guard epoch & (epoch - 1) == 0, batch.count >= 8 else { return nil }
    var output: Tensor?
    let sightings = withoutGradient {
      LayerLog.sightings { output = trainer.model(batch.inputTensor(on: trainer.device)) }
    }
    if !told.contains(.deadUnits) {
      for sighting in sightings {
        if let finding = try deadUnits(sighting) { return finding }
      }
    }
    guard let output, !told.contains(.collapsed) else { return nil }
    return try collapse(output)
  }

  private func deadUnits(_ sighting: LayerLog.Sighting) throws -> Finding? {
    guard let activation = (sighting.layer as? any Layer)?.unitActivation, [.relu, .relu6].contains(activation),
      sighting.output.rank >= 2, let units = sighting.output.shape.last, units >= 4
    else { return nil }
    let axes = Array(0..<sighting.output.rank - 1)
    let dead = try withoutGradient { sighting.output.max(alongAxes: axes) }.floats().count { $0 <= 0 }
    guard 2 * dead > units else { return nil }
    return Finding(
      .deadUnits,
      "\(dead) of the \(units) units of \(sighting.title) are 0 for every sample and learn nothing any more",
      remedy: "a smaller learning rate, or activation: .leakyRelu() there")
  }

  private func collapse(_ output: Tensor) throws -> Finding? {
    guard classCount > 1, let labels = batch.labels, Set(labels).count > 1, output.rank == 2,
      let units = output.shape.last
    else { return nil }
    let values = try output.floats()
    let answers: [Int]
    if units == 1 {
      let threshold: Float = trainer.loss.predictionKind == .logits ? 0 : 0.5
      answers = values.map { $0 > threshold ? 1 : 0 }
    } else {
      answers = try withoutGradient { output.argmax(alongAxis: 1) }.int32s().map(Int.init)
    }
    guard let answer = answers.first, answers.allSatisfy({ $0 == answer }), values.allSatisfy(\.isFinite) else {
      return nil
    }
    // A rare class may well be absent from so few answers while a model is learning.
    guard labels.count(where: { Int($0) == answer }) * 10 < labels.count * 9 else { return nil }
    return Finding(
      .collapsed,
      "the model says class \(answer) for every one of \(batch.count) samples of \(Set(labels).count) classes",
      remedy: "a smaller learning rate, scaled inputs, or classWeights where one class is much more frequent")
  }

  private static func text(_ rate: Double) -> String { String(format: "%.3g", rate) }
}
