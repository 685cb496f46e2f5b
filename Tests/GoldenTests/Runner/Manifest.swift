import Foundation

/// `manifest.json` of a set of golden vectors, as far as a run needs it. The format is described in the set's own `README.md`.
struct Manifest: Decodable {
  /// What an operation is documented to take and give.
  struct Signature: Decodable {
    var inputs: [String]
    var outputs: [String]
    var attributes: [String]
  }

  struct Case: Decodable, Sendable {
    var name: String
    var category: String
    var op: String
    var attributes: [String: JSONValue]
    /// Name of an input or output to `category:tensor name`.
    var inputs: [String: String]
    var expected: [String: String]
    var rtol: Double
    var atol: Double
  }

  var format: Int
  var profile: String
  var ops: [String: [String: Signature]]
  var cases: [Case]
}

/// A value of an attribute.
enum JSONValue: Decodable, Hashable, Sendable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }
}
