#if OpenCL
  import MartletConsistency
  import MartletOpenCLBackend
  import Testing

  // One after the other: operations share kernels, which are compiled once.
  @Suite("OpenCL conformance", .needsDevice, .serialized) struct ConformanceTests {
    @Test("gives the reference's bits in every profile", arguments: ConsistencySuite.operations)
    func operation(name: String) throws {
      let backends = try UnderTest.profiles.map(UnderTest.backend)
      for (profile, reports) in zip(UnderTest.profiles, ConsistencySuite().run(on: backends, operations: [name])) {
        for report in reports {
          #expect(report.failureCount == 0, "\(profile): \(report.failures.prefix(2))")
        }
      }
    }
  }
#endif
