/// What somebody probably meant who mistyped a name.
package enum Spelling {
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
