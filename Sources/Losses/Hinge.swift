import MartletAutograd
import MartletBackend
import MartletTensor

/// The mean of max(1 - target · prediction, 0) over the last axis: zero where a score is on the right side by at least 1.
///
/// Targets are -1 and 1. Where all of them are 0 or 1, they are taken for -1 and 1 (Keras).
public struct Hinge: Loss {
  /// Makes the loss.
  public init() {}

  /// What it is called in messages and files.
  public var name: String { "hinge" }

  /// One value per sample; see `Loss`.
  public func values(_ predictions: Tensor, _ targets: Tensor) -> Tensor {
    let targets = SignedLabels.targets(targets, like: predictions, for: name)
    return (1 - targets * predictions).relu().mean(alongAxes: [-1])
  }

  /// Whether predictions and targets fit; see `Loss`.
  public func check(output: Shape, targets: TargetForm) throws {
    try Paired.check(output: output, targets: targets, for: name)
  }
}

extension Loss where Self == Hinge {
  /// The margin by which scores miss being right.
  public static var hinge: Self { Hinge() }
}

/// Yes-or-no targets as signs.
enum SignedLabels {
  /// Targets of -1 and 1; those of 0 and 1 are mapped to them, if there are no others. Decided on the device, so that nobody waits.
  static func targets(_ targets: Tensor, like predictions: Tensor, for loss: String) -> Tensor {
    let targets = Paired.targets(targets, like: predictions, for: loss)
    let isBinary = ((targets .== 0) | (targets .== 1)).cast(to: .float32).min() .== 1
    return Tensor.select(isBinary, targets * 2 - 1, targets)
  }
}
