#if OpenCL
  import Foundation
  import MartletConsistency
  import MartletOpenCLBackend
  import Testing

  @Suite("OpenCL conformance", .needsDevice, .serialized) struct ConformanceTests {
    @Test("every operation gives the reference's bits in every profile", arguments: ConsistencySuite.operations)
    func operation(name: String) throws {
      if let only = ProcessInfo.processInfo.environment["ONLY"], !name.contains(only) { return }
      let clock = ContinuousClock.now
      let backends = try UnderTest.profiles.map(UnderTest.backend)
      for (profile, reports) in zip(UnderTest.profiles, ConsistencySuite().run(on: backends, operations: [name])) {
        for report in reports {
          #expect(report.failureCount == 0, "\(profile): \(report.failures.prefix(2))")
        }
      }
      print(name, ContinuousClock.now - clock, backends.map(\.statistics.programBuilds))
    }
  }
#endif
