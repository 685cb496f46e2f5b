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
  }

  let columns: [Column]
  /// One fewer than columns.
  let connections: [Connection]
  let parameterCount: Int

  /// Looks at a model.
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
      let activation = layer.unitActivation
      columns.append(
        Column(
          title: names[index], activation: activation.map { $0 == .linear ? "" : $0.label } ?? "",
          shape: Array(model.outputShapes[index]), parameterCount: layer.parameterCount))
      if let dense = layer as? Dense, columns[index].shape.count == 1 {
        connections.append(.dense(weights: try dense.kernel.value.detached.floats(), units: dense.units))
      } else {
        connections.append(.other)
      }
    }
    (self.columns, self.connections, parameterCount) = (columns, connections, model.parameterCount)
  }
}
