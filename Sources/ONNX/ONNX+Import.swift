import Foundation
import MartletBackend
import MartletInterchange
import MartletLayers
import MartletTensor
internal import SwiftProtobuf

extension ONNX {
  /// Reads a model from an ONNX file.
  ///
  ///     let model = try ONNX.load(url)
  ///     let y = try model.run([x])[0]
  ///
  /// - Parameters:
  ///   - channelsLast: Whether images are handed in as Martlet has them, `[batch, height, width, channels]`, although the model wants the
  ///     channels first, as those of PyTorch do: inputs of four axes are then turned on the way in.
  /// - Throws: `FileError`; `ONNXError` for a damaged file, or one with operators that are not supported, all of which it names.
  public static func load(_ url: URL, channelsLast: Bool = false) throws -> ONNXModel {
    let data = try FileError.reading(url) { try Data(contentsOf: url) }
    return try model(
      of: data, folder: url.deletingLastPathComponent(), channelsLast: channelsLast, trialElements: 1 << 30)
  }

  /// Makes a model of the bytes of an ONNX file. Memory stays in proportion to them.
  ///
  /// - Throws: `ONNXError`, as `load`; arrays that lie in other files are refused.
  public static func load(_ bytes: [UInt8], channelsLast: Bool = false) throws -> ONNXModel {
    try model(of: Data(bytes), folder: nil, channelsLast: channelsLast, trialElements: 1 << 30)
  }

  /// - Parameter trialElements: How much may be computed to try the model out; see `Budget`.
  package static func model(
    of data: Data, folder: URL?, channelsLast: Bool, trialElements: Int
  ) throws -> ONNXModel {
    let file: ONNXModelProto
    do {
      file = try ONNXModelProto(serializedBytes: data)
    } catch {
      throw ONNXError.notAModel(reason: "the bytes are no message of the format (\(error))")
    }
    guard file.hasGraph, !file.opsetImport.isEmpty else {
      throw ONNXError.notAModel(reason: "there is no graph with a version of the operators in it")
    }
    guard let version = file.opsetImport.first(where: { $0.domain.isEmpty || $0.domain == "ai.onnx" })?.version,
      version >= 7
    else {
      throw ONNXError.notAModel(
        reason:
          "it is written for a version of the operator set before 7, with other rules; convert it with onnx.version_converter"
      )
    }
    var reader = GraphReader(version: Int(clamping: version), folder: folder)
    let graph = try reader.read(file.graph)
    guard reader.unsupported.isEmpty else {
      throw ONNXError.unsupportedOperators(
        reader.unsupported.sorted { $0.key < $1.key }.map { .init(operation: $0.key, nodes: $0.value) })
    }
    let model = try ONNXModel(file, graph, reader.parameters, channelsLast: channelsLast)
    return try model.triedOut(elements: trialElements)
  }
}
