import MartletAutograd
import MartletBackend
import MartletTensor

/// Cross-entropy of classes that exclude each other, with less weight on what is already right: for many easy samples and few hard
/// ones.
///
///     -Σ alpha · (1 - qᶜ)^gamma · tᶜ · log qᶜ
///
/// Targets, probabilities and smoothing are those of `CategoricalCrossEntropy`.
///
/// - Source: Lin et al. 2017, arXiv:1708.02002; for several classes as in Keras.
public struct CategoricalFocalCrossEntropy: Loss {
  /// What every class counts.
  public let alpha: Float
  /// How much less a sample counts the more certain its class is; 0 for plain cross-entropy.
  public let gamma: Float
  private let plain: CategoricalCrossEntropy

  /// - Precondition: `gamma` is not negative, `labelSmoothing` is in 0...1.
  public init(fromLogits: Bool = false, alpha: Float = 0.25, gamma: Float = 2, labelSmoothing: Float = 0) {
    require(gamma >= 0, "CategoricalFocalCrossEntropy: gamma cannot be negative; got \(gamma)")
    self.alpha = alpha
    self.gamma = gamma
    plain = CategoricalCrossEntropy(fromLogits: fromLogits, labelSmoothing: labelSmoothing)
  }

  /// What it is called in messages and files.
  public var name: String { "categorical_focal_cross_entropy" }

  /// One value per sample; see `Loss`.
  public func values(_ predictions: Tensor, _ targets: Tensor) -> Tensor {
    let oneHot = targets.dtype == .int32 ? targets.oneHot(depth: predictions.shape.last ?? 0) : targets
    require(
      oneHot.shape == predictions.shape,
      "\(name): targets of shape \(targets.shape) for predictions of shape \(predictions.shape)")
    let logarithms = plain.logarithms(predictions)
    let factor = (1 - logarithms.exp()).clamped(to: CategoricalCrossEntropy.epsilon...1).power(gamma) * alpha
    return -(plain.smoothed(oneHot) * factor * logarithms).sum(alongAxes: [-1])
  }

  /// Whether predictions and targets fit; see `Loss`.
  public func check(output: Shape, targets: TargetForm) throws { try plain.check(output: output, targets: targets) }

  /// What predictions are taken for.
  public var predictionKind: PredictionKind { plain.predictionKind }

  /// The predictions as probabilities, where there is such a thing.
  public func probabilities(_ predictions: Tensor) -> Tensor? { plain.probabilities(predictions) }
}
