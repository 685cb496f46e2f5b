import Foundation

/// Models in the file format that other frameworks and runtimes share: written from models of Martlet, and read into models that
/// run and learn here.
///
///     try ONNX.export(model, to: URL(filePath: "digits.onnx"))
///     let model = try ONNX.load(URL(filePath: "digits.onnx"))
///
/// - Source: the ONNX specification, onnx.ai; the field numbers of its file format.
public enum ONNX {
  /// The version of the operator set that exported models use.
  public static let operatorSet = 17
  /// The version of the file format that goes with it.
  static let formatVersion = 8
  /// Who made the file, as it says itself.
  static let producer = "Martlet"
  static let producerVersion = "0.1.0"
}

/// Why a model cannot be written as ONNX, or an ONNX file cannot be read or run.
public enum ONNXError: Error, Hashable, CustomStringConvertible {
  /// A layer has no counterpart among ONNX's operators.
  case cannotExport(layer: String, type: String, reason: String)
  /// A layer that was not built for an input needs its shape.
  case inputShapeNeeded
  /// Names given for inputs, outputs or classes do not fit the model.
  case namesDoNotFit(String)
  /// The bytes are no ONNX model.
  case notAModel(reason: String)
  /// The graph, one of its arrays or one of its nodes is damaged or contradicts itself.
  case malformed(place: String, reason: String)
  /// Operators that are not supported, each with the names of the nodes that use it.
  case unsupportedOperators([Unsupported])
  /// A node cannot do its work with what it is given.
  case cannotRun(node: String, operation: String, reason: String)
  /// The inputs do not fit the model.
  case inputsDoNotFit(String)

  /// An operator that is not supported.
  public struct Unsupported: Hashable, Sendable {
    /// Its name, with its domain where that is not ONNX's own.
    public let operation: String
    /// The nodes that use it.
    public let nodes: [String]
  }

  /// What is wrong, where, and what to do.
  public var description: String {
    switch self {
    case .cannotExport(let layer, let type, let reason):
      "layer '\(layer)' (\(type)) cannot be exported to ONNX: \(reason)"
    case .inputShapeNeeded:
      "the layer was not made for an input; pass inputShape, the shape of one sample"
    case .namesDoNotFit(let reason):
      "ONNX export: \(reason)"
    case .notAModel(let reason):
      "no ONNX model: \(reason)"
    case .malformed(let place, let reason):
      "damaged ONNX model: \(place): \(reason)"
    case .unsupportedOperators(let operators):
      "the model uses operators that Martlet does not support:\n"
        + operators.map { unsupported in
          let shown = unsupported.nodes.prefix(3).map { "'\($0)'" }.joined(separator: ", ")
          let more = unsupported.nodes.count > 3 ? " and \(unsupported.nodes.count - 3) more" : ""
          return "  \(unsupported.operation), used by \(shown)\(more)"
        }.joined(separator: "\n")
        + "\nDocs/ONNX.md lists those there are; often exporting with another version of the operator set avoids the others"
    case .cannotRun(let node, let operation, let reason):
      "node '\(node)' (\(operation)): \(reason)"
    case .inputsDoNotFit(let reason):
      "the inputs do not fit the model: \(reason)"
    }
  }
}
