import MartletAutograd
import MartletTensor

/// Adds up small tensors of one shape without waiting for the device each time.
///
/// Terms are kept until somebody asks for the sum; then they come over and are added in Double. Adding them up on the device
/// instead would cost a launch per batch, and 24 bits of mantissa are few for a million samples; so would putting them together
/// for a single transfer.
public struct RunningSum: Sendable {
  private var sums: [Double] = []
  private var pending: [Tensor] = []

  // Where nobody asks for long, terms are added up on the device, so that they do not pile up.
  private static let maximumPendingTerms = 1024
  private static let maximumPendingElements = 1 << 20

  /// An empty sum.
  public init() {}

  /// Goes on from the sums that `values` gave.
  package init(resuming sums: [Double]) { self.sums = sums }

  /// Adds a float32 tensor.
  ///
  /// - Precondition: it has the shape of those before.
  public mutating func add(_ term: Tensor) {
    if let other = pending.first {
      precondition(term.shape == other.shape, "RunningSum: shape \(term.shape) after \(other.shape)")
    }
    pending.append(term.detached)
    if pending.count >= Self.maximumPendingTerms || pending.count * term.elementCount > Self.maximumPendingElements {
      pending = [withoutGradient { Tensor.stacked(pending, alongAxis: 0).sum(alongAxes: [0]) }]
    }
  }

  /// The sum of each element over everything added so far, row-major; empty when nothing was. Waits for the device.
  ///
  /// - Throws: `BackendError` when the device has failed.
  public mutating func values() throws -> [Double] {
    guard let first = pending.first else { return sums }
    let size = first.elementCount
    if sums.isEmpty { sums = [Double](repeating: 0, count: size) }
    for term in pending {
      for (index, value) in try term.floats().enumerated() { sums[index] += Double(value) }
    }
    pending.removeAll(keepingCapacity: true)
    return sums
  }
}
