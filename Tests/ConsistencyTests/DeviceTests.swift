import Foundation
import MartletBackend
import MartletCPUBackend
import MartletConsistency
import Testing

@Suite("Backends agree", .serialized) struct DeviceTests {
  /// `MARTLET_CONSISTENCY=full` generates ten times as many cases.
  static let effort: Effort =
    ProcessInfo.processInfo.environment["MARTLET_CONSISTENCY"].flatMap(Effort.init(rawValue:)) ?? .quick

  @Test("the CPU with every instruction set and 1, 2 and 3 threads, bit for bit")
  func cpu() throws {
    let backends = try InstructionSet.allCases.filter(\.isAvailable).flatMap { instructionSet in
      try [1, 2, 3].map { try CPUBackend(threads: $0, instructionSet: instructionSet, checksMemory: true) }
    }
    let reports = ConsistencySuite(effort: Self.effort).run(
      on: backends, operations: ["matmul", "conv2d data gradient", "conv2d weight gradient"])
    for (backend, reports) in zip(backends, reports) {
      for report in reports where !report.passes {
        Issue.record(
          "\(backend.capabilities.deviceName): \(report.operation): \(report.failureCount) of \(report.caseCount)\n\(report.failures)"
        )
      }
    }
  }
}
