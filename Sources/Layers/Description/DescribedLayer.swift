import MartletAutograd
import MartletBackend
import MartletInterchange

/// A layer that can be written down, by the name of its type and its settings, and made again from that: a part of a model that is
/// archived. Weights are no part of a description.
///
/// Every layer here is one, but for `Lambda`, whose function cannot be written down. A layer of your own becomes one by two functions,
/// and by naming its type to whoever reads:
///
///     extension Scaled: DescribedLayer {
///       func describe(into description: inout LayerDescription) throws { description.put("factor", factor) }
///       init(described description: LayerDescription) throws {
///         self.init(try description.value("factor"), name: description.name)
///       }
///     }
///     let archive = try Archive.load(url, layers: [Scaled.self])
public protocol DescribedLayer: Sendable {
  /// What the type is called in files; by default its Swift name. A name in files stays, whatever happens to the type.
  static var describedType: String { get }

  /// What the layer is called in paths and summaries.
  var name: String? { get }

  /// Notes the settings from which the layer can be made again.
  ///
  /// - Throws: `DescriptionError` where that is not possible.
  func describe(into description: inout LayerDescription) throws

  /// Makes the layer again, without weights.
  ///
  /// - Throws: `DescriptionError` where a setting is missing or cannot be, so that no file can break a precondition.
  init(described description: LayerDescription) throws
}

extension DescribedLayer {
  /// The Swift name of the type.
  public static var describedType: String { String(describing: Self.self) }
}

/// Why a layer cannot be written down, or not be made from what is written.
public struct DescriptionError: Error, Hashable, CustomStringConvertible {
  /// The names of the layers around it, and its own, with its type.
  public let layer: String
  /// What is wrong.
  public let reason: String

  /// Layer and reason in one sentence.
  public var description: String { "layer \(layer): \(reason)" }
}

/// The type, name and settings of a layer.
public struct LayerDescription: Sendable {
  /// What the type is called in files.
  public let type: String
  /// What the layer is called, where it was given a name.
  public let name: String?
  private(set) var settings: [String: JSON]
  /// Where the layer stands among others, for messages.
  private let path: String
  private let types: [String: any DescribedLayer.Type]
  /// The types of the layers within, as far as they were noted here.
  private(set) var found: [any DescribedLayer.Type] = []

  init(of type: String, name: String?, at path: String) {
    (self.type, self.name, self.path) = (type, name, path)
    (settings, types) = ([:], [:])
  }

  private init(_ json: JSON, at path: String, types: [String: any DescribedLayer.Type]) throws {
    guard case .object(let members) = json, case .text(let type)? = members["type"] else {
      throw DescriptionError(layer: "'\(path)'", reason: "its description has no type")
    }
    self.type = type
    name = members["name"].flatMap(String.init(json:))
    settings = members
    self.path = path
    self.types = types
  }

  /// The error that the layer cannot be, for a reason.
  public func fault(_ reason: String) -> DescriptionError {
    DescriptionError(layer: path.isEmpty ? type : "'\(path)' (\(type))", reason: reason)
  }
}

// Writing.
extension LayerDescription {
  /// Notes a setting.
  public mutating func put(_ key: String, _ value: some JSONConvertible) { settings[key] = value.json }

  /// Notes a layer within.
  ///
  /// - Throws: `DescriptionError` naming a layer that cannot be written down.
  public mutating func put(_ key: String, layer: any Sendable) throws {
    settings[key] = try json(of: layer, at: key)
  }

  /// Notes layers within, under the names they have in paths.
  mutating func put(_ key: String, layers: [(name: String, part: any Sendable)]) throws {
    settings[key] = .list(try layers.map { try json(of: $0.part, at: $0.name) })
  }

  /// The description of a layer within, for a list of the layer's own.
  mutating func json(of layer: any Sendable, at name: String) throws -> JSON {
    let (json, types) = try Self.json(of: layer, at: Self.joined(path, name))
    found += types
    return json
  }

  /// The description of a layer, and the types that occur in it.
  static func json(
    of layer: any Sendable, at path: String
  ) throws -> (json: JSON, types: [any DescribedLayer.Type]) {
    guard let described = layer as? any DescribedLayer else {
      let type = String(describing: Swift.type(of: layer))
      let reason =
        layer is Lambda
        ? "a function cannot be written to a file; use a layer that can, such as Rescaling, Activation or Reshape, or make the "
          + "function a layer of your own that is a DescribedLayer"
        : "its type is no DescribedLayer, so it cannot be written to a file"
      throw DescriptionError(layer: path.isEmpty ? type : "'\(path)' (\(type))", reason: reason)
    }
    var description = LayerDescription(of: Swift.type(of: described).describedType, name: described.name, at: path)
    try described.describe(into: &description)
    var members = description.settings
    members["type"] = description.type.json
    members["name"] = description.name?.json
    return (.object(members), description.found + [Swift.type(of: described)])
  }

  private static func joined(_ path: String, _ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
}

// Reading.
extension LayerDescription {
  /// A setting.
  ///
  /// - Parameter standard: What counts where there is none; without it there has to be one.
  /// - Throws: `DescriptionError` where it is missing or something else.
  public func value<Value: JSONConvertible>(_ key: String, default standard: Value? = nil) throws -> Value {
    guard let json = settings[key] else {
      guard let standard else { throw fault("it lacks the setting '\(key)'") }
      return standard
    }
    guard let value = Value(json: json) else {
      throw fault("its setting '\(key)' cannot be \(json.encoded.prefix(80))")
    }
    return value
  }

  /// A setting that may be missing.
  public func optional<Value: JSONConvertible>(_ key: String) throws -> Value? {
    guard settings[key] != nil else { return nil }
    let value: Value = try value(key)
    return value
  }

  /// A number of things: 1 or more.
  public func count(_ key: String) throws -> Int {
    let value: Int = try value(key)
    // Far above any layer, and low enough that products of two can be counted.
    try require((1...1 << 28).contains(value), "its setting '\(key)' cannot be \(value)")
    return value
  }

  /// A height and a width of 1 or more.
  func extent(_ key: String) throws -> Extent2D {
    let value: Extent2D = try value(key)
    try require(
      (1...1 << 28).contains(value.height) && (1...1 << 28).contains(value.width),
      "its setting '\(key)' cannot be \(value)")
    return value
  }

  /// Refuses the description where a rule is broken.
  public func require(_ condition: Bool, _ reason: @autoclosure () -> String) throws {
    if !condition { throw fault(reason()) }
  }

  /// A layer within.
  public func layer(_ key: String) throws -> any Layer {
    guard let json = settings[key] else { throw fault("it lacks the layer '\(key)'") }
    return try Self.layer(json, at: Self.joined(path, key), types: types)
  }

  /// A layer within that may be missing.
  public func optionalLayer(_ key: String) throws -> (any Layer)? { settings[key] == nil ? nil : try layer(key) }

  /// Layers within.
  func layers(_ key: String) throws -> [any Layer] {
    let list: [JSON] = try value(key)
    return try list.enumerated().map { index, json in
      let name = json["name"].flatMap(String.init(json:)) ?? String(index)
      return try Self.layer(json, at: Self.joined(path, name), types: types)
    }
  }

  /// A part of a graph: a layer, or one that combines.
  func part(_ json: JSON, at name: String) throws -> any DescribedLayer {
    try Self.part(json, at: Self.joined(path, name), types: types)
  }

  static func layer(_ json: JSON, at path: String, types: [String: any DescribedLayer.Type]) throws -> any Layer {
    let part = try part(json, at: path, types: types)
    guard let layer = part as? any Layer else {
      throw DescriptionError(
        layer: "'\(path)' (\(Swift.type(of: part).describedType))",
        reason: "it combines several tensors where one is given")
    }
    return layer
  }

  private static func part(
    _ json: JSON, at path: String, types: [String: any DescribedLayer.Type]
  ) throws -> any DescribedLayer {
    let description = try LayerDescription(json, at: path, types: types)
    guard let type = types[description.type] else {
      throw description.fault("there is no layer of this type here")
    }
    return try type.init(described: description)
  }
}
