import MartletAutograd
import MartletBackend
import MartletInterchange

// Settings of layers as JSON.

extension Extent2D: JSONConvertible {
  /// Height and width.
  public var json: JSON { [height.json, width.json] }
  /// Height and width.
  public init?(json: JSON) {
    guard let sides = [Int](json: json), sides.count == 2 else { return nil }
    self.init(sides[0], sides[1])
  }
}

extension Shape: JSONConvertible {
  /// The extents.
  public var json: JSON { Array(self).json }
  /// The extents; -1 is possible, as one that is left open.
  public init?(json: JSON) {
    guard let extents = [Int](json: json), extents.count <= Shape.maximumRank,
      extents.allSatisfy({ (-1...1 << 31).contains($0) })
    else { return nil }
    self.init(extents)
  }
}

extension Margins: JSONConvertible {
  /// Top, bottom, left, right.
  public var json: JSON { [top, bottom, left, right].json }
  /// Top, bottom, left, right; none is negative.
  public init?(json: JSON) {
    guard let sides = [Int](json: json), sides.count == 4, sides.allSatisfy({ (0...1 << 28).contains($0) }) else {
      return nil
    }
    self.init(top: sides[0], bottom: sides[1], left: sides[2], right: sides[3])
  }
}

extension Padding: JSONConvertible {
  /// `valid`, `same`, or the margins.
  public var json: JSON {
    switch self {
    case .valid: "valid"
    case .same: "same"
    case .explicit(let margins): margins.json
    }
  }
  /// `valid`, `same`, or the margins.
  public init?(json: JSON) {
    switch json {
    case .text("valid"): self = .valid
    case .text("same"): self = .same
    default:
      guard let margins = Margins(json: json) else { return nil }
      self = .explicit(margins)
    }
  }
}

extension JSONConvertible where Self: RawRepresentable, RawValue == String {
  /// The name of the choice.
  public var json: JSON { rawValue.json }
  /// The choice with a name.
  public init?(json: JSON) {
    guard case .text(let name) = json else { return nil }
    self.init(rawValue: name)
  }
}

extension SequencePadding: JSONConvertible {}
extension UpSampling2D.Interpolation: JSONConvertible {}
extension Bidirectional.Merge: JSONConvertible {}

extension Activation: JSONConvertible {
  /// The name, where parameters are the usual ones; else an object with `function` and the parameters.
  public var json: JSON {
    if let usual = Self.allByName.first(where: { $0.activation == self }) { return usual.name.json }
    func object(_ function: String, _ parameters: KeyValuePairs<String, JSON>) -> JSON {
      .object(Dictionary(parameters.map { ($0, $1) }) { first, _ in first }.merging(["function": function.json]) { $1 })
    }
    switch self {
    case .leakyRelu(let slope): return object("leaky_relu", ["negativeSlope": slope.json])
    case .elu(let alpha): return object("elu", ["alpha": alpha.json])
    case .celu(let alpha): return object("celu", ["alpha": alpha.json])
    case .gelu(let approximate): return object("gelu", ["approximate": approximate.json])
    case .softShrink(let threshold): return object("soft_shrink", ["threshold": threshold.json])
    case .hardShrink(let threshold): return object("hard_shrink", ["threshold": threshold.json])
    case .squareplus(let b): return object("squareplus", ["b": b.json])
    case .sparsemax(let axis): return object("sparsemax", ["axis": axis.json])
    case .threshold(let threshold, let value):
      return object("threshold", ["threshold": threshold.json, "value": value.json])
    case .step(let threshold): return object("step", ["threshold": threshold.json])
    case .softmax(let axis): return object("softmax", ["axis": axis.json])
    case .logSoftmax(let axis): return object("log_softmax", ["axis": axis.json])
    case .maxout(let units): return object("maxout", ["units": units.json])
    default: return .null
    }
  }

  /// The function that a name or an object stands for.
  public init?(json: JSON) {
    if case .text(let name) = json {
      guard let usual = Self.allByName.first(where: { $0.name == name }) else { return nil }
      self = usual.activation
      return
    }
    func parameter<Value: JSONConvertible>(_ key: String) -> Value? { json[key].flatMap { Value(json: $0) } }
    let found: Activation? =
      switch json["function"].flatMap(String.init(json:)) {
      case "leaky_relu": parameter("negativeSlope").map { .leakyRelu(negativeSlope: $0) }
      case "elu": parameter("alpha").map { .elu(alpha: $0) }
      case "celu": parameter("alpha").map { .celu(alpha: $0) }
      case "gelu": parameter("approximate").map { .gelu(approximate: $0) }
      case "soft_shrink": parameter("threshold").map { .softShrink(threshold: $0) }
      case "hard_shrink": parameter("threshold").map { .hardShrink(threshold: $0) }
      case "squareplus": parameter("b").map { .squareplus(b: $0) }
      case "sparsemax": parameter("axis").map { .sparsemax(axis: $0) }
      case "threshold":
        parameter("threshold").flatMap { threshold in parameter("value").map { .threshold(threshold, value: $0) } }
      case "step": parameter("threshold").map { .step(threshold: $0) }
      case "softmax": parameter("axis").map { .softmax(axis: $0) }
      case "log_softmax": parameter("axis").map { .logSoftmax(axis: $0) }
      case "maxout": parameter("units").flatMap { (1...1 << 28).contains($0) ? .maxout(units: $0) : nil }
      default: nil
      }
    guard let found else { return nil }
    self = found
  }
}

extension Initializer: JSONConvertible {
  private static let plain: [(name: String, initializer: Initializer)] = [
    ("zeros", .zeros), ("ones", .ones), ("glorot_uniform", .glorotUniform), ("glorot_normal", .glorotNormal),
    ("he_uniform", .heUniform), ("he_normal", .heNormal), ("lecun_uniform", .lecunUniform),
    ("lecun_normal", .lecunNormal), ("unit_forget_bias", .unitForgetBias),
  ]

  /// The name, or an object with the name as its only key and a list of parameters.
  public var json: JSON {
    switch self {
    case .constant(let value): ["constant": [value].json]
    case .randomUniform(let minimum, let maximum): ["random_uniform": [minimum, maximum].json]
    case .randomNormal(let mean, let deviation): ["random_normal": [mean, deviation].json]
    case .truncatedNormal(let mean, let deviation): ["truncated_normal": [mean, deviation].json]
    case .orthogonal(let gain): ["orthogonal": [gain].json]
    default: Self.plain.first { $0.initializer == self }?.name.json ?? .null
    }
  }

  /// The initializer that a name or an object stands for.
  public init?(json: JSON) {
    switch json {
    case .text(let name):
      guard let match = Self.plain.first(where: { $0.name == name }) else { return nil }
      self = match.initializer
    case .object(let members):
      guard members.count == 1, let (name, list) = members.first, let numbers = [Float](json: list) else { return nil }
      switch (name, numbers.count) {
      case ("constant", 1): self = .constant(numbers[0])
      case ("random_uniform", 2): self = .randomUniform(minimum: numbers[0], maximum: numbers[1])
      case ("random_normal", 2): self = .randomNormal(mean: numbers[0], standardDeviation: numbers[1])
      case ("truncated_normal", 2): self = .truncatedNormal(mean: numbers[0], standardDeviation: numbers[1])
      case ("orthogonal", 1): self = .orthogonal(gain: numbers[0])
      default: return nil
      }
    default: return nil
    }
  }
}
