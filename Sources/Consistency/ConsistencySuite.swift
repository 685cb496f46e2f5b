import MartletBackend
import MartletReferenceBackend

/// How many cases are generated.
public enum Effort: String, Hashable, Codable, Sendable {
  /// A twelfth of the cases, all of them small, and no mechanisms: for simulators that check every access to memory.
  case brief
  /// Every setting of every grid at least once: seconds.
  case quick
  /// Ten times as many cases, and larger ones: minutes.
  case full

  /// How many cases there are for one of a quick run's many.
  func caseCount(ofQuick count: Int) -> Int {
    switch self {
    case .brief: max(3, count / 12)
    case .quick: count
    case .full: 10 * count
    }
  }

  /// The largest extent that is drawn.
  var largestExtent: Int { self == .brief ? 9 : .max }
}

/// The conformance suite that any `Backend` can be run through: for each function, generated cases whose results are compared
/// with the reference backend's.
///
///     let reports = ConsistencySuite().run(on: backend)
///     for report in reports where !report.passes { print(report.operation, report.failures[0]) }
///
/// A backend that declares `isCanonical` has to match bit for bit; another one is held to error bounds. Each case runs
/// twice and must give the same bits twice; memory beside the output must stay as it was; and no error may stick.
public struct ConsistencySuite: Sendable {
  /// The seed of all cases.
  public let seed: UInt64
  /// How many cases are generated.
  public let effort: Effort
  /// No operation gets more: each case may be a kernel of its own, which some drivers compile for a second.
  public let mostCases: Int

  /// Makes a suite; the same seed and effort give the same cases, of which `mostCases` takes the first.
  public init(seed: UInt64 = 1, effort: Effort = .quick, mostCases: Int = .max) {
    self.seed = seed
    self.effort = effort
    self.mostCases = mostCases
  }

  /// The names of the operations, in the order of the reports.
  public static var operations: [String] { Operation.all.map(\.name) + Mechanism.all.map(\.name) }

  /// Runs every case on a backend.
  ///
  /// - Parameters:
  ///   - comparison: How results are judged; by default exactly where the backend declares itself canonical.
  ///   - operations: The operations to run; all when `nil`.
  ///   - progress: Is told the name of each operation before it begins.
  public func run(
    on backend: any Backend, comparison: Comparison? = nil, operations: Set<String>? = nil,
    progress: (String) -> Void = { _ in }
  ) -> [OperationReport] {
    run(on: [backend], comparison: comparison, operations: operations, progress: progress)[0]
  }

  /// Runs every case on several backends, which is quicker than one after the other: the references compute only once.
  ///
  /// - Returns: For each backend one report per operation.
  public func run(
    on backends: [any Backend], comparison: Comparison? = nil, operations: Set<String>? = nil,
    progress: (String) -> Void = { _ in }
  ) -> [[OperationReport]] {
    let references = References()
    var reports = backends.map { _ in [OperationReport]() }
    for (number, operation) in Operation.all.enumerated() where operations?.contains(operation.name) ?? true {
      progress(operation.name)
      for (position, report) in run(operation, number, on: backends, comparison, references).enumerated() {
        reports[position].append(report)
      }
    }
    for mechanism in Mechanism.all where effort != .brief && operations?.contains(mechanism.name) ?? true {
      progress(mechanism.name)
      for (position, backend) in backends.enumerated() {
        reports[position].append(report(on: mechanism, of: backend, comparison ?? backend.comparison, references))
      }
    }
    return reports
  }

  private func run(
    _ operation: Operation, _ number: Int, on backends: [any Backend], _ comparison: Comparison?,
    _ references: References
  ) -> [OperationReport] {
    var reports = backends.map { _ in OperationReport(operation: operation.name) }
    let comparisons = backends.map { comparison ?? $0.comparison }
    for index in 0..<min(mostCases, effort.caseCount(ofQuick: operation.caseCount)) {
      var judged: [Comparison: JudgedCase] = [:]
      for (position, backend) in backends.enumerated() {
        let comparison = comparisons[position]
        let known = judged[comparison] ?? judgedCase(operation, number, index, comparison, references)
        guard let known else { continue }
        judged[comparison] = known
        let verdict = known.verdict(on: backend)
        reports[position].caseCount += 1
        reports[position].largestError = max(reports[position].largestError, verdict.largestError)
        guard let difference = verdict.difference else { continue }
        reports[position].failureCount += 1
        guard reports[position].failures.count < 5 else { continue }
        let (setting, smaller) =
          shrunk(operation, number, index, on: backend, comparison, references) ?? (known.test.summary, difference)
        reports[position].failures.append(
          OperationReport.Failure(seed: seed, caseIndex: index, setting: setting, difference: smaller))
      }
    }
    return reports
  }

  func judgedCase(
    _ operation: Operation, _ number: Int, _ index: Int, _ comparison: Comparison, _ references: References,
    _ simplicity: CaseGenerator.Simplicity = CaseGenerator.Simplicity()
  ) -> JudgedCase? {
    var simplicity = simplicity
    simplicity.largestExtent = min(simplicity.largestExtent, effort.largestExtent)
    var generator = CaseGenerator(seed: seed, operation: number, index: index, effort: effort, simplicity)
    // The references fail only where the machine is out of memory; such a case says nothing about a backend.
    return try? JudgedCase(operation.makeCase(&generator), comparison, by: references)
  }

  /// The same case with smaller extents and plainer layouts and values, as long as it still fails.
  private func shrunk(
    _ operation: Operation, _ number: Int, _ index: Int, on backend: any Backend, _ comparison: Comparison,
    _ references: References
  ) -> (setting: String, difference: String)? {
    for extent in [1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 33, 65, 129, 1025, Int.max] {
      for (plainLayouts, plainValues) in [(true, true), (true, false), (false, true), (false, false)] {
        let simplicity = CaseGenerator.Simplicity(
          largestExtent: extent, hasPlainLayouts: plainLayouts, hasPlainValues: plainValues)
        guard let smaller = judgedCase(operation, number, index, comparison, references, simplicity),
          let difference = smaller.verdict(on: backend).difference
        else { continue }
        return (smaller.test.summary, difference)
      }
    }
    return nil
  }
}

extension Backend {
  /// How the backend is judged by default.
  fileprivate var comparison: Comparison { capabilities.isCanonical ? .exact : .bounded }
}

/// The two arithmetics of the reference backend.
struct References: Sendable {
  let accurate = ReferenceBackend(arithmetic: .accurate)
  let canonical = ReferenceBackend(arithmetic: .canonical)
}

/// A function of `Backend`, or one side of it, and how its cases are made.
struct Operation: Sendable {
  let name: String
  /// How many cases a quick run has.
  let caseCount: Int
  let makeCase: @Sendable (inout CaseGenerator) -> Case

  static var all: [Operation] { map + reductions + rows + indexing + contractions + windows + pooledConvolutions }
}
