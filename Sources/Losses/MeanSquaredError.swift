import MartletAutograd
import MartletBackend
import MartletTensor

/// The mean of (target - prediction)² over the last axis.
public struct MeanSquaredError: Loss {
  /// Makes the loss.
  public init() {}

  public var name: String { "mean_squared_error" }

  public func values(_ predictions: Tensor, _ targets: Tensor) -> Tensor {
    (predictions - Paired.targets(targets, like: predictions, for: name)).squared().mean(alongAxes: [-1])
  }

  public func check(output: Shape, targets: TargetForm) throws {
    try Paired.check(output: output, targets: targets, for: name)
  }
}

extension Loss where Self == MeanSquaredError {
  /// The mean of squared differences.
  public static var meanSquaredError: Self { MeanSquaredError() }
}
