import MartletAutograd
import MartletBackend
import MartletTensor

/// The mean of |target - prediction| over the last axis; the gradient is 0 where they are equal.
public struct MeanAbsoluteError: Loss {
  /// Makes the loss.
  public init() {}

  /// What it is called in messages and files.
  public var name: String { "mean_absolute_error" }

  /// One value per sample; see `Loss`.
  public func values(_ predictions: Tensor, _ targets: Tensor) -> Tensor {
    (predictions - Paired.targets(targets, like: predictions, for: name)).abs().mean(alongAxes: [-1])
  }

  /// Whether predictions and targets fit; see `Loss`.
  public func check(output: Shape, targets: TargetForm) throws {
    try Paired.check(output: output, targets: targets, for: name)
  }
}

extension Loss where Self == MeanAbsoluteError {
  /// The mean of absolute differences.
  public static var meanAbsoluteError: Self { MeanAbsoluteError() }
}
