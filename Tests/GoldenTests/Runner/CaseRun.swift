import MartletAutograd
import MartletBackend
import MartletTensor

/// One case while it runs on one device: what an entry of the registry reads its inputs and attributes from.
///
/// It remembers what was read. A case with an attribute or input that nobody looked at is not counted as passed: its definition
/// was not followed.
final class CaseRun {
  let goldenCase: Manifest.Case
  let device: Device
  private let source: GoldenSet
  /// The inputs whose gradient is asked for.
  var leaves: [String: Tensor] = [:]
  private var unreadAttributes: Set<String>
  private var unreadInputs: Set<String>

  init(_ goldenCase: Manifest.Case, of set: GoldenSet, on device: Device) throws {
    self.goldenCase = goldenCase
    source = set
    self.device = device
    unreadAttributes = Set(goldenCase.attributes.keys).subtracting(["note"])
    unreadInputs = Set(goldenCase.inputs.keys.filter { !$0.hasPrefix("cotangent") })
    for name in goldenCase.expected.keys where name.hasPrefix("grad_") {
      let input = String(name.dropFirst("grad_".count))
      leaves[input] = try tensor(try host(input)).requiringGradient()
      unreadInputs.insert(input)
    }
  }

  /// The output that a bare `cotangent` belongs to.
  var firstOutput: String { source.firstOutput(of: goldenCase) }

  /// What the definition mentions and the entry did not look at.
  var unread: [String] { (unreadAttributes.map { "attribute \($0)" } + unreadInputs.map { "input \($0)" }).sorted() }
}

// Inputs.
extension CaseRun {
  /// An input on the device; a leaf where its gradient is asked for.
  func input(_ name: String) throws -> Tensor {
    let array = try host(name)
    return try leaves[name] ?? tensor(array)
  }

  /// An input that the case may leave out.
  func optionalInput(_ name: String) throws -> Tensor? {
    goldenCase.inputs[name] == nil ? nil : try input(name)
  }

  /// The inputs `x0`, `x1`, … for the prefix `x`.
  func inputs(_ prefix: String) throws -> [Tensor] {
    try (0...).lazy.map { "\(prefix)\($0)" }.prefix { self.goldenCase.inputs[$0] != nil }.map(input)
  }

  /// An input in host memory.
  func host(_ name: String) throws -> HostArray {
    guard let reference = goldenCase.inputs[name] else { throw GoldenError.malformed("there is no input \(name)") }
    unreadInputs.remove(name)
    return try source.array(reference)
  }

  func optionalHost(_ name: String) throws -> HostArray? {
    goldenCase.inputs[name] == nil ? nil : try host(name)
  }

  func has(_ name: String) -> Bool { goldenCase.inputs[name] != nil }

  /// An array on the device.
  func tensor(_ array: HostArray) throws -> Tensor {
    array.isInteger
      ? Tensor(array.int32s, shape: Shape(array.shape), on: device)
      : Tensor(array.floats, shape: Shape(array.shape), on: device)
  }
}

// Attributes.
extension CaseRun {
  /// The attributes of the case.
  var attributes: Attributes {
    Attributes(reading: { name in
      self.unreadAttributes.remove(name)
      return self.goldenCase.attributes[name]
    })
  }
}

/// Reads attributes of a case, or of an object inside one (a layer, an optimizer, a schedule). Without a default an attribute has
/// to be there.
struct Attributes {
  private let read: (String) -> JSONValue?

  init(reading read: @escaping (String) -> JSONValue?) { self.read = read }
  init(_ object: [String: JSONValue]) { read = { object[$0] } }

  func value(_ name: String) -> JSONValue? { read(name) }

  func double(_ name: String, default fallback: Double? = nil) throws -> Double {
    switch read(name) {
    case .number(let value): return value
    case nil: return try required(name, fallback)
    case .some(let other): throw unexpected(name, other)
    }
  }

  func float(_ name: String, default fallback: Double? = nil) throws -> Float {
    Float(try double(name, default: fallback))
  }

  func int(_ name: String, default fallback: Int? = nil) throws -> Int {
    switch read(name) {
    case .number(let value) where value == value.rounded(): return Int(value)
    case nil: return try required(name, fallback)
    case .some(let other): throw unexpected(name, other)
    }
  }

  func bool(_ name: String, default fallback: Bool? = nil) throws -> Bool {
    switch read(name) {
    case .bool(let value): return value
    case nil: return try required(name, fallback)
    case .some(let other): throw unexpected(name, other)
    }
  }

  func string(_ name: String, default fallback: String? = nil) throws -> String {
    switch read(name) {
    case .string(let value): return value
    case nil: return try required(name, fallback)
    case .some(let other): throw unexpected(name, other)
    }
  }

  /// A number, or `nil` where there is null or nothing.
  func optionalDouble(_ name: String) throws -> Double? {
    switch read(name) {
    case .number(let value): return value
    case nil, .null: return nil
    case .some(let other): throw unexpected(name, other)
    }
  }

  /// A whole number, or `nil` where there is null or nothing.
  func optionalInt(_ name: String) throws -> Int? { try optionalDouble(name).map { Int($0) } }

  /// A list of whole numbers; a single one counts as a list of one.
  func ints(_ name: String, default fallback: [Int]? = nil) throws -> [Int] {
    switch read(name) {
    case nil: return try required(name, fallback)
    case .some(let value): return try list(name, value).map { Int($0) }
    }
  }

  /// A list of whole numbers, or `nil` where there is null or nothing.
  func optionalInts(_ name: String) throws -> [Int]? {
    switch read(name) {
    case nil, .null: return nil
    case .some(let value): return try list(name, value).map { Int($0) }
    }
  }

  func doubles(_ name: String) throws -> [Double] {
    guard let value = read(name) else { return try required(name, nil) }
    return try list(name, value)
  }

  /// A list whose entries are whole numbers or null.
  func intsOrNull(_ name: String) throws -> [Int?] {
    guard case .array(let items) = read(name) else { return try required(name, nil) }
    return try items.map { item in
      switch item {
      case .null: return nil
      case .number(let value): return Int(value)
      default: throw unexpected(name, item)
      }
    }
  }

  /// A list of pairs of whole numbers.
  func pairs(_ name: String) throws -> [(Int, Int)] {
    guard case .array(let items) = read(name) else { return try required(name, nil) }
    return try items.map { item in
      let pair = try list(name, item)
      guard pair.count == 2 else { throw unexpected(name, item) }
      return (Int(pair[0]), Int(pair[1]))
    }
  }

  /// A list of objects.
  func objects(_ name: String) throws -> [[String: JSONValue]] {
    guard case .array(let items) = read(name) else { return try required(name, nil) }
    return try items.map { item in
      guard case .object(let members) = item else { throw unexpected(name, item) }
      return members
    }
  }

  private func list(_ name: String, _ value: JSONValue) throws -> [Double] {
    switch value {
    case .number(let number): return [number]
    case .array(let items):
      return try items.map { item in
        guard case .number(let number) = item else { throw unexpected(name, value) }
        return number
      }
    default: throw unexpected(name, value)
    }
  }

  private func required<Value>(_ name: String, _ fallback: Value?) throws -> Value {
    guard let fallback else { throw GoldenError.malformed("attribute \(name) is missing") }
    return fallback
  }

  private func unexpected(_ name: String, _ value: JSONValue) -> GoldenError {
    .unsupported("attribute \(name) = \(value)")
  }
}
