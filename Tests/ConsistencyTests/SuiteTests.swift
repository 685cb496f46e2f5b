import Foundation
import MartletBackend
import MartletConsistency
import MartletReferenceBackend
import Testing

@Suite("The conformance suite") struct SuiteTests {
  @Test("accepts the canonical reference, bit for bit")
  func canonicalReference() {
    let reports = ConsistencySuite().run(on: ReferenceBackend(arithmetic: .canonical))
    #expect(reports.map(\.operation) == ConsistencySuite.operations)
    for report in reports { #expect(report.passes, "\(report.operation): \(report.failures)") }
    #expect(reports.allSatisfy { $0.caseCount > 0 && $0.largestError == 0 && $0.failures.isEmpty })
  }

  // What the specified arithmetic costs in accuracy stays within the bounds that other devices are given.
  @Test("finds the canonical arithmetic within the error bounds")
  func boundedReference() {
    let reports = ConsistencySuite().run(on: ReferenceBackend(arithmetic: .canonical), comparison: .bounded)
    for report in reports { #expect(report.passes, "\(report.operation): \(report.failures)") }
    #expect(reports.contains { $0.operation == "matmul" && $0.largestError > 0 })
  }

  @Test("finds every mistake", arguments: MutantBackend.Mistake.allCases)
  func mutants(mistake: MutantBackend.Mistake) {
    let reports = ConsistencySuite().run(on: MutantBackend(mistake), operations: [mistake.operation])
    #expect(reports.map(\.passes) == [false])
  }

  @Test("names the operation that is wrong, and shrinks its failures")
  func report() throws {
    let reports = ConsistencySuite().run(on: MutantBackend(.scan))
    #expect(reports.filter { !$0.passes }.map(\.operation) == ["scan", "several threads"])
    let report = try #require(reports.first { !$0.passes })
    #expect(report.failures.count == 5 && report.failureCount <= report.caseCount)
    // One flipped bit needs no more than one element.
    #expect(report.failures[0].setting.contains("float32[1, 1]"), "\(report.failures[0])")
    #expect(report.failures[0].difference.hasPrefix("element [0, 0]: expected "))
    let copy = try JSONDecoder().decode(OperationReport.self, from: JSONEncoder().encode(report))
    #expect(copy == report)
  }

  @Test("gives the same cases for the same seed, and others for another")
  func seeds() {
    func failures(seed: UInt64) -> [OperationReport] {
      ConsistencySuite(seed: seed).run(on: MutantBackend(.matmul), operations: ["matmul"])
    }
    #expect(failures(seed: 1) == failures(seed: 1))
    #expect(failures(seed: 1) != failures(seed: 2))
  }
}
