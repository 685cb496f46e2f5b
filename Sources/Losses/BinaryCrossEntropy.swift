import MartletAutograd
import MartletBackend
import MartletTensor

/// How surprising the right answer is, for yes-or-no questions; the mean over the last axis.
///
///     -(t · log q + (1 - t) · log(1 - q))
///
/// Targets are 0 or 1, or between. Predictions are logits, which is exact for any size of them, or probabilities, which are held in
/// [1e-7, 1 - 1e-7] (Keras); where they are held the gradient is 0. Label smoothing s replaces t by t·(1-s) + s/2.
public struct BinaryCrossEntropy: Loss {
  /// Whether predictions are logits; otherwise they are probabilities.
  public let fromLogits: Bool
  /// How far targets move towards ½.
  public let labelSmoothing: Float

  /// - Precondition: `labelSmoothing` is in 0...1.
  public init(fromLogits: Bool = false, labelSmoothing: Float = 0) {
    require((0...1).contains(labelSmoothing), "BinaryCrossEntropy: smoothing has to be in 0...1; got \(labelSmoothing)")
    self.fromLogits = fromLogits
    self.labelSmoothing = labelSmoothing
  }

  /// What it is called in messages and files.
  public var name: String { fromLogits ? "sigmoid_cross_entropy" : "binary_cross_entropy" }

  /// One value per sample; see `Loss`.
  public func values(_ predictions: Tensor, _ targets: Tensor) -> Tensor {
    elements(predictions, smoothed(Paired.targets(targets, like: predictions, for: name))).mean(alongAxes: [-1])
  }

  func smoothed(_ targets: Tensor) -> Tensor {
    labelSmoothing > 0 ? targets * (1 - labelSmoothing) + labelSmoothing / 2 : targets
  }

  /// One value per answer; targets have the shape of the predictions.
  func elements(_ predictions: Tensor, _ targets: Tensor) -> Tensor {
    if fromLogits {
      // -log q = softplus(-x) and -log(1 - q) = softplus(x), without the cancellation of softplus(x) - t·x.
      return targets * (-predictions).softplus() + (1 - targets) * predictions.softplus()
    }
    // 1 - q is clipped by itself: taken from a q that was clipped to 1 - 1e-7, which Float rounds, it would be 1.2e-7.
    let range = CategoricalCrossEntropy.epsilon...(1 - CategoricalCrossEntropy.epsilon)
    let (q, rest) = (predictions.clamped(to: range), (1 - predictions).clamped(to: range))
    return -(targets * q.log() + (1 - targets) * rest.log())
  }

  /// Whether predictions and targets fit; see `Loss`.
  public func check(output: Shape, targets: TargetForm) throws {
    try Paired.check(output: output, targets: targets, for: name)
    if case .labels(let largest) = targets, largest > 1 {
      throw ShapeError(
        "\(name): there is a label \(largest), only 0 and 1 are possible; use softmaxCrossEntropy for several classes")
    }
  }

  /// What predictions are taken for.
  public var predictionKind: PredictionKind { fromLogits ? .logits : .probabilities }

  /// The predictions as probabilities, where there is such a thing.
  public func probabilities(_ predictions: Tensor) -> Tensor? { fromLogits ? predictions.sigmoid() : predictions }
}

extension Loss where Self == BinaryCrossEntropy {
  /// Cross-entropy of yes-or-no answers from logits: the last layer has no activation.
  public static var sigmoidCrossEntropy: Self { BinaryCrossEntropy(fromLogits: true) }
  /// Cross-entropy of yes-or-no answers from probabilities: the last layer ends with sigmoid.
  public static var binaryCrossEntropy: Self { BinaryCrossEntropy() }
}
