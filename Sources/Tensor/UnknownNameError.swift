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
    suggestion = Self.nearest(to: name, among: known + others)
  }

  /// What is wrong and what would be right.
  public var description: String {
    "there is no \(kind) called '\(name)'; " + (suggestion.map { "did you mean '\($0)'? There" } ?? "there")
      + " are \(known.joined(separator: ", "))"
  }
}

extension UnknownNameError {
  /// The name with the fewest slips of the finger between it and what was typed; at most one in three letters, so that nothing
  /// far-fetched is proposed. Capitals and separators do not count.
  package static func nearest(to typed: String, among names: [String]) -> String? {
    let letters = plain(typed)
    let distances = names.map { (name: $0, distance: slips(from: letters, to: plain($0))) }
    guard let best = distances.min(by: { $0.distance < $1.distance }), best.distance <= max(1, letters.count / 3),
      best.distance < letters.count
    else { return nil }
    return best.name
  }

  private static func plain(_ name: String) -> [Character] {
    name.lowercased().filter { !["_", "-", " ", "."].contains($0) }
  }

  /// Letters left out, added, changed, or swapped with their neighbour (Damerau 1964, restricted to one edit per place).
  private static func slips(from a: [Character], to b: [Character]) -> Int {
    var (beforeLast, last) = ([Int](), Array(0...b.count))
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        var best = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, beforeLast[j - 1] + 1) }
        row.append(best)
      }
      (beforeLast, last) = (last, row)
    }
    return last[b.count]
  }
}
