import Foundation

/// A piece of JSON as a value: what descriptions in files are made of.
public indirect enum JSON: Hashable, Sendable {
  case null
  case bool(Bool)
  case number(Double)
  case text(String)
  case list([JSON])
  case object([String: JSON])

  /// How deep lists and objects may stand in one another. No description needs more, and a reader that follows them cannot run out
  /// of stack.
  public static let deepest = 128

  /// The value that a text stands for.
  ///
  /// - Throws: `JSONError` for what is no JSON, or too deep.
  public init(parsing text: String) throws {
    guard Self.depth(of: text.utf8) <= Self.deepest else {
      throw JSONError(reason: "it is nested deeper than \(Self.deepest) levels")
    }
    do {
      self = try JSONDecoder().decode(JSON.self, from: Data(text.utf8))
    } catch let DecodingError.dataCorrupted(context) {
      let detail = (context.underlyingError as NSError?)?.userInfo[NSDebugDescriptionErrorKey] as? String
      throw JSONError(reason: detail ?? context.debugDescription)
    } catch {
      throw JSONError(reason: "\(error)")
    }
  }

  /// The value as text; the same value gives the same text. Numbers that are none are written as texts.
  public var encoded: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Every case below can be encoded, so there is always a text.
    return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
  }

  private static func depth(of text: String.UTF8View) -> Int {
    var (depth, deepest, isInText, isEscaped) = (0, 0, false, false)
    for byte in text {
      if isInText {
        if !isEscaped, byte == UInt8(ascii: "\"") { isInText = false }
        isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isInText = true
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        depth += 1
        deepest = max(deepest, depth)
      case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      default: break
      }
    }
    return deepest
  }
}

/// Why a text is no JSON that can be used.
public struct JSONError: Error, Hashable, CustomStringConvertible {
  /// What is wrong.
  public let reason: String

  /// The reason.
  public var description: String { reason }
}

extension JSON: Codable {
  /// Any value that JSON has.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else if let value = try? container.decode([JSON].self) {
      self = .list(value)
    } else {
      self = .object(try container.decode([String: JSON].self))
    }
  }

  /// The value as JSON has it.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .number(let value):
      if let whole = Int(exactly: value), whole.magnitude < 1 << 53 {
        try container.encode(whole)
      } else if value.isFinite {
        try container.encode(value)
      } else {
        try container.encode("\(value)")
      }
    case .text(let value): try container.encode(value)
    case .list(let values): try container.encode(values)
    case .object(let members): try container.encode(members)
    }
  }
}

// Written as literals, and looked into.
extension JSON: ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
  /// A text.
  public init(stringLiteral value: String) { self = .text(value) }
  /// A list.
  public init(arrayLiteral elements: JSON...) { self = .list(elements) }
  /// An object; of doubled names the first counts.
  public init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(Dictionary(elements) { first, _ in first })
  }

  /// A member of an object; `nil` where there is none, or no object.
  public subscript(name: String) -> JSON? { if case .object(let members) = self { members[name] } else { nil } }
}

/// Something that descriptions hold: a number, a name, a size.
public protocol JSONConvertible {
  /// The value as JSON.
  var json: JSON { get }
  /// The value that a piece of JSON stands for; `nil` where it stands for none.
  init?(json: JSON)
}

extension JSON: JSONConvertible {
  /// Itself.
  public var json: JSON { self }
  /// Itself.
  public init?(json: JSON) { self = json }
}

extension Bool: JSONConvertible {
  /// True or false.
  public var json: JSON { .bool(self) }
  /// True or false.
  public init?(json: JSON) {
    guard case .bool(let value) = json else { return nil }
    self = value
  }
}

extension Int: JSONConvertible {
  /// A whole number.
  public var json: JSON { .number(Double(self)) }
  /// A whole number that a double holds exactly.
  public init?(json: JSON) {
    guard case .number(let value) = json, value.magnitude < 0x1p53, let whole = Int(exactly: value) else { return nil }
    self = whole
  }
}

extension Double: JSONConvertible {
  /// The number.
  public var json: JSON { .number(self) }
  /// The number; `inf`, `-inf` and `nan` are texts.
  public init?(json: JSON) {
    switch json {
    case .number(let value): self = value
    case .text("inf"): self = .infinity
    case .text("-inf"): self = -.infinity
    case .text("nan"): self = .nan
    default: return nil
    }
  }
}

extension Float: JSONConvertible {
  /// The number with as few digits as tell it from its neighbours.
  public var json: JSON {
    guard isFinite, let short = Double("\(self)"), Float(short) == self else { return .number(Double(self)) }
    return .number(short)
  }
  /// The nearest number.
  public init?(json: JSON) {
    guard let value = Double(json: json) else { return nil }
    self = Float(value)
  }
}

extension String: JSONConvertible {
  /// The text.
  public var json: JSON { .text(self) }
  /// The text.
  public init?(json: JSON) {
    guard case .text(let value) = json else { return nil }
    self = value
  }
}

extension Array: JSONConvertible where Element: JSONConvertible {
  /// The elements in order.
  public var json: JSON { .list(map(\.json)) }
  /// The elements, all of which have to be what they should.
  public init?(json: JSON) {
    guard case .list(let values) = json else { return nil }
    let elements = values.compactMap { Element(json: $0) }
    guard elements.count == values.count else { return nil }
    self = elements
  }
}

extension Dictionary: JSONConvertible where Key == String, Value: JSONConvertible {
  /// The members.
  public var json: JSON { .object(mapValues(\.json)) }
  /// The members, all of which have to be what they should.
  public init?(json: JSON) {
    guard case .object(let members) = json else { return nil }
    let values = members.compactMapValues { Value(json: $0) }
    guard values.count == members.count else { return nil }
    self = values
  }
}
