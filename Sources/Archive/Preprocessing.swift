import Foundation
import MartletData
import MartletInterchange

/// How what people have becomes what a model takes.
public enum Preprocessing: Equatable, Sendable {
  /// Numbers, by these names, as they are.
  case numbers([String])
  /// A grey picture of one digit (or another thing drawn like one): cut out, centred and scaled as MNIST's are, light on dark, from 0 to 1.
  case digit
  /// A picture in colours, scaled to the size of a sample, from 0 to 1.
  case picture
  /// Rows of a table with these columns.
  case table(TablePreparation)
  /// A text as the codes of its words or characters, filled up with 0 or cut off at the length of a sample.
  case text(Vocabulary)
}

extension Preprocessing {
  /// The preparation as an object with one member, which is called as the case is.
  func json() throws -> JSON {
    func data(_ value: some Encodable) throws -> JSON {
      let encoder = JSONEncoder()
      encoder.nonConformingFloatEncodingStrategy = .convertToString(
        positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
      return try JSON(parsing: String(decoding: try encoder.encode(value), as: UTF8.self))
    }
    return switch self {
    case .numbers(let names): ["numbers": names.json]
    case .digit: ["digit": [:]]
    case .picture: ["picture": [:]]
    case .table(let preparation): ["table": try data(preparation)]
    case .text(let vocabulary): ["text": try data(vocabulary)]
    }
  }

  init(json: JSON) throws {
    func value<Value: Decodable>(_ json: JSON) throws -> Value {
      do {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
          positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return try decoder.decode(Value.self, from: Data(json.encoded.utf8))
      } catch {
        throw ArchiveError("how its samples are prepared cannot be read: \(json.encoded.prefix(80))")
      }
    }
    guard case .object(let members) = json, members.count == 1, let (name, content) = members.first else {
      throw ArchiveError("how its samples are prepared cannot be read: \(json.encoded.prefix(80))")
    }
    switch name {
    case "numbers": self = .numbers(try value(content))
    case "digit": self = .digit
    case "picture": self = .picture
    case "table": self = .table(try value(content))
    case "text": self = .text(try value(content))
    default: throw ArchiveError("samples are prepared by '\(name)', which this version does not know")
    }
  }
}
