import MartletAutograd
import MartletBackend
import MartletTensor

/// How surprising the right class is, for classes that exclude each other.
///
///     -Σ tᶜ · log qᶜ
///
/// Targets are class labels, or a probability for every class (one-hot, or a distribution). Predictions are logits, which is
/// exact for any size of them, or probabilities, which are divided by their sum and then held in [1e-7, 1 - 1e-7] (Keras); where
/// they are held the gradient is 0. Label smoothing s replaces t by t·(1-s) + s/classes.
///
/// - Source: smoothing from Szegedy et al. 2016.
public struct CategoricalCrossEntropy: Loss {
  /// Whether predictions are logits; otherwise they are probabilities.
  public let fromLogits: Bool
  /// The share of the target that is spread evenly over all classes.
  public let labelSmoothing: Float

  static let epsilon: Float = 1e-7

  /// - Precondition: `labelSmoothing` is in 0...1.
  public init(fromLogits: Bool = false, labelSmoothing: Float = 0) {
    require(
      (0...1).contains(labelSmoothing), "CategoricalCrossEntropy: smoothing has to be in 0...1; got \(labelSmoothing)")
    self.fromLogits = fromLogits
    self.labelSmoothing = labelSmoothing
  }

  /// What it is called in messages and files.
  public var name: String { fromLogits ? "softmax_cross_entropy" : "categorical_cross_entropy" }

  /// One value per sample; see `Loss`.
  public func values(_ predictions: Tensor, _ targets: Tensor) -> Tensor {
    let classCount = predictions.shape.last ?? 0
    if targets.dtype == .int32 {
      require(
        targets.shape.elementsEqual(predictions.shape.dropLast()),
        "\(name): labels of shape \(targets.shape) for predictions of shape \(predictions.shape)")
      if fromLogits && labelSmoothing == 0 { return predictions.softmaxCrossEntropy(labels: targets) }
      return values(predictions, distribution: targets.oneHot(depth: classCount))
    }
    require(
      targets.shape == predictions.shape,
      "\(name): targets of shape \(targets.shape) for predictions of shape \(predictions.shape)")
    return values(predictions, distribution: targets)
  }

  /// The mean of all values; see `Loss`.
  public func mean(_ predictions: Tensor, _ targets: Tensor) -> Tensor {
    guard targets.dtype == .int32 && fromLogits && labelSmoothing == 0 else {
      return values(predictions, targets).mean()
    }
    return predictions.softmaxCrossEntropy(labels: targets, averaged: true)
  }

  private func values(_ predictions: Tensor, distribution: Tensor) -> Tensor {
    -(smoothed(distribution) * logarithms(predictions)).sum(alongAxes: [-1])
  }

  func smoothed(_ targets: Tensor) -> Tensor {
    labelSmoothing > 0 ? targets * (1 - labelSmoothing) + labelSmoothing / Float(targets.shape.last ?? 1) : targets
  }

  /// The logarithm of each class's probability.
  func logarithms(_ predictions: Tensor) -> Tensor {
    if fromLogits { return predictions.logSoftmax(alongAxis: -1) }
    let normalized = predictions / predictions.sum(alongAxes: [-1], keepingRank: true)
    return normalized.clamped(to: Self.epsilon...(1 - Self.epsilon)).log()
  }

  /// Whether predictions and targets fit; see `Loss`.
  public func check(output: Shape, targets: TargetForm) throws {
    guard let classCount = output.last else {
      throw ShapeError("\(name): the model gives single numbers, not scores of classes")
    }
    switch targets {
    case .labels(let largest):
      guard output.rank == 1 else {
        throw ShapeError(
          "\(name): the model gives \(output) for a sample with one label; "
            + "put Flatten or GlobalAveragePool2D before the last Dense")
      }
      guard largest < classCount else {
        throw ShapeError(
          "\(name): there is a label \(largest), the model has outputs for the classes 0…\(classCount - 1); "
            + "give the last layer \(largest + 1) outputs, or make labels count from 0")
      }
    case .values(let shape):
      guard shape == output else {
        throw ShapeError(
          "\(name): the model gives \(output), the targets have shape \(shape); give the last layer \(shape.last ?? 1) outputs"
        )
      }
    }
  }

  /// What predictions are taken for.
  public var predictionKind: PredictionKind { fromLogits ? .logits : .probabilities }

  /// The predictions as probabilities, where there is such a thing.
  public func probabilities(_ predictions: Tensor) -> Tensor? {
    fromLogits ? predictions.softmax(alongAxis: -1) : predictions
  }
}

extension Loss where Self == CategoricalCrossEntropy {
  /// Cross-entropy of classes from logits: the last layer has one output per class and no activation.
  public static var softmaxCrossEntropy: Self { CategoricalCrossEntropy(fromLogits: true) }
  /// Cross-entropy of classes from probabilities: the last layer ends with softmax.
  public static var categoricalCrossEntropy: Self { CategoricalCrossEntropy() }
}
