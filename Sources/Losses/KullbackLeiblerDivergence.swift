import MartletAutograd
import MartletBackend
import MartletTensor

/// How much is lost by taking one distribution for another: Σ t · log(t / p) over the last axis, both held in [1e-7, 1]; where predictions
/// are held the gradient is 0.
public struct KullbackLeiblerDivergence: Loss {
  /// Makes the loss.
  public init() {}

  /// What it is called in messages and files.
  public var name: String { "kullback_leibler_divergence" }

  /// One value per sample; see `Loss`.
  public func values(_ predictions: Tensor, _ targets: Tensor) -> Tensor {
    let targets = Paired.targets(targets, like: predictions, for: name)
    let (t, p) = (targets.clamped(to: 1e-7...1), predictions.clamped(to: 1e-7...1))
    return (t * (t / p).log()).sum(alongAxes: [-1])
  }

  /// Predictions are probabilities.
  public var predictionKind: PredictionKind { .probabilities }

  /// Whether predictions and targets fit; see `Loss`.
  public func check(output: Shape, targets: TargetForm) throws {
    try Paired.check(output: output, targets: targets, for: name)
  }
}

extension Loss where Self == KullbackLeiblerDivergence {
  /// The relative entropy of targets to predictions.
  public static var kullbackLeiblerDivergence: Self { KullbackLeiblerDivergence() }
}
