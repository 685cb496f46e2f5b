import MartletLayers
import MartletTensor

/// A network as a picture: the input and every layer as a column, units as circles where they stand in a row, maps as stacked
/// squares, and between dense layers every connection with its weight.
///
/// A value that knows what is drawn; `svg` and `terminalPicture` draw it.
public struct NetworkDrawing: Sendable {
  /// One column.
  struct Column: Sendable {
    /// `dense`, or `input`.
    let title: String
    /// The activation, where there is one.
    let activation: String
    /// The shape of one sample behind the layer.
    let shape: [Int]
    let parameterCount: Int

    /// `26×26×32`.
    var shapeText: String { shape.isEmpty ? "1" : shape.map(String.init).joined(separator: "×") }

    /// Which units are drawn; `nil` stands for those left out. Only for vectors.
    func units(limit: Int) -> [Int?]? {
      guard shape.count == 1 else { return nil }
      if shape[0] <= limit { return Array(0..<shape[0]) }
      let tail = 2
      return Array(0..<limit - tail - 1) + [nil] + Array(shape[0] - tail..<shape[0])
    }
  }

  /// What joins a column with the next one.
  enum Connection: Sendable {
    /// Every unit with every unit; `[units before][units]`.
    case dense(weights: [Float], units: Int)
    case other
    /// The next column takes nothing from this one.
    case none
  }

  /// A connection that passes over columns, in graphs.
  struct Skip: Hashable, Sendable {
    let from: Int
    let to: Int
  }

  let columns: [Column]
  /// One fewer than columns.
  let connections: [Connection]
  let skips: [Skip]
  let parameterCount: Int

  /// Looks at a graph: its inputs, then its layers in the order they run.
  ///
  /// - Throws: `BackendError` when a weight cannot be read.
  public init(of graph: Model) throws {
    let steps = graph.graphSteps
    var columns = zip(graph.inputTitles, graph.inputShapes).map {
      Column(title: $0, activation: "", shape: Array($1), parameterCount: 0)
    }
    var connections = [Connection](repeating: .none, count: columns.count - 1)
    var skips: [Skip] = []
    for (step, name) in zip(steps, graph.stepNames) {
      let own = columns.count
      let content = PlacedLayer(name: name, content: step.content)
      skips += step.operands.filter { $0 != own - 1 }.map { Skip(from: $0, to: own) }
      if !step.operands.contains(own - 1) {
        connections.append(.none)
      } else if let dense = content.layer as? Dense, columns[own - 1].shape.count == 1 {
        connections.append(.dense(weights: try dense.kernel.value.detached.floats(), units: dense.units))
      } else {
        connections.append(.other)
      }
      columns.append(
        Column(
          title: name, activation: content.layer.map(Self.activation) ?? "", shape: Array(step.outputShape),
          parameterCount: content.parameters.reduce(0) { $0 + $1.parameter.elementCount }))
    }
    (self.columns, self.connections, self.skips) = (columns, connections, skips)
    parameterCount = graph.parameterCount
  }

  private static func activation(of layer: any Layer) -> String {
    layer.unitActivation.map { $0 == .linear ? "" : $0.label } ?? ""
  }

  /// Looks at a list of layers.
  ///
  /// - Throws: `BackendError` when a weight cannot be read.
  /// - Precondition: the model was made for an input shape.
  public init(of model: Sequential) throws {
    guard let input = model.inputShape else {
      preconditionFailure("NetworkDrawing: a block without an input shape has no shapes to draw")
    }
    let names = SummaryNames.names(of: model.layers)
    var columns = [Column(title: "input", activation: "", shape: Array(input), parameterCount: 0)]
    var connections: [Connection] = []
    for (index, layer) in model.layers.enumerated() {
      columns.append(
        Column(
          title: names[index], activation: Self.activation(of: layer),
          shape: Array(model.outputShapes[index]), parameterCount: layer.parameterCount))
      if let dense = layer as? Dense, columns[index].shape.count == 1 {
        connections.append(.dense(weights: try dense.kernel.value.detached.floats(), units: dense.units))
      } else {
        connections.append(.other)
      }
    }
    (self.columns, self.connections, skips, parameterCount) = (columns, connections, [], model.parameterCount)
  }
}
