import MartletAutograd
import MartletBackend
import MartletTensor

/// The mean of p - t · log(p + 1e-7) over the last axis: how badly counts `t` fit rates `p`, which have to be positive.
public struct Poisson: Loss {
  /// Makes the loss.
  public init() {}

  /// What it is called in messages and files.
  public var name: String { "poisson" }

  /// One value per sample; see `Loss`.
  public func values(_ predictions: Tensor, _ targets: Tensor) -> Tensor {
    let targets = Paired.targets(targets, like: predictions, for: name)
    return (predictions - targets * (predictions + 1e-7).log()).mean(alongAxes: [-1])
  }

  /// Whether predictions and targets fit; see `Loss`.
  public func check(output: Shape, targets: TargetForm) throws {
    try Paired.check(output: output, targets: targets, for: name)
  }
}

extension Loss where Self == Poisson {
  /// The fit of rates to counts.
  public static var poisson: Self { Poisson() }
}
