import MartletAutograd
import MartletBackend
import MartletTensor

/// Squared near 0 and straight further out, so that outliers pull no harder than others; the mean over the last axis.
///
///     e² / 2                          where |e| ≤ delta
///     delta · |e| - delta² / 2        elsewhere
///
/// - Source: Huber 1964.
public struct Huber: Loss {
  /// Where the parabola ends.
  public let delta: Float

  /// - Precondition: `delta` is positive.
  public init(delta: Float = 1) {
    require(delta > 0, "Huber: delta has to be positive; got \(delta)")
    self.delta = delta
  }

  /// What it is called in messages and files.
  public var name: String { "huber" }

  /// One value per sample; see `Loss`.
  public func values(_ predictions: Tensor, _ targets: Tensor) -> Tensor {
    let targets = Paired.targets(targets, like: predictions, for: name)
    let error = (predictions - targets).abs()
    // With q = min(|e|, delta) both branches are q · (|e| - q/2).
    let quadratic = Tensor.minimum(error, delta)
    return (quadratic * (error - quadratic * 0.5)).mean(alongAxes: [-1])
  }

  /// Whether predictions and targets fit; see `Loss`.
  public func check(output: Shape, targets: TargetForm) throws {
    try Paired.check(output: output, targets: targets, for: name)
  }
}

extension Loss where Self == Huber {
  /// Squared near 0, straight beyond 1.
  public static var huber: Self { Huber() }
}
