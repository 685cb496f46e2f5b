#if OpenCL
  import MartletBackend
  import MartletOpenCLBackend
  import Testing

  @Suite("OpenCL memory", .needsDevice) struct MemoryTests {
    @Test("asked for beyond all bounds is an error, not a crash")
    func absurd() throws {
      let backend = try UnderTest.discovery.open("opencl", profile: .cpu)
      _ = backend.allocate(byteCount: Int.max)
      let error = #expect(throws: BackendError.self) { try backend.synchronize() }
      #expect(try #require(error).description.contains("out of memory"))
    }

    @Test("goes back to the pool, and from there to the driver when trimmed")
    func pooling() throws {
      let backend = try UnderTest.discovery.open("opencl", profile: .cpu)
      let before = backend.statistics
      for _ in 0..<3 { _ = backend.allocate(byteCount: 1 << 16) }
      let after = backend.statistics
      #expect(after.systemAllocations == before.systemAllocations + 1)
      #expect(after.bytesInUse == before.bytesInUse && after.bytesCached >= 1 << 16)
      backend.trim(toByteCount: 0)
      #expect(backend.statistics.bytesCached == 0)
    }
  }
#endif
