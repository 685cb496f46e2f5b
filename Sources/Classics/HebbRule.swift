import MartletAutograd
import MartletBackend
import MartletTensor

/// Cells that fire together wire together: one pass in which every input's weight grows where input and target agree and shrinks where
/// they differ. Nobody looks at what the unit answers.
///
///     w += rate · t · x;  b += rate · t          x and t are -1 or 1
///     y = 1 where w · x + b ≥ 0, else -1
///
/// After the pass a weight is the correlation of its input with the target. Where the target correlates with no input, as in XOR,
/// nothing is learned at all: that is provable before the first step, and `correlations` shows it.
///
/// - Source: Hebb 1949, "The organization of behavior"; as a rule for pattern association: Fausett 1994, section 2.2.
public struct HebbRule: Sendable {
  /// One weight per input.
  public private(set) var weight: Tensor
  /// Added to the weighted sum, one element.
  public private(set) var bias: Tensor
  /// How much an agreement counts.
  public let rate: Float

  /// A unit that knows nothing: all zeros.
  ///
  /// - Precondition: `inputCount` and `rate` are positive.
  public init(inputCount: Int, rate: Float = 1, on device: Device = .current) {
    require(inputCount > 0 && rate > 0, "HebbRule: need inputs and rate > 0; got \(inputCount), \(rate)")
    weight = .zeros([inputCount], on: device)
    bias = .zeros([], on: device)
    self.rate = rate
  }

  /// Sees all samples once.
  ///
  /// - Parameters:
  ///   - x: `[batch, inputs]`, each -1 or 1.
  ///   - targets: `[batch]`, each -1 or 1.
  public mutating func learn(_ x: Tensor, targets: Tensor) {
    require(
      x.rank == 2 && x.shape[1] == weight.elementCount && targets.shape == [x.shape[0]],
      "HebbRule: inputs \(x.shape) with targets \(targets.shape); need [batch, \(weight.elementCount)] and [batch]")
    weight += Self.correlations(x, targets) * rate
    bias = bias + targets.sum() * rate
  }

  /// The sum of target times input over the samples, for each input: all zeros mean that the rule learns nothing.
  public static func correlations(_ x: Tensor, _ targets: Tensor) -> Tensor {
    (x * targets.expanded(at: 1)).sum(alongAxes: [0])
  }

  /// -1 or 1 for each row of `[batch, inputs]`.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    ((x * weight).sum(alongAxes: [1]) + bias .>= 0).cast(to: .float32) * 2 - 1
  }

  /// How many of the samples it is wrong about.
  ///
  /// - Throws: `BackendError`.
  public func mistakes(_ x: Tensor, targets: Tensor) throws -> Int {
    Int(try (self(x) .!= targets).cast(to: .float32).sum().item())
  }
}
