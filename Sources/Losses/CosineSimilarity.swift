import MartletAutograd
import MartletBackend
import MartletTensor

/// The negative cosine of the angle between target and prediction: -1 for the same direction, 1 for the opposite. A vector of zeros gives 0.
///
///     -Σ l2(t) · l2(p),   l2(v) = v / max(|v|, 1e-7)
public struct CosineSimilarity: Loss {
  /// The axis along which the vectors lie, with the batch counted as axis 0.
  public let axis: Int

  /// Makes the loss.
  public init(axis: Int = -1) { self.axis = axis }

  /// What it is called in messages and files.
  public var name: String { "cosine_similarity" }

  /// One value per sample; see `Loss`.
  public func values(_ predictions: Tensor, _ targets: Tensor) -> Tensor {
    let targets = Paired.targets(targets, like: predictions, for: name)
    return -(normalized(targets) * normalized(predictions)).sum(alongAxes: [axis])
  }

  private func normalized(_ vector: Tensor) -> Tensor {
    // Bounded before the root, whose slope at 0 is infinite.
    vector * Tensor.maximum(vector.squared().sum(alongAxes: [axis], keepingRank: true), 1e-14).reciprocalSquareRoot()
  }

  /// Whether predictions and targets fit; see `Loss`.
  public func check(output: Shape, targets: TargetForm) throws {
    try Paired.check(output: output, targets: targets, for: name)
  }
}

extension Loss where Self == CosineSimilarity {
  /// The negative cosine along the last axis.
  public static var cosineSimilarity: Self { CosineSimilarity() }
}
