import MartletBackend
import MartletTensor

/// Something found inside a model that wants to know its path.
package protocol PathAddressed: AnyObject, Sendable {
  func settle(path: String, seed: UInt64)
}

/// A layer that names its parts itself instead of by its stored properties.
package protocol NamedParts {
  var parts: [(name: String, part: any Sendable)] { get }
}

/// Finds the parameters of a model by looking through stored properties: of layers, of arrays, optionals, tuples and dictionaries
/// of them, and of types of your own. The path is made of property names and positions: `encoder.layers.2.kernel`.
///
/// Looking through a model takes some ten microseconds per layer, so it happens when a model is built or handed to a trainer,
/// not in every step.
package struct ParameterVisitor {
  private var found: [(path: String, object: any PathAddressed)] = []
  private var visited: Set<ObjectIdentifier> = []

  /// Everything with a path inside a layer, each object once, under the first path that leads to it.
  package static func objects(in root: Any) -> [(path: String, object: any PathAddressed)] {
    var visitor = ParameterVisitor()
    visitor.visit(root, path: "")
    return visitor.found
  }

  private mutating func visit(_ value: Any, path: String) {
    if let object = value as? any PathAddressed {
      if visited.insert(ObjectIdentifier(object)).inserted { found.append((path, object)) }
      return
    }
    if let named = value as? any NamedParts {
      for part in named.parts { visit(part.part, path: Self.joined(path, part.name)) }
      return
    }
    if value is Tensor || value is Shape || value is Initializer { return }
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .class:
      // Objects may refer to one another in circles.
      if visited.insert(ObjectIdentifier(value as AnyObject)).inserted { visitProperties(of: mirror, path: path) }
    case .struct, .tuple:
      visitProperties(of: mirror, path: path)
    case .optional:
      if let content = mirror.children.first { visit(content.value, path: path) }
    case .collection, .set:
      for (index, child) in mirror.children.enumerated() where Self.mayHoldLayers(child.value) {
        visit(child.value, path: Self.joined(path, String(index)))
      }
    case .dictionary:
      let members = mirror.children.compactMap { child -> (key: String, value: Any)? in
        let pair = Mirror(reflecting: child.value).children.map(\.value)
        return pair.count == 2 ? ("\(pair[0])", pair[1]) : nil
      }
      for member in members.sorted(by: { $0.key < $1.key }) { visit(member.value, path: Self.joined(path, member.key)) }
    default:
      break
    }
  }

  private mutating func visitProperties(of mirror: Mirror, path: String) {
    if let parent = mirror.superclassMirror { visitProperties(of: parent, path: path) }
    for (index, child) in mirror.children.enumerated() where Self.mayHoldLayers(child.value) {
      visit(child.value, path: Self.joined(path, Self.propertyName(child.label ?? String(index))))
    }
  }

  /// Numbers and texts need no looking into; arrays of them may be long.
  private static func mayHoldLayers(_ value: Any) -> Bool {
    !(value is any Numeric || value is String || value is Bool || value is [Float] || value is [Int])
  }

  private static func joined(_ path: String, _ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

  /// The name as it stands in the source: storage of lazy properties and wrappers is called otherwise.
  private static func propertyName(_ label: String) -> String {
    let lazyPrefix = "$__lazy_storage_$_"
    if label.hasPrefix(lazyPrefix) { return String(label.dropFirst(lazyPrefix.count)) }
    return label.hasPrefix("_") || label.hasPrefix(".") ? String(label.dropFirst()) : label
  }
}
