import MartletBackend
import MartletTensor

/// Adds up small tensors of one shape without waiting for the device each time.
///
/// Each term starts for the host as soon as it is added, behind what the device still has to do; whoever asks for the sum waits for
/// the last of them only. Terms are added in Double: 24 bits of mantissa are few for a million samples. Adding on the device
/// would cost a launch per batch besides; keeping terms there until the sum is asked for, a wait for each.
public struct RunningSum: Sendable {
  private var sums: [Double] = []
  private var pending: [PendingFloats] = []
  private var shape: Shape?

  /// So many terms may be under way before those that have arrived are added.
  private static let mostPending = 256

  /// An empty sum.
  public init() {}

  /// Goes on from the sums that `values` gave.
  package init(resuming sums: [Double]) { self.sums = sums }

  /// Adds a float32 tensor.
  ///
  /// - Precondition: it has the shape of those before.
  public mutating func add(_ term: Tensor) {
    precondition(shape == nil || shape == term.shape, "RunningSum: shape \(term.shape) after \(shape ?? [])")
    shape = term.shape
    pending.append(term.pendingFloats())
    if pending.count < Self.mostPending { return }
    // What cannot be read stays, and is thrown by `values`.
    var added = 0
    while added < pending.count, pending[added].hasArrived, let values = try? pending[added].values() {
      add(values)
      added += 1
    }
    pending.removeFirst(added)
  }

  /// The sum of each element over everything added so far, row-major; empty when nothing was. Waits for the device.
  ///
  /// - Throws: `BackendError` when the device has failed.
  public mutating func values() throws -> [Double] {
    _ = try pending.last?.values()  // the one wait: a device sends them in order
    for term in pending { add(try term.values()) }
    pending.removeAll(keepingCapacity: true)
    return sums
  }

  private mutating func add(_ values: [Float]) {
    if sums.isEmpty { sums = [Double](repeating: 0, count: values.count) }
    for (index, value) in values.enumerated() { sums[index] += Double(value) }
  }
}
