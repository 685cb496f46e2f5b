import Foundation
import MartletBackend

extension ONNX {
  /// What flows along an edge of a graph that is being written: a batch of samples.
  public struct Value: Hashable, Sendable {
    /// In which order the axes of the exported array stand.
    enum Order: Hashable, Sendable {
      /// As in Martlet: channels last.
      case channelsLast
      /// As ONNX's convolutions want it: channels first, after the batch.
      case channelsFirst
    }

    /// Its name in the graph.
    public let name: String
    /// The shape of one sample in Martlet's order of axes, without the batch.
    public let shape: Shape
    /// The type of the elements.
    public let elements: Elements
    let order: Order

    init(name: String, shape: Shape, elements: Elements = .float32, order: Order = .channelsLast) {
      self.name = name
      self.shape = shape
      self.elements = elements
      self.order = order
    }
  }

  /// Types of elements, with the numbers that files use for them.
  public enum Elements: Int, Hashable, Sendable {
    case float32 = 1
    case int32 = 6
    case int64 = 7
    case bool = 9
  }

  /// A setting of an operator.
  public enum Attribute: Hashable, Sendable, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByStringLiteral, ExpressibleByArrayLiteral
  {
    case int(Int)
    case float(Float)
    case string(String)
    case ints([Int])
    case floats([Float])
    case strings([String])
    case graph(Subgraph)

    /// A whole number.
    public init(integerLiteral value: Int) { self = .int(value) }
    /// A number.
    public init(floatLiteral value: Float) { self = .float(value) }
    /// A text.
    public init(stringLiteral value: String) { self = .string(value) }
    /// Several whole numbers.
    public init(arrayLiteral elements: Int...) { self = .ints(elements) }
  }

  /// A graph inside an operator, such as the body of a loop; made by `GraphBuilder.subgraph`.
  public struct Subgraph: Hashable, Sendable {
    let graph: ONNXGraphProto
  }
}

extension ONNXAttributeProto {
  init(_ name: String, _ attribute: ONNX.Attribute) {
    self.init()
    self.name = name
    switch attribute {
    case .int(let value): (i, type) = (Int64(value), .int)
    case .float(let value): (f, type) = (value, .float)
    case .string(let value): (s, type) = (Data(value.utf8), .string)
    case .ints(let values): (ints, type) = (values.map { Int64($0) }, .ints)
    case .floats(let values): (floats, type) = (values, .floats)
    case .strings(let values): (strings, type) = (values.map { Data($0.utf8) }, .strings)
    case .graph(let value): (g, type) = (value.graph, .graph)
    }
  }
}
