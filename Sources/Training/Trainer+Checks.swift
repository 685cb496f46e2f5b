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
    let needsBuilding = model.parameters.contains { !$0.isInitialized || $0.name.isEmpty }
    let output = needsBuilding ? try model.build(for: input, seed: seed) : try model.outputShape(for: input)
    try model.move(to: device)
    return output
  }

  /// The parts to train on and to judge by, when they, the model, the loss and the settings fit each other.
  func checkedParts(
    of dataset: Dataset, validation: Validation?, epochs: Int, batchSize: Int, seed: UInt64
  ) throws -> (training: Dataset, validation: Dataset?) {
    try requirePositive(epochs, "the number of epochs")
    try requirePositive(batchSize, "the batch size")
    guard !dataset.isEmpty else { throw TrainingError.noSamples(purpose: "train on") }
    try prepareModel(for: dataset, seed: seed)
    try checkTargets(of: dataset)
    guard !model.trainableParameters.isEmpty else {
      throw TrainingError.invalidSetting(
        name: "the number of trainable parameters", value: "0", rule: "nothing can be learned")
    }
    switch validation {
    case nil:
      return (dataset, nil)
    case .split(let fraction):
      let (training, held) = try dataset.split(holdingOut: fraction, seed: seed)
      return (training, held)
    case .dataset(let held):
      guard held.sampleShape == dataset.sampleShape else {
        throw TrainingError.inputDoesNotFit(model: Shape(dataset.sampleShape), data: Shape(held.sampleShape.prefix(8)))
      }
      guard !held.isEmpty else { throw TrainingError.noSamples(purpose: "validate with") }
      try checkTargets(of: held)
      return (dataset, held)
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

  func checkedClassWeights(_ weights: [Float]?, for dataset: Dataset) throws -> Tensor? {
    guard let weights else { return nil }
    guard dataset.targetKind == .label, weights.count == dataset.classCount else {
      throw TrainingError.invalidSetting(
        name: "the number of class weights", value: "\(weights.count)",
        rule: "there has to be one for each of the \(dataset.classCount) classes")
    }
    guard weights.allSatisfy({ $0 >= 0 && $0.isFinite }) else {
      throw TrainingError.invalidSetting(
        name: "a class weight", value: "\(weights)", rule: "weights are finite and not negative")
    }
    return Tensor(weights, shape: [weights.count], on: device)
  }
}
