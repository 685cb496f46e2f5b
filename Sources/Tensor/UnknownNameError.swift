import MartletBackend

/// A name that stands for nothing, with the nearest one that does and all there are.
public struct UnknownNameError: Error, Hashable, CustomStringConvertible {
  /// What was to be named: `activation`, `loss`.
  public let kind: String
  /// The name given.
  public let name: String
  /// The names there are.
  public let known: [String]
  /// What was probably meant; `nil` where nothing is near.
  public let suggestion: String?

  /// - Parameter others: Further spellings that count as near but are not listed.
  package init(kind: String, name: String, known: [String], others: [String] = []) {
    self.kind = kind
    self.name = name
    self.known = known
    suggestion = Spelling.nearest(to: name, among: known + others)
  }

  /// What is wrong and what would be right.
  public var description: String {
    "there is no \(kind) called '\(name)'; " + (suggestion.map { "did you mean '\($0)'? There" } ?? "there")
      + " are \(known.joined(separator: ", "))"
  }
}
