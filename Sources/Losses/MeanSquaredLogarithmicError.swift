import MartletAutograd
import MartletBackend
import MartletTensor

/// The mean of (log(1 + target) - log(1 + prediction))² over the last axis: errors count relative to size. What is below 1e-7 counts as
/// 1e-7.
public struct MeanSquaredLogarithmicError: Loss {
  /// Makes the loss.
  public init() {}

  /// What it is called in messages and files.
  public var name: String { "mean_squared_logarithmic_error" }

  /// One value per sample; see `Loss`.
  public func values(_ predictions: Tensor, _ targets: Tensor) -> Tensor {
    let targets = Paired.targets(targets, like: predictions, for: name)
    let difference = Tensor.maximum(predictions, 1e-7).log1p() - Tensor.maximum(targets, 1e-7).log1p()
    return difference.squared().mean(alongAxes: [-1])
  }

  /// Whether predictions and targets fit; see `Loss`.
  public func check(output: Shape, targets: TargetForm) throws {
    try Paired.check(output: output, targets: targets, for: name)
  }
}

extension Loss where Self == MeanSquaredLogarithmicError {
  /// The mean of squared differences of logarithms.
  public static var meanSquaredLogarithmicError: Self { MeanSquaredLogarithmicError() }
}
