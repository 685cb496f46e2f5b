import MartletAutograd
import MartletBackend
import MartletTensor

/// How far predictions are from targets: one value per sample (and position), along the last axis of the predictions.
///
///     let loss = CategoricalCrossEntropy(fromLogits: true)(logits, labels)
///
/// Targets are class labels (int32, the shape of the predictions without their last axis) or values (float32, the shape of the
/// predictions), as the loss says. A loss of your own needs `name`, `values` and `check`.
public protocol Loss: Sendable {
  /// What it is called in messages and files.
  var name: String { get }

  /// The value for each sample and position: the shape of the predictions without the last axis.
  ///
  /// - Precondition: `check` accepts the shapes.
  func values(_ predictions: Tensor, _ targets: Tensor) -> Tensor

  /// The mean of all values. By default that of `values`; a loss that can do it in fewer passes does.
  func mean(_ predictions: Tensor, _ targets: Tensor) -> Tensor

  /// Whether predictions and targets of one sample fit this loss.
  ///
  /// - Throws: `ShapeError` with the rule that is broken and the likely remedy.
  func check(output: Shape, targets: TargetForm) throws

  /// The class each sample belongs to, int32, for class weights.
  func labels(of targets: Tensor) -> Tensor

  /// What it takes predictions for.
  var predictionKind: PredictionKind { get }

  /// The predictions as probabilities, where the loss takes them for such or for logits.
  func probabilities(_ predictions: Tensor) -> Tensor?
}

/// What a loss takes predictions for.
public enum PredictionKind: Hashable, Sendable {
  /// Scores of classes, before softmax or sigmoid.
  case logits
  /// Probabilities of classes.
  case probabilities
  /// Numbers that stand for themselves.
  case numbers
}

/// What targets look like, without the batch.
public enum TargetForm: Hashable, Sendable {
  /// One class label per sample, the largest of which is known.
  case labels(largest: Int)
  /// Values of a shape.
  case values(Shape)
}

/// How the values of a loss become one.
public enum Reduction: String, Hashable, Sendable, CaseIterable {
  /// They stay.
  case none
  /// Their sum.
  case sum
  /// Their sum divided by their number, also where they are weighted (Keras).
  case mean
  /// Their weighted sum divided by the sum of the weights.
  case meanWithSampleWeight = "mean_with_sample_weight"
}

extension Reduction {
  /// What it makes of values that count differently; `weights` stretch to the shape of the values.
  func applied(to values: Tensor, weights: Tensor?) -> Tensor {
    let weighted = weights.map { values * $0 } ?? values
    switch self {
    case .none: return weighted
    case .sum: return weighted.sum()
    case .mean: return weighted.mean()
    case .meanWithSampleWeight:
      guard let weights else { return weighted.mean() }
      return weighted.sum() / weights.broadcast(to: values.shape).sum()
    }
  }
}

extension Loss {
  /// The class of each sample.
  public func labels(of targets: Tensor) -> Tensor {
    if targets.dtype == .int32 { return targets }
    // One number is a class label itself; several are scores, of which the largest counts.
    return targets.shape.last == 1
      ? targets.reshaped(to: Shape(targets.shape.dropLast())).cast(to: .int32) : targets.argmax(alongAxis: -1)
  }

  /// The mean of all values; see `Loss`.
  public func mean(_ predictions: Tensor, _ targets: Tensor) -> Tensor { values(predictions, targets).mean() }

  /// Numbers.
  public var predictionKind: PredictionKind { .numbers }

  /// The predictions as probabilities, where there is such a thing.
  public func probabilities(_ predictions: Tensor) -> Tensor? { nil }

  /// The loss of a batch.
  ///
  /// - Parameters:
  ///   - predictions: `[batch, …, outputs]`.
  ///   - targets: Labels or values for each of them.
  ///   - sampleWeights: `[batch]` or the shape of the values: what each counts.
  ///   - classWeights: `[classes]`: what each class counts.
  public func callAsFunction(
    _ predictions: Tensor, _ targets: Tensor, reduction: Reduction = .mean, sampleWeights: Tensor? = nil,
    classWeights: Tensor? = nil
  ) -> Tensor {
    if reduction == .mean && sampleWeights == nil && classWeights == nil { return mean(predictions, targets) }
    let values = values(predictions, targets)
    let weights = combinedWeights(sampleWeights, classWeights, targets: targets, shape: values.shape)
    return reduction.applied(to: values, weights: weights)
  }

  private func combinedWeights(
    _ sampleWeights: Tensor?, _ classWeights: Tensor?, targets: Tensor, shape: Shape
  ) -> Tensor? {
    let bySample = sampleWeights.map { weights in
      require(
        weights.rank <= shape.rank && weights.shape.elementsEqual(shape.prefix(weights.rank)),
        "\(name): sample weights of shape \(weights.shape) for values of shape \(shape)")
      return weights.reshaped(to: Shape(weights.shape + [Int](repeating: 1, count: shape.rank - weights.rank)))
    }
    let byClass = classWeights.map { weights in
      require(weights.rank == 1, "\(name): class weights have to be one number per class; got shape \(weights.shape)")
      return weights.gathered(labels(of: targets), alongAxis: 0).reshaped(to: shape)
    }
    guard let bySample, let byClass else { return bySample ?? byClass }
    return bySample * byClass
  }
}

/// Predictions and targets of one shape, as losses for values want them.
enum Paired {
  /// Targets as float32 of the shape of the predictions. Labels, and values without an axis for the one output, get that axis.
  static func targets(_ targets: Tensor, like predictions: Tensor, for loss: String) -> Tensor {
    let floats = targets.dtype == .float32 ? targets : targets.cast(to: .float32)
    if floats.shape == predictions.shape { return floats }
    require(
      predictions.shape.last == 1 && floats.shape.elementsEqual(predictions.shape.dropLast()),
      "\(loss): predictions of shape \(predictions.shape), targets of shape \(targets.shape)")
    return floats.reshaped(to: predictions.shape)
  }

  static func check(output: Shape, targets: TargetForm, for loss: String) throws {
    switch targets {
    case .labels:
      guard output == [1] else {
        throw ShapeError(
          "\(loss) compares numbers: with class labels as targets the model needs one output, not \(output); "
            + "end it with Dense(1), or use softmaxCrossEntropy for several classes")
      }
    case .values(let shape):
      guard shape == output || (output.last == 1 && shape.elementsEqual(output.dropLast())) else {
        throw ShapeError(
          "\(loss): the model gives \(output), the targets have shape \(shape); "
            + "end the model with a layer of \(shape.last ?? 1) outputs, or give targets of the model's shape")
      }
    }
  }
}
