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
    private let formula: Formula

    // Two forms, so that neither is wrapped in a closure of the other.
    private enum Formula: Sendable {
      case ofUpstream(@Sendable (_ upstream: Tensor) -> Tensor)
      case ofBoth(Gradient)
    }

    package init(source: TapeNode, gradient: @escaping Gradient) {
      self.source = source
      formula = .ofBoth(gradient)
    }

    /// An input whose gradient does not depend on the output.
    package init(source: TapeNode, ofUpstream gradient: @escaping @Sendable (_ upstream: Tensor) -> Tensor) {
      self.source = source
      formula = .ofUpstream(gradient)
    }

    package func gradient(_ upstream: Tensor, _ output: Tensor?) -> Tensor {
      switch formula {
      case .ofUpstream(let gradient): gradient(upstream)
      case .ofBoth(let gradient): gradient(upstream, output)
      }
    }
  }

  /// What is needed to go backwards. Given up as soon as that has happened, so that memory is freed on the way.
  package struct Record: Sendable {
    package var edges: [Edge]
    /// The output without its node (which would be a cycle), where a gradient formula reads it.
    package var output: Tensor?
    /// Computes the output once more, this time recorded, and the gradient goes on from there: where there are no edges, or
    /// where the gradient has to be differentiable and the edges' formulas are not.
    package var recomputation: (@Sendable () -> Tensor)?

    package init(edges: [Edge], output: Tensor? = nil, recomputation: (@Sendable () -> Tensor)? = nil) {
      self.edges = edges
      self.output = output
      self.recomputation = recomputation
    }
  }

  /// The operation in words, for messages; `nil` for a leaf.
  package let operation: StaticString?
  /// Later nodes have larger numbers, so descending order is a valid order for going backwards.
  package let sequence: UInt64
  private let record: Mutex<Record?>

  private static let counter = Atomic<UInt64>(0)
  private static let live = Atomic<Int>(0)

  /// How many nodes there are in the process, for tests of leaks.
  package static var liveCount: Int { live.load(ordering: .relaxed) }

  /// A leaf.
  package convenience init() { self.init(operation: nil, record: nil) }

  package init(operation: StaticString?, record: consuming Record?) {
    self.operation = operation
    self.record = Mutex(record)
    sequence = Self.counter.wrappingAdd(1, ordering: .relaxed).newValue
    Self.live.wrappingAdd(1, ordering: .relaxed)
  }

  package var isLeaf: Bool { operation == nil }

  /// The record, which stays.
  package func currentRecord() -> Record? { record.withLock { $0 } }

  /// The record, which is gone afterwards.
  package func takeRecord() -> Record? { record.withLock { $0.take() } }

  // A record holds tensors and nodes, whose records hold more: released naively, a chain of a million operations would recurse
  // a million times. Handing the record to the queue instead keeps the stack flat.
  deinit {
    Self.live.wrappingSubtract(1, ordering: .relaxed)
    if let record = takeRecord() { ReleaseQueue.release(record) }
  }
}

/// Whether operations note their gradients on the tape.
package enum Recording {
  @TaskLocal package static var isEnabled = true
}

/// Runs code without noting gradients: evaluation, prediction, metrics. What it returns is constant.
public func withoutGradient<Result>(_ body: () throws -> Result) rethrows -> Result {
  try Recording.$isEnabled.withValue(false, operation: body)
}
