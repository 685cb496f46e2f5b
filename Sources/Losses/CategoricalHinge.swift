import MartletAutograd
import MartletBackend
import MartletTensor

/// How much too little the right class is ahead of the best wrong one: max(max((1 - t) · p) - Σ t · p + 1, 0) over the last axis.
///
/// Targets are one-hot.
public struct CategoricalHinge: Loss {
  /// Makes the loss.
  public init() {}

  /// What it is called in messages and files.
  public var name: String { "categorical_hinge" }

  /// One value per sample; see `Loss`.
  public func values(_ predictions: Tensor, _ targets: Tensor) -> Tensor {
    let targets = Paired.targets(targets, like: predictions, for: name)
    let right = (targets * predictions).sum(alongAxes: [-1])
    let wrong = ((1 - targets) * predictions).max(alongAxes: [-1])
    return (wrong - right + 1).relu()
  }

  /// Whether predictions and targets fit; see `Loss`.
  public func check(output: Shape, targets: TargetForm) throws {
    try Paired.check(output: output, targets: targets, for: name)
  }
}

extension Loss where Self == CategoricalHinge {
  /// How much the right class is not ahead by 1.
  public static var categoricalHinge: Self { CategoricalHinge() }
}
