import MartletTensor

/// What became of all cases of a set on one device.
struct Report: CustomStringConvertible {
  struct Tally {
    var passed = 0
    var failed = 0
    var unsupported = 0
  }

  let heading: String
  private(set) var tallies: [(category: String, tally: Tally)] = []
  /// One text for each case that is wrong.
  private(set) var failures: [String] = []
  /// Cases that should be supported and are not.
  private(set) var unexpectedlyUnsupported: [String] = []
  /// Operation and reason to the number of cases.
  private var unsupported: [String: Int] = [:]

  /// - Parameter announcing: Whether to print the name of each case before it runs, so that one that stops the program is known.
  init(running set: GoldenSet, on device: Device, announcing: Bool = false) {
    heading = "golden vectors '\(set.profile)' (\(set.cases.count) cases, \(set.directory.path)) on \(device.name)"
    for goldenCase in set.cases {
      if announcing { print("\(device.name): \(goldenCase.category)/\(goldenCase.name)") }
      add(set.run(goldenCase, on: device), of: goldenCase)
    }
  }

  private mutating func add(_ verdict: Verdict, of goldenCase: Manifest.Case) {
    let index = tallies.firstIndex { $0.category == goldenCase.category } ?? tallies.endIndex
    if index == tallies.endIndex { tallies.append((goldenCase.category, Tally())) }
    switch verdict {
    case .passed:
      tallies[index].tally.passed += 1
    case .failed(let faults):
      tallies[index].tally.failed += 1
      let label = "\(goldenCase.category)/\(goldenCase.name) (\(goldenCase.op))"
      failures.append(([label] + faults).joined(separator: "\n    "))
    case .unsupported(let reason):
      tallies[index].tally.unsupported += 1
      unsupported["\(goldenCase.category)/\(goldenCase.op): \(reason)", default: 0] += 1
      if goldenCase.isExpectedToBeSupported {
        unexpectedlyUnsupported.append("\(goldenCase.category)/\(goldenCase.name) (\(goldenCase.op)): \(reason)")
      }
    }
  }

  /// The table, and below it what failed and what is not supported.
  var description: String {
    var lines = [heading, Self.row("", "passed", "failed", "unsupported")]
    var total = Tally()
    for (category, tally) in tallies {
      lines.append(Self.row(category, "\(tally.passed)", "\(tally.failed)", "\(tally.unsupported)"))
      total.passed += tally.passed
      total.failed += tally.failed
      total.unsupported += tally.unsupported
    }
    lines.append(Self.row("all", "\(total.passed)", "\(total.failed)", "\(total.unsupported)"))
    for failure in failures { lines.append("  failed: \(failure)") }
    for (what, count) in unsupported.sorted(by: { $0.key < $1.key }) {
      lines.append("  unsupported: \(what) (\(count) case\(count == 1 ? "" : "s"))")
    }
    return lines.joined(separator: "\n")
  }

  private static func row(_ name: String, _ values: String...) -> String {
    func padding(_ text: String, to width: Int) -> String { String(repeating: " ", count: max(0, width - text.count)) }
    return "  " + name + padding(name, to: 12) + values.map { padding($0, to: 13) + $0 }.joined()
  }
}
