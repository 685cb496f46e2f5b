import MartletBackend
import Synchronization

/// A tensor that is not there yet: an input of a model to be made, or what a layer will give. Layers called with symbols are noted
/// down, not run; see `Model`.
public struct Symbol: Sendable {
  let node: GraphNode

  /// An input of a model.
  ///
  /// - Parameters:
  ///   - shape: The shape of one sample, without the batch.
  ///   - name: What it is called in the summary.
  public static func input(_ shape: Shape, name: String? = nil) -> Symbol {
    Symbol(node: GraphNode(.input(shape, name: name)))
  }
}

extension Layer {
  /// Notes down that the layer is applied to a symbol. The same layer applied several times shares its parameters.
  public func callAsFunction(_ x: Symbol) -> Symbol { Symbol(node: GraphNode(.part(.layer(self), [x.node]))) }
}

extension CombiningLayer {
  /// Notes down that the layer is applied to symbols.
  public func callAsFunction(_ inputs: [Symbol]) -> Symbol {
    Symbol(node: GraphNode(.part(.combination(self), inputs.map(\.node))))
  }
}

/// A point of the graph: an input, or a layer with what it is applied to. A class for its identity: two layers fed by one symbol
/// refer to the same node.
final class GraphNode: Sendable {
  enum Kind: Sendable {
    case input(Shape, name: String?)
    case part(GraphPart, [GraphNode])
  }

  let kind: Kind
  /// Larger for later nodes, which therefore come after what they depend on.
  let sequence: UInt64

  private static let counter = Atomic<UInt64>(0)

  init(_ kind: Kind) {
    self.kind = kind
    sequence = Self.counter.wrappingAdd(1, ordering: .relaxed).newValue
  }

  var operands: [GraphNode] { if case .part(_, let operands) = kind { operands } else { [] } }
}

/// A layer in a graph.
package enum GraphPart: Sendable {
  case layer(any Layer)
  case combination(any CombiningLayer)
}
