import MartletAutograd
import MartletBackend
import MartletTensor

/// Cross-entropy of yes-or-no answers with less weight on what is already right; the mean over the last axis.
///
///     -(1 - p)^gamma · log p        p: the probability given to the right answer
///
/// times `alpha` for a yes and `1 - alpha` for a no, where alpha is given. Targets, probabilities and smoothing are those of
/// `BinaryCrossEntropy`.
///
/// - Source: Lin et al. 2017, arXiv:1708.02002.
public struct BinaryFocalCrossEntropy: Loss {
  /// What a yes counts, a no counting the rest; `nil` counts both fully.
  public let alpha: Float?
  /// How much less an answer counts the more certain it is; 0 for plain cross-entropy.
  public let gamma: Float
  private let plain: BinaryCrossEntropy

  /// - Precondition: `gamma` is not negative, `labelSmoothing` is in 0...1.
  public init(fromLogits: Bool = false, alpha: Float? = nil, gamma: Float = 2, labelSmoothing: Float = 0) {
    require(gamma >= 0, "BinaryFocalCrossEntropy: gamma cannot be negative; got \(gamma)")
    self.alpha = alpha
    self.gamma = gamma
    plain = BinaryCrossEntropy(fromLogits: fromLogits, labelSmoothing: labelSmoothing)
  }

  /// What it is called in messages and files.
  public var name: String { "binary_focal_cross_entropy" }

  /// One value per sample; see `Loss`.
  public func values(_ predictions: Tensor, _ targets: Tensor) -> Tensor {
    let targets = plain.smoothed(Paired.targets(targets, like: predictions, for: name))
    let yes = plain.fromLogits ? predictions.sigmoid() : predictions
    let wrong = targets * (1 - yes) + (1 - targets) * yes
    let factor = wrong.clamped(to: CategoricalCrossEntropy.epsilon...1).power(gamma)
    var values = factor * plain.elements(predictions, targets)
    if let alpha { values = (targets * alpha + (1 - targets) * (1 - alpha)) * values }
    return values.mean(alongAxes: [-1])
  }

  /// Whether predictions and targets fit; see `Loss`.
  public func check(output: Shape, targets: TargetForm) throws { try plain.check(output: output, targets: targets) }

  /// What predictions are taken for.
  public var predictionKind: PredictionKind { plain.predictionKind }

  /// The predictions as probabilities, where there is such a thing.
  public func probabilities(_ predictions: Tensor) -> Tensor? { plain.probabilities(predictions) }
}
