import Foundation
import MartletBackend
import MartletCPUBackend
import MartletConsistency
import Testing

@Suite("Backends agree", .serialized) struct DeviceTests {
  /// `MARTLET_CONSISTENCY=full` generates ten times as many cases.
  static let effort: Effort =
    ProcessInfo.processInfo.environment["MARTLET_CONSISTENCY"].flatMap(Effort.init(rawValue:)) ?? .quick

  /// `MARTLET_CONSISTENCY_SEED` generates others.
  static let seed = ProcessInfo.processInfo.environment["MARTLET_CONSISTENCY_SEED"].flatMap(UInt64.init) ?? 1

  @Test("the CPU with every instruction set and 1, 2 and 3 threads, bit for bit")
  func cpu() throws {
    let backends = try InstructionSet.available.flatMap { instructionSet in
      try [1, 2, 3].map { try CPUBackend(threads: $0, instructionSet: instructionSet, checksMemory: true) }
    }
    expectAgreement(of: backends, ConsistencySuite(seed: Self.seed, effort: Self.effort).run(on: backends))
  }

  private func expectAgreement(of backends: [any Backend], _ reports: [[OperationReport]]) {
    for (backend, reports) in zip(backends, reports) {
      for report in reports where !report.passes {
        Issue.record(
          """
          \(backend.name), \(backend.capabilities.deviceName): \(report.operation), \(report.failureCount) of \
          \(report.caseCount) cases: \(report.failures.map(\.description).joined(separator: "\n"))
          """)
      }
    }
  }
}
