import Foundation

/// Why a run cannot be stored, read or shown.
public struct RunError: Error, Equatable, CustomStringConvertible {
  /// The file or folder.
  public let path: String
  /// What is wrong with it, and what to do.
  public let reason: String

  init(_ path: String, _ reason: String) { (self.path, self.reason) = (path, reason) }

  /// Which file, and what is wrong with it.
  public var description: String { "\(path): \(reason)" }

  /// What a decoder complains about, in words.
  static func reason(_ error: any Error) -> String {
    func place(_ context: DecodingError.Context) -> String {
      let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
      return path.isEmpty ? "" : " at \(path)"
    }
    return switch error {
    case DecodingError.keyNotFound(let key, let context): "it lacks '\(key.stringValue)'\(place(context))"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      "something else was expected\(place(context))"
    case DecodingError.dataCorrupted(let context) where context.debugDescription.contains("valid JSON"):
      "it is not JSON, or cut off"
    case DecodingError.dataCorrupted(let context): "\(context.debugDescription)\(place(context))"
    default: "\(error)"
    }
  }
}

extension JSONDecoder {
  /// As runs are written.
  package static var ofRuns: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return decoder
  }
}

extension JSONEncoder {
  /// As runs are read.
  static var ofRuns: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return encoder
  }
}
