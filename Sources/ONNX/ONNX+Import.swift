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
    do {
      return try model(
        of: data, folder: url.deletingLastPathComponent(), channelsLast: channelsLast, trialElements: 1 << 30)
    } catch ONNXError.notAModel(let reason) {
      throw ONNXError.notAModel(reason: "\(url.path): \(reason)")
    }
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
    let model = try ONNXModel(try file(of: data), folder: folder, numbersAreElsewhere: false)
    return try (channelsLast ? model.turned() : model).triedOut(elements: trialElements)
  }

  /// What the bytes of a file say.
  ///
  /// - Throws: `ONNXError.notAModel`.
  static func file(of data: Data) throws -> ONNXModelProto {
    do {
      return try ONNXModelProto(serializedBytes: data)
    } catch {
      throw ONNXError.notAModel(reason: "the bytes are no message of the format (\(error))")
    }
  }
}
