#if OpenCL
  import MartletConsistency
  import MartletOpenCLBackend
  import Testing

  // One after the other: operations share kernels, which are compiled once. All cases, which `martlet check` runs, would take a
  // quarter of an hour on a driver that has compiled nothing yet.
  @Suite("OpenCL conformance", .needsDevice, .serialized) struct ConformanceTests {
    @Test("gives the reference's bits in every profile", arguments: ConsistencySuite.operations)
    func operation(name: String) throws {
      let backends = try UnderTest.profiles.map(UnderTest.backend)
      let results = ConsistencySuite(mostCases: 24).run(on: backends, operations: [name])
      for (profile, reports) in zip(UnderTest.profiles, results) {
        for report in reports {
          #expect(report.failureCount == 0, "\(profile): \(report.failures.prefix(2))")
        }
      }
    }
  }
#endif
