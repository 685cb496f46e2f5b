import MartletBackend
import Synchronization

/// One recorded operation, or a leaf whose gradient is wanted: a point of the tape.
///
/// The tape is nothing but these nodes pointing from a result towards the leaves it was computed from. There is no registry:
/// a node lives as long as a tensor, or a later node, refers to it. A class for that identity; gradients are keyed by it.
public final class TapeNode: Sendable {
  /// What one input of the operation receives, given the gradient of the output and the output itself.
  package typealias Gradient = @Sendable (_ upstream: Tensor, _ output: Tensor?) -> Tensor

  /// An input that wants a gradient, and how to compute it.
  package struct Edge: Sendable {
    package let source: TapeNode
    package let gradient: Gradient
  }

  /// What is needed to go backwards. Given up as soon as that has happened, so that memory is freed on the way.
  package struct Record: Sendable {
    package var edges: [Edge]
    /// The output without its node (which would be a cycle), where a gradient formula reads it.
    package var output: Tensor?
  }

  /// The operation in words, for messages; `nil` for a leaf.
  package let operation: StaticString?
  /// Later nodes have larger numbers, so descending order is a valid order for going backwards.
  package let sequence: UInt64
  private let record: Mutex<Record?>

  private static let counter = Atomic<UInt64>(0)

  /// A leaf.
  package convenience init() { self.init(operation: nil, record: nil) }

  package init(operation: StaticString?, record: sending Record?) {
    self.operation = operation
    self.record = Mutex(record)
    sequence = Self.counter.wrappingAdd(1, ordering: .relaxed).newValue
  }

  package var isLeaf: Bool { operation == nil }

  /// The record, which stays.
  package func currentRecord() -> Record? { record.withLock { $0 } }

  /// The record, which is gone afterwards.
  package func takeRecord() -> Record? {
    record.withLock { record in
      defer { record = nil }
      return record
    }
  }

  // A record holds tensors and nodes, whose records hold more: released naively, a chain of a million operations would recurse
  // a million times. Handing the record to the queue instead keeps the stack flat.
  deinit {
    if let record = takeRecord() { ReleaseQueue.release(record) }
  }
}
