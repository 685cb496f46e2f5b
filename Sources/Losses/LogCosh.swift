import MartletAutograd
import MartletBackend
import MartletTensor

/// The mean of log(cosh(prediction - target)) over the last axis: like e²/2 near 0, like |e| - log 2 far away, and smooth.
public struct LogCosh: Loss {
  /// Makes the loss.
  public init() {}

  /// What it is called in messages and files.
  public var name: String { "log_cosh" }

  /// One value per sample; see `Loss`.
  public func values(_ predictions: Tensor, _ targets: Tensor) -> Tensor {
    let targets = Paired.targets(targets, like: predictions, for: name)
    // cosh overflows beyond 89: log cosh e = |e| + log(1 + e^(-2|e|)) - log 2.
    let error = (predictions - targets).abs()
    return (error + (error * -2).softplus() - 0.693_147_2).mean(alongAxes: [-1])
  }

  /// Whether predictions and targets fit; see `Loss`.
  public func check(output: Shape, targets: TargetForm) throws {
    try Paired.check(output: output, targets: targets, for: name)
  }
}

extension Loss where Self == LogCosh {
  /// The mean of log(cosh(difference)).
  public static var logCosh: Self { LogCosh() }
}
