import MartletAutograd
import MartletBackend
import MartletTensor

/// The mean of max(1 - target · prediction, 0)² over the last axis. Targets as for `Hinge`.
public struct SquaredHinge: Loss {
  /// Makes the loss.
  public init() {}

  /// What it is called in messages and files.
  public var name: String { "squared_hinge" }

  /// One value per sample; see `Loss`.
  public func values(_ predictions: Tensor, _ targets: Tensor) -> Tensor {
    let targets = SignedLabels.targets(targets, like: predictions, for: name)
    return (1 - targets * predictions).relu().squared().mean(alongAxes: [-1])
  }

  /// Whether predictions and targets fit; see `Loss`.
  public func check(output: Shape, targets: TargetForm) throws {
    try Paired.check(output: output, targets: targets, for: name)
  }
}

extension Loss where Self == SquaredHinge {
  /// The squared margin by which scores miss being right.
  public static var squaredHinge: Self { SquaredHinge() }
}
