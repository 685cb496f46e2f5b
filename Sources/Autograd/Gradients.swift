import MartletBackend
import MartletTensor

/// The gradients of a scalar for the leaves it was computed from, as a value: nothing to zero, nothing left behind.
public struct Gradients: Sendable {
  // Identities stay valid only while the nodes live, so these are kept too.
  private var entries: [ObjectIdentifier: (node: TapeNode, gradient: Tensor)] = [:]

  /// No gradients.
  public init() {}

  /// The gradient for a leaf (`Tensor.requiringGradient()`); `nil` where it had no influence.
  public subscript(leaf: Tensor) -> Tensor? {
    guard let node = leaf.node else { return nil }
    return self[node]
  }

  package subscript(node: TapeNode) -> Tensor? {
    get { entries[ObjectIdentifier(node)]?.gradient }
    set { entries[ObjectIdentifier(node)] = newValue.map { (node, $0) } }
  }

  /// Adds the gradients of another scalar, leaf by leaf: those of the sum of both.
  public mutating func add(_ other: Gradients) {
    for (id, entry) in other.entries {
      let sum = entries[id].map { mine in withoutGradient { mine.gradient + entry.gradient } }
      entries[id] = (entry.node, sum ?? entry.gradient)
    }
  }

  /// How many leaves have a gradient.
  public var count: Int { entries.count }
}

extension Tensor {
  /// The gradients `∂self/∂leaf` of every leaf this tensor was computed from.
  ///
  /// - Parameters:
  ///   - upstream: Weights for the elements of this tensor, of its shape; without it the tensor has to be a single element.
  ///   - retainingGraph: Keep the tape, to go backwards once more. Otherwise its memory is freed on the way.
  ///   - differentiable: Note the computation of the gradients on the tape too, for second and higher derivatives; keeps the
  ///     tape.
  /// - Precondition: the tape has not been given up by an earlier call.
  public func gradients(
    upstream: Tensor? = nil, retainingGraph: Bool = false, differentiable: Bool = false
  ) -> Gradients {
    require(
      upstream != nil || elementCount == 1,
      "gradients: of a tensor of shape \(shape), not one element; reduce it with sum() or mean(), or give an upstream")
    if let upstream {
      require(
        upstream.shape == shape, "gradients: the upstream has shape \(upstream.shape), the tensor \(shape)")
    }
    guard let root = node else { return Gradients() }
    let seed = upstream ?? UnitSeed.tensor(like: self)
    var walk = BackwardWalk(keepsTape: retainingGraph || differentiable, isDifferentiable: differentiable)
    return Recording.$isEnabled.withValue(differentiable) { walk.run(from: root, upstream: seed) }
  }

  /// The gradients for some nodes only, leaves or not. Nothing older than the oldest of them is visited or given up.
  func gradients(upstream: Tensor, at targets: [TapeNode], differentiable: Bool) -> Gradients {
    guard let root = node, let oldest = targets.map(\.sequence).min() else { return Gradients() }
    var walk = BackwardWalk(
      keepsTape: differentiable, isDifferentiable: differentiable, targets: targets, oldest: oldest)
    return Recording.$isEnabled.withValue(differentiable) { walk.run(from: root, upstream: upstream) }
  }
}

/// The 1 that going backwards begins with, made once and not in every step. Each thread keeps its own, so that threads that train
/// on different devices do not take it from each other. A class because the thread refers to it.
private final class UnitSeed {
  private static let seeds = ThreadLocal { UnitSeed() }
  // One device's only: what is kept keeps its device.
  private var latest: Tensor?

  /// A single 1 of the shape and on the device of a tensor of one element.
  static func tensor(like tensor: Tensor) -> Tensor {
    let seed = seeds.current
    let one =
      seed.latest.flatMap { $0.backend === tensor.backend ? $0 : nil }
      ?? Tensor(filling: [], with: 1, on: tensor.device)
    seed.latest = one
    return one.viewed(as: Layout(contiguous: tensor.shape))
  }
}

/// Visits the tape from a result to its leaves, later nodes before earlier ones, adding up what reaches each node in that order.
private struct BackwardWalk {
  private let keepsTape: Bool
  private let isDifferentiable: Bool
  private let targets: Set<ObjectIdentifier>
  private let oldest: UInt64
  private var pending: [ObjectIdentifier: Tensor] = [:]
  private var queue = NodeQueue()

  private static let addition = ElementwiseProgram(inputs: [.float32, .float32]) { x, _ in [x[0] + x[1]] }

  init(keepsTape: Bool, isDifferentiable: Bool, targets: [TapeNode] = [], oldest: UInt64 = 0) {
    self.keepsTape = keepsTape
    self.isDifferentiable = isDifferentiable
    self.targets = Set(targets.map(ObjectIdentifier.init))
    self.oldest = oldest
  }

  mutating func run(from root: TapeNode, upstream: Tensor) -> Gradients {
    var gradients = Gradients()
    receive(upstream, at: root)
    while let node = queue.popLatest() {
      guard let upstream = pending.removeValue(forKey: ObjectIdentifier(node)) else { continue }
      if node.isLeaf || targets.contains(ObjectIdentifier(node)) {
        gradients[node] = upstream
        continue
      }
      guard let record = keepsTape ? node.currentRecord() : node.takeRecord() else {
        fatalError(
          "gradients: the tape behind \(node.operation ?? "a leaf") was given up by an earlier call; "
            + "pass retainingGraph: true there")
      }
      if let recomputation = record.recomputation, record.edges.isEmpty || isDifferentiable {
        let again = Recording.$isEnabled.withValue(true, operation: recomputation)
        if let node = again.node, node.sequence >= oldest { receive(upstream, at: node) }
        continue
      }
      var output = record.output
      if isDifferentiable { output?.node = node }
      for edge in record.edges where edge.source.sequence >= oldest {
        receive(edge.gradient(upstream, output), at: edge.source)
      }
    }
    return gradients
  }

  private mutating func receive(_ gradient: Tensor, at node: TapeNode) {
    let key = ObjectIdentifier(node)
    if var sum = pending.removeValue(forKey: key) {
      // In place where nobody else holds the sum so far; recorded where it has to be differentiable.
      if isDifferentiable {
        sum = sum + gradient
      } else {
        Tensor.update(&sum, with: Self.addition, inputs: [gradient])
      }
      pending[key] = sum
    } else {
      pending[key] = gradient
      queue.insert(node)
    }
  }
}

/// A binary heap of nodes, the latest on top.
private struct NodeQueue {
  private var heap: [TapeNode] = []

  mutating func insert(_ node: TapeNode) {
    heap.append(node)
    var child = heap.count - 1
    while child > 0, heap[(child - 1) / 2].sequence < heap[child].sequence {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func popLatest() -> TapeNode? {
    guard let last = heap.popLast() else { return nil }
    guard let latest = heap.first else { return last }
    heap[0] = last
    var parent = 0
    while true {
      var largest = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < heap.count && heap[child].sequence > heap[largest].sequence {
        largest = child
      }
      if largest == parent { return latest }
      heap.swapAt(parent, largest)
      parent = largest
    }
  }
}
