import MartletAutograd
import MartletBackend
import MartletTensor

/// The mean of (target - prediction)² over the last axis.
public struct MeanSquaredError: Loss {
  /// Makes the loss.
  public init() {}

  /// What it is called in messages and files.
  public var name: String { "mean_squared_error" }

  /// One value per sample; see `Loss`.
  public func values(_ predictions: Tensor, _ targets: Tensor) -> Tensor {
    (predictions - Paired.targets(targets, like: predictions, for: name)).squared().mean(alongAxes: [-1])
  }

  /// Whether predictions and targets fit; see `Loss`.
  public func check(output: Shape, targets: TargetForm) throws {
    try Paired.check(output: output, targets: targets, for: name)
  }
}

extension Loss where Self == MeanSquaredError {
  /// The mean of squared differences.
  public static var meanSquaredError: Self { MeanSquaredError() }
}
