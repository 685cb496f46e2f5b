import Foundation
import MartletAutograd
import MartletBackend
import MartletData
import MartletLayers
import MartletLosses
import MartletTensor

/// Looks over data, model and loss before training: a few hundred samples, one forward pass.
struct Examination {
  let trainer: Trainer
  let training: Dataset
  let validation: Dataset?
  /// Whether classes are weighted already.
  let classWeights: Bool

  /// Most samples whose values are looked at, and most that go through the model.
  private static let (mostSamples, mostForward) = (1024, 128)

  func findings() throws -> [Finding] {
    var findings = inputFindings() + labelFindings() + leakageFindings()
    findings += lossFindings() + (try forwardFindings(areInputsFine: findings.isEmpty))
    return findings
  }

  /// So many samples from all over the data.
  private static func sample(of dataset: Dataset, atMost limit: Int) -> Batch {
    let count = min(dataset.count, limit)
    return dataset.batch(of: (0..<count).map { $0 * dataset.count / count })
  }

  private var takesTokens: Bool {
    ParameterVisitor.objects(in: trainer.model).contains { $0.path.hasSuffix("embeddings") }
  }

  /// Whether the first layer brings its inputs to scale.
  private var scalesInputs: Bool {
    guard let first = (trainer.model as? Sequential)?.layers.first else { return false }
    return first is BatchNorm || first is LayerNorm || first is GroupNorm
  }

  private func inputFindings() -> [Finding] {
    let batch = Self.sample(of: training, atMost: Self.mostSamples)
    let values = batch.inputs
    if let position = values.firstIndex(where: { !$0.isFinite }) {
      let size = max(values.count / batch.count, 1)
      return [
        Finding(
          .inputsNotFinite, "input \(position % size) of a sample is \(values[position]), and so will be the loss",
          remedy: ".number(\"column\", filling: .median) in the table's plan, or leave such samples out")
      ]
    }
    if batch.count > 1, Self.areAllAlike(values, count: batch.count) {
      return [
        Finding(
          .inputsConstant,
          "all \(batch.count) samples looked at have the same inputs: there is nothing to tell them by",
          remedy: "check how the inputs are read: dataset.input(at: 0), dataset.input(at: 1)")
      ]
    }
    if takesTokens || scalesInputs { return [] }
    let (smallest, largest) = (values.min() ?? 0, values.max() ?? 0)
    guard max(-smallest, largest) > 20 else { return [] }
    let isPicture = smallest >= 0 && largest <= 255 && training.sampleShape.count >= 2
    return [
      Finding(
        .inputsNotScaled,
        "inputs reach from \(Self.text(smallest)) to \(Self.text(largest)); networks learn from values around 0 to 1",
        remedy: isPicture
          ? "Dataset(bytes: pixels, divisor: 255, shape: \(training.sampleShape), labels: labels)"
          : "let scaler = try StandardScaler(fitting: features); features = try scaler.transformed(features)")
    ]
  }

  private static func areAllAlike(_ values: [Float], count: Int) -> Bool {
    let size = values.count / count
    return values.indices.allSatisfy { values[$0] == values[$0 % size] }
  }

  private func labelFindings() -> [Finding] {
    guard training.targetKind == .label else { return [] }
    let counts = training.sampleCountsByClass
    if let only = counts.firstIndex(of: training.count), counts.count > 1 {
      return [
        Finding(
          .classWithoutSamples,
          "every sample belongs to class \(only) ('\(training.classNames[only])'): there is nothing to tell apart",
          remedy: "look at the column or the folders that the labels come from")
      ]
    }
    if let empty = counts.firstIndex(of: 0) {
      let hint = empty == 0 ? "; labels count from 0" : ""
      return [
        Finding(
          .classWithoutSamples, "no sample belongs to class \(empty) ('\(training.classNames[empty])')\(hint)",
          remedy: empty == 0 ? "labels.map { $0 - 1 }" : "give classNames only for classes that occur")
      ]
    }
    guard let (fewest, most) = counts.min().flatMap({ fewest in counts.max().map { (fewest, $0) } }),
      most > 10 * fewest, !classWeights
    else { return [] }
    let rare = counts.firstIndex(of: fewest) ?? 0
    return [
      Finding(
        .classesImbalanced,
        "class \(rare) ('\(training.classNames[rare])') has \(fewest) samples, the most frequent one \(most): a model that "
          + "never names it can look good",
        remedy: "fit(data, classWeights: data.balancedClassWeights), and judge by .f1()")
    ]
  }

  private func leakageFindings() -> [Finding] {
    guard let validation, validation.sampleShape.reduce(1, *) > 4 else { return [] }
    let seen = Set(Self.fingerprints(of: training))
    let shared = Self.fingerprints(of: validation).count { seen.contains($0) }
    guard shared > 0, shared * 100 >= validation.count else { return [] }
    return [
      Finding(
        .leakage,
        "\(shared) of the \(validation.count) samples the model is judged by are also among those it learns from: the "
          + "score will be too good",
        remedy:
          "remove duplicates before splitting, and split once: let (train, test) = try data.split(holdingOut: 0.2)")
    ]
  }

  /// Numbers that are the same for the same inputs; of all samples, up to 65,536 evenly spread ones.
  private static func fingerprints(of dataset: Dataset) -> [UInt64] {
    let count = min(dataset.count, 1 << 16)
    return stride(from: 0, to: count, by: 1024).flatMap { start -> [UInt64] in
      let rows = (start..<min(start + 1024, count)).map { $0 * dataset.count / count }
      return dataset.batch(of: rows).fingerprints
    }
  }

  private func lossFindings() -> [Finding] {
    guard training.targetKind == .label, trainer.loss.predictionKind == .numbers, training.classCount > 1 else {
      return []
    }
    let (loss, units) =
      training.classCount == 2 ? (".sigmoidCrossEntropy", 1) : (".softmaxCrossEntropy", training.classCount)
    return [
      Finding(
        .lossForNumbers,
        "\(trainer.loss.name) measures distances, but the targets are \(training.classCount) classes, which have none",
        remedy: "Trainer(model, loss: \(loss)) with Dense(\(units)) at the end")
    ]
  }

  /// What one look at the model's answers shows.
  private func forwardFindings(areInputsFine: Bool) throws -> [Finding] {
    let batch = Self.sample(of: training, atMost: Self.mostForward)
    guard let targets = batch.targetTensor(on: trainer.device) else { return [] }
    let outputs = withoutGradient { trainer.model(batch.inputTensor(on: trainer.device)) }
    let units = outputs.shape.last ?? 1
    let values = try outputs.floats()
    guard values.allSatisfy(\.isFinite) else { return [] }

    if let finding = activationFinding(values, units: units) { return [finding] }
    if training.targetKind == .label, outputs.rank == 2, units > training.classCount, training.classCount > 1,
      trainer.loss.predictionKind != .numbers
    {
      return [
        Finding(
          .tooManyOutputs, "the model has \(units) outputs for \(training.classCount) classes",
          remedy: "Dense(\(training.classCount)) at the end")
      ]
    }
    // Normalization without statistics yet lets large inputs through.
    guard areInputsFine, !scalesInputs, training.targetKind == .label, trainer.loss.predictionKind != .numbers,
      outputs.rank == 2
    else {
      return []
    }
    let classes = Double(max(units, 2))
    let guessing = log(classes)
    let loss = Double(try withoutGradient { trainer.loss(outputs, targets) }.item())
    guard loss.isFinite, loss > 3 * guessing else { return [] }
    return [
      Finding(
        .highFirstLoss,
        "the first loss is \(ProgressText.number(loss)), where guessing gives ln \(Int(classes)) = "
          + "\(ProgressText.number(guessing)): the first weights are too large for these inputs",
        remedy: "Dense(\(units), kernelInitializer: .glorotUniform), and inputs around 0 to 1")
    ]
  }

  private func activationFinding(_ values: [Float], units: Int) -> Finding? {
    let rows = stride(from: 0, to: values.count, by: units).map { values[$0..<$0 + units] }
    let sumsToOne = units > 1 && rows.allSatisfy { abs($0.reduce(0, +) - 1) < 1e-3 && $0.allSatisfy { $0 >= 0 } }
    let last = (trainer.model as? Sequential)?.layers.last?.unitActivation
    switch trainer.loss.predictionKind {
    case .logits where sumsToOne || last == .softmax():
      return Finding(
        .doubleActivation,
        "the model ends in softmax and the loss \(trainer.loss.name) applies it once more, which flattens gradients",
        remedy: "Dense(\(units)) without an activation, or loss: .categoricalCrossEntropy")
    case .logits where last == .sigmoid:
      return Finding(
        .doubleActivation,
        "the model ends in sigmoid and the loss \(trainer.loss.name) applies it once more, which flattens gradients",
        remedy: "Dense(\(units)) without an activation, or loss: .binaryCrossEntropy")
    case .probabilities where values.contains { $0 < 0 || $0 > 1 }:
      return Finding(
        .notProbabilities,
        "the loss \(trainer.loss.name) expects probabilities, but the model gives numbers from "
          + "\(Self.text(values.min() ?? 0)) to \(Self.text(values.max() ?? 0))",
        remedy: units == 1
          ? "loss: .sigmoidCrossEntropy, or Dense(1, activation: .sigmoid)"
          : "loss: .softmaxCrossEntropy, or Dense(\(units), activation: .softmax)")
    default:
      return nil
    }
  }

  private static func text(_ value: Float) -> String {
    value == value.rounded() && abs(value) < 1e6 ? "\(Int(value))" : ProgressText.number(Double(value))
  }
}
