import MartletAutograd
import MartletBackend
import MartletTensor

/// A function as a layer: an activation of your own, a rearrangement, a part of the input. What it is composed of has gradients, so
/// it has one too.
///
///     Lambda { $0 * $0.sigmoid() }
///     Lambda(name: "last") { x in x.sliced(axis: 1, from: x.shape[1] - 1, count: 1).squeezed(at: 1) }
///
/// A function without a memory: parameters it captures are not found, so write a `Layer` of your own for those.
public struct Lambda: Layer {
  /// What it is called in paths and summaries.
  public let name: String?
  private let function: @Sendable (Tensor) -> Tensor

  /// - Parameter function: From a batch to a batch; the first axis counts samples. It is tried with one sample of zeros to find the
  ///   shape of its result.
  public init(name: String? = nil, _ function: @escaping @Sendable (Tensor) -> Tensor) {
    self.name = name
    self.function = function
  }

  /// The result for a batch.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor { function(x) }
}
