import Martlet

/// All benchmarks there are.
package enum Catalogue {
  /// In the order they are shown.
  package static let all: [Benchmark] =
    modelBenchmarks + matmulBenchmarks + convolutionBenchmarks + largeBenchmarks + primitiveBenchmarks

  /// What a name stands for: a benchmark, a group, `all`, or a pattern where `*` is any text, as in `matmul-*`.
  ///
  /// - Throws: `UnknownBenchmark` where nothing has that name.
  package static func benchmarks(named name: String) throws -> [Benchmark] {
    if name == "all" { return all }
    let found = all.filter { $0.name == name || $0.group.rawValue == name || matches($0.name, pattern: name[...]) }
    guard !found.isEmpty else { throw UnknownBenchmark(name: name) }
    return found
  }

  /// What several names stand for, each benchmark once, in the order of `all`.
  package static func benchmarks(named names: [String]) throws -> [Benchmark] {
    let chosen = Set(try names.flatMap { try benchmarks(named: $0).map(\.name) })
    return all.filter { chosen.contains($0.name) }
  }

  private static func matches(_ name: String, pattern: Substring) -> Bool {
    let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
    guard parts.count > 1, let first = parts.first, let last = parts.last else { return false }
    guard name.hasPrefix(first), name.hasSuffix(last), name.count >= first.count + last.count else { return false }
    var rest = name.dropFirst(first.count).dropLast(last.count)
    for part in parts.dropFirst().dropLast() {
      guard let found = rest.firstRange(of: part) else { return false }
      rest = rest[found.upperBound...]
    }
    return true
  }
}

/// A name that no benchmark has.
package struct UnknownBenchmark: Error, CustomStringConvertible {
  /// What was asked for.
  package let name: String

  /// What there is instead.
  package var description: String {
    let groups = Benchmark.Group.allCases.map(\.rawValue).joined(separator: ", ")
    let near = Spelling.nearest(to: name, among: Benchmark.Group.allCases.map(\.rawValue) + Catalogue.all.map(\.name))
    let suggestion = near.map { "did you mean '\($0)'? There" } ?? "there"
    return "no benchmark is called '\(name)'; \(suggestion) are the groups \(groups) and all, names such as "
      + "\(Catalogue.all.prefix(3).map(\.name).joined(separator: ", ")), and patterns such as 'matmul-*' "
      + "(see 'martlet bench --list')"
  }
}
