import Foundation
import MartletBackend
import Synchronization

/// Something a backend keeps to over many calls, rather than in one.
struct Mechanism: Sendable {
  let name: String
  /// What the check does, in words.
  let setting: String
  /// What is wrong, or nothing.
  let findings: @Sendable (any Backend, Circumstances) throws -> [String]

  /// What a check may need to know.
  struct Circumstances {
    let suite: ConsistencySuite
    let comparison: Comparison
    let references: References
  }

  static var all: [Mechanism] { [memoryReuse, sharing, stickyErrors] }

  /// Blocks have to serve again: sooner or later a round of calls obtains no new ones (a queue may keep several on their way,
  /// so the first repetition need not be it). In the end nothing may be in use that was not before.
  private static let memoryReuse = Mechanism(
    name: "memory reuse", setting: "the first cases of every operation, up to eight times"
  ) { backend, circumstances in
    func newBlocks() throws -> Int {
      let before = backend.statistics.systemAllocations
      for (number, operation) in Operation.all.enumerated() {
        for index in 0..<4 {
          var generator = CaseGenerator(seed: circumstances.suite.seed, operation: number, index: index, effort: .quick)
          _ = try operation.makeCase(&generator).outcome(on: backend)
        }
      }
      return backend.statistics.systemAllocations - before
    }
    let before = backend.statistics.bytesInUse
    var counts = [try newBlocks()]
    repeat { counts.append(try newBlocks()) } while counts[counts.count - 1] > 0 && counts.count < 8
    var findings: [String] = []
    if counts[counts.count - 1] > 0 { findings.append("new blocks were obtained in every round: \(counts)") }
    let rest = backend.statistics.bytesInUse - before
    if rest != 0 { findings.append("\(rest) bytes stayed in use after all storages were released") }
    return findings
  }

  /// A backend serves several threads at once, each with operands of its own: scratch memory must not be handed to one thread
  /// while a call of another still needs it.
  private static let sharing = Mechanism(
    name: "several threads", setting: "the first cases of every operation, on four threads at once"
  ) { backend, circumstances in
    let cases = Operation.all.enumerated().flatMap { number, operation in
      (0..<4).compactMap {
        circumstances.suite.judgedCase(
          operation, number, $0, circumstances.comparison, circumstances.references)
      }
    }
    let findings = Findings()
    let running = DispatchGroup()
    for thread in 0..<4 {
      running.enter()
      // Threads of our own: the pools of the system may run tasks one after the other.
      Thread {
        // One case apart, so that different cases of one operation meet.
        for step in 0..<2 * cases.count {
          let judged = cases[(step + thread) % cases.count]
          guard let difference = judged.verdict(on: backend).difference else { continue }
          findings.list.withLock { $0.append("\(judged.test.summary)\n  \(difference)") }
        }
        running.leave()
      }.start()
    }
    running.wait()
    return findings.list.withLock { Array($0.prefix(5)) }
  }

  // A class, because several threads add to it.
  private final class Findings: Sendable {
    let list = Mutex<[String]>([])
  }

  /// Memory that cannot be had is an error at the next check, once, and the backend is usable again.
  private static let stickyErrors = Mechanism(
    name: "sticky errors", setting: "a storage of 2⁶⁰ bytes, its use, and two checks"
  ) { backend, _ in
    let fine = backend.allocate(byteCount: 16)
    let four = Layout(contiguous: [4])
    do {
      let absurd = View(storage: backend.allocate(byteCount: 1 << 60), layout: four, dtype: .float32)
      let target = View(storage: fine, layout: four, dtype: .float32)
      backend.map(Operation.identity(.float32), inputs: [absurd], parameters: [], outputs: [target])
    }
    var findings: [String] = []
    do {
      try backend.synchronize()
      findings.append("no error was thrown")
    } catch is BackendError {
    } catch {
      findings.append("\(error) is not a BackendError")
    }
    do {
      try backend.synchronize()
      let seven = ElementwiseProgram(inputs: []) { _, _ in [7] }
      backend.map(
        seven, inputs: [], parameters: [], outputs: [View(storage: fine, layout: four, dtype: .float32)])
      var values: [Float] = [0, 0, 0, 0]
      try values.withUnsafeMutableBytes { try backend.download(fine, atByte: 0, into: $0) }
      if values != [7, 7, 7, 7] { findings.append("a map after the error gave \(values)") }
    } catch {
      findings.append("the error came twice: \(error)")
    }
    return findings
  }
}

extension ConsistencySuite {
  func report(
    on mechanism: Mechanism, of backend: any Backend, _ comparison: Comparison, _ references: References
  ) -> OperationReport {
    var report = OperationReport(operation: mechanism.name)
    report.caseCount = 1
    var findings: [String]
    do {
      let circumstances = Mechanism.Circumstances(suite: self, comparison: comparison, references: references)
      findings = try mechanism.findings(backend, circumstances)
    } catch {
      findings = ["an error: \(error)"]
    }
    report.failureCount = findings.isEmpty ? 0 : 1
    report.failures = findings.map {
      OperationReport.Failure(seed: seed, caseIndex: 0, setting: mechanism.setting, difference: $0)
    }
    return report
  }
}
