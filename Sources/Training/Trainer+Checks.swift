import MartletBackend
import MartletData
import MartletLayers
import MartletLosses
import MartletMetrics
import MartletTensor

// Everything that can be known to be wrong before the first step.
extension Trainer {
  func requirePositive(_ value: Int, _ name: String) throws {
    guard value > 0 else {
      throw TrainingError.invalidSetting(name: name, value: "\(value)", rule: "it has to be at least 1")
    }
  }

  func checkedPositive(_ value: Int, _ name: String) throws -> Int {
    try requirePositive(value, name)
    return value
  }

  func checkedEpochs(_ first: Int, _ last: Int) throws -> ClosedRange<Int> {
    try requirePositive(last, "the number of epochs")
    guard (1...last).contains(first) else {
      throw TrainingError.invalidSetting(
        name: "the first epoch", value: "\(first)", rule: "it has to be one of 1 to \(last)")
    }
    return first...last
  }

  /// Builds the model where that has not happened, and moves it to the device.
  ///
  /// - Returns: the shape of its result for one sample.
  @discardableResult
  func prepareModel(for dataset: Dataset, seed: UInt64) throws -> Shape {
    guard dataset.sampleShape.count < Shape.maximumRank else {
      throw TrainingError.invalidSetting(
        name: "the shape of a sample", value: "\(dataset.sampleShape)", rule: "it can have at most 7 axes")
    }
    let input = Shape(dataset.sampleShape)
    if let wanted = (model as? Sequential)?.inputShape, wanted != input {
      throw TrainingError.inputDoesNotFit(model: wanted, data: input)
    }
    let parameters = model.parameters
    // Parts that were made as models of their own call their parameters alike until the whole is built.
    let needsBuilding =
      parameters.contains { !$0.isInitialized || $0.name.isEmpty }
      || Set(parameters.map(\.name)).count < parameters.count
    let output = needsBuilding ? try model.build(for: input, seed: seed) : try model.outputShape(for: input)
    try model.move(to: device)
    return output
  }

  /// The parts to train on and to judge by, when they, the model, the loss and the settings fit each other.
  func checkedParts(
    of dataset: Dataset, validation: Validation?, batchSize: Int, seed: UInt64
  ) throws -> (training: Dataset, validation: SampleSource?) {
    try requirePositive(batchSize, "the batch size")
    guard !dataset.isEmpty else { throw TrainingError.noSamples(purpose: "train on") }
    try checkTrainable(on: dataset, seed: seed)
    if case .split(let fraction) = validation {
      let (training, held) = try dataset.split(holdingOut: fraction, seed: seed)
      return (training, .dataset(held, batchSize: batchSize, seed: 0, shuffles: false))
    }
    return (dataset, try checkedSource(validation, like: dataset, batchSize: batchSize))
  }

  /// Builds the model, and checks that it can learn from such samples.
  func checkTrainable(on samples: Dataset, seed: UInt64) throws {
    try prepareModel(for: samples, seed: seed)
    try checkTargets(of: samples)
    guard !model.trainableParameters.isEmpty else {
      throw TrainingError.invalidSetting(
        name: "the number of trainable parameters", value: "0", rule: "nothing can be learned")
    }
  }

  /// What a model is judged by, when it is of a piece with what it learns from.
  func checkedSource(_ validation: Validation?, like samples: Dataset, batchSize: Int) throws -> SampleSource? {
    switch validation {
    case nil:
      return nil
    case .split(let share):
      throw TrainingError.invalidSetting(
        name: "the validation", value: ".split(\(share))",
        rule: "a stream cannot be split; give .dataset or .stream")
    case .dataset(let held):
      guard held.sampleShape == samples.sampleShape else {
        throw TrainingError.inputDoesNotFit(model: Shape(samples.sampleShape), data: Shape(held.sampleShape.prefix(8)))
      }
      guard !held.isEmpty else { throw TrainingError.noSamples(purpose: "validate with") }
      try checkTargets(of: held)
      return .dataset(held, batchSize: batchSize, seed: 0, shuffles: false)
    case .stream(let stream):
      return .stream(stream)
    }
  }

  /// Whether a batch of a stream is like the first one and fits model and loss.
  func check(_ batch: Batch, number: Int, sampleShape: [Int], classCount: Int? = nil) throws {
    func misfit(_ reason: String) -> TrainingError { .batchDoesNotFit(batch: number, reason: reason) }
    let shape = Array(batch.inputShape.dropFirst())
    guard shape == sampleShape else {
      throw misfit("its samples have shape \(shape), those of the first batch \(sampleShape)")
    }
    guard batch.count > 0 else { throw misfit("it has no samples") }
    let form: TargetForm
    switch batch.targets {
    case .none: throw misfit("it has no targets")
    case .values(_, let shape): form = .values(Shape(shape.dropFirst().prefix(Shape.maximumRank)))
    case .labels(let labels):
      let largest = Int(labels.max() ?? 0)
      guard let smallest = labels.min(), smallest >= 0 else { throw misfit("label \(labels.min() ?? 0) is negative") }
      if let classCount, largest >= classCount {
        throw misfit("label \(largest) has no class weight; there are \(classCount)")
      }
      form = .labels(largest: largest)
    }
    do {
      try loss.check(output: model.outputShape(for: Shape(sampleShape)), targets: form)
    } catch let error as ShapeError {
      throw misfit(error.description)
    }
  }

  func checkTargets(of dataset: Dataset) throws {
    guard !dataset.isEmpty else { return }
    let form: TargetForm
    switch dataset.targetKind {
    case .none: throw TrainingError.noTargets
    case .label: form = .labels(largest: dataset.sampleCountsByClass.lastIndex { $0 > 0 } ?? 0)
    case .values(let shape): form = .values(Shape(shape.prefix(Shape.maximumRank)))
    }
    do {
      try loss.check(output: model.outputShape(for: Shape(dataset.sampleShape)), targets: form)
    } catch let error as ShapeError {
      throw TrainingError.targetsDoNotFit(reason: error.description)
    }
    try checkMetrics(on: dataset)
  }

  /// Accuracy counts right answers; measured numbers are never exactly right.
  private func checkMetrics(on dataset: Dataset) throws {
    guard loss.predictionKind == .numbers, case .values = dataset.targetKind,
      let counting = metrics.first(where: { ["accuracy", "binary_accuracy"].contains($0.name) }),
      case .values(let values, _) = dataset.batch(of: 0..<min(dataset.count, 64)).targets,
      !values.allSatisfy({ $0 == 0 || $0 == 1 })
    else { return }
    throw TrainingError.metricDoesNotFit(
      metric: counting.name, reason: "the targets are measured numbers, not classes; use .meanAbsoluteError instead")
  }

  /// - Parameter dataset: Where the number of classes is known.
  func checkedClassWeights(_ weights: [Float]?, for dataset: Dataset?) throws -> Tensor? {
    guard let weights else { return nil }
    if let dataset, dataset.targetKind != .label || weights.count != dataset.classCount {
      throw TrainingError.invalidSetting(
        name: "the number of class weights", value: "\(weights.count)",
        rule: "there has to be one for each of the \(dataset.classCount) classes")
    }
    guard !weights.isEmpty, weights.allSatisfy({ $0 >= 0 && $0.isFinite }) else {
      throw TrainingError.invalidSetting(
        name: "a class weight", value: "\(weights)", rule: "weights are finite and not negative")
    }
    return Tensor(weights, shape: [weights.count], on: device)
  }
}

extension Dataset {
  /// The samples of a batch, for checks.
  init(batch: Batch) throws {
    let shape = Array(batch.inputShape.dropFirst())
    switch batch.targets {
    case .none: try self.init(inputs: batch.inputs, shape: shape)
    case .labels(let labels): try self.init(inputs: batch.inputs, shape: shape, labels: labels)
    case .values(let values, let targetShape):
      try self.init(
        inputs: batch.inputs, shape: shape, targets: values, targetShape: Array(targetShape.dropFirst()))
    }
  }
}
