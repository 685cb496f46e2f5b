import MartletAutograd
import MartletBackend
import MartletTensor

/// The mean of |target - prediction| / |target| over the last axis, in percent. Targets nearer to 0 than 1e-7 count as 1e-7.
public struct MeanAbsolutePercentageError: Loss {
  /// Makes the loss.
  public init() {}

  /// What it is called in messages and files.
  public var name: String { "mean_absolute_percentage_error" }

  /// One value per sample; see `Loss`.
  public func values(_ predictions: Tensor, _ targets: Tensor) -> Tensor {
    let targets = Paired.targets(targets, like: predictions, for: name)
    return ((predictions - targets).abs() / Tensor.maximum(targets.abs(), 1e-7)).mean(alongAxes: [-1]) * 100
  }

  /// Whether predictions and targets fit; see `Loss`.
  public func check(output: Shape, targets: TargetForm) throws {
    try Paired.check(output: output, targets: targets, for: name)
  }
}

extension Loss where Self == MeanAbsolutePercentageError {
  /// The mean of relative differences, in percent.
  public static var meanAbsolutePercentageError: Self { MeanAbsolutePercentageError() }
}
