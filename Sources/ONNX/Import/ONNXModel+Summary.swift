import MartletBackend
import MartletLayers

extension ONNXModel {
  /// A table of what it takes, of the nodes that work on tensors, with the shapes of their results and the numbers of their parameters, and of
  /// the totals. Nodes that only compute shapes are left out.
  ///
  /// - Parameter lineLength: The width of the table; see `Sequential.summary`.
  public func summary(lineLength: Int = 76) -> String {
    let rows = inputs.map { ["\($0.name) (Input)", Self.text($0.shape), "0"] } + nodeRows
    return SummaryText.text(
      title: file.graph.name.isEmpty ? "onnx" : file.graph.name,
      table: SummaryTable(lineLength: lineLength, header: ["Node (operator)", "Output Shape", "Param #"], rows: rows),
      parameters: parameters)
  }

  /// What to say of it beside the table: where it comes from.
  package var origin: String {
    "ONNX, operator set \(operatorSet)" + (producer.isEmpty ? "" : ", written by \(producer)")
  }

  private var nodeRows: [[String]] {
    let shapes = tracedShapes()
    var counted: Set<ObjectIdentifier> = []
    return graph.nodes.enumerated().compactMap { index, node in
      guard node.operation != "Constant", shapes.isEmpty || shapes[index] != nil else { return nil }
      let own = graph.parameters(of: node).filter { counted.insert(ObjectIdentifier($0)).inserted }
      let count = own.reduce(0) { $0 + $1.elementCount }
      // The batch is the first axis of what is traced, as of what flows later.
      let shape = shapes[index].map { Self.text([nil] + $0.dropFirst().map { $0 }) } ?? "?"
      return ["\(node.name) (\(node.operation))", shape, SummaryText.grouped(count)]
    }
  }

  private static func text(_ shape: [Int?]?) -> String {
    guard let shape else { return "?" }
    return "(" + shape.enumerated().map { $0 == 0 ? "None" : $1.map(String.init) ?? "?" }.joined(separator: ", ")
      + (shape.count == 1 ? ",)" : ")")
  }
}

extension ONNXModel {
  /// How many nodes there are of each operator.
  public var operationCounts: [String: Int] {
    graph.nodes.reduce(into: [:]) { counts, node in counts[node.operation, default: 0] += 1 }
  }

  /// The operator that makes the first output, whatever only changes its form or type behind it left out.
  package var lastOperation: String {
    var name = file.graph.output.first?.name ?? ""
    var operation = ""
    for node in file.graph.node.reversed() where node.output.contains(name) {
      operation = node.opType
      guard ["Identity", "Cast", "Reshape", "Flatten", "Squeeze", "Unsqueeze"].contains(operation),
        let source = node.input.first
      else { break }
      name = source
    }
    return operation
  }
}
