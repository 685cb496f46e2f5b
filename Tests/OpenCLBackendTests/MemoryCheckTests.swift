#if OpenCL
  import MartletBackend
  import MartletConsistency
  import MartletOpenCLBackend
  import Testing

  @Suite("OpenCL memory checks", .needsDevice, .serialized) struct MemoryCheckTests {
    @Test("find a write behind a block, and give blocks full of NaN")
    func guards() throws {
      let backend = try UnderTest.discovery.open("opencl", checksMemory: true)
      let ones = ElementwiseProgram(inputs: []) { _, _ in [1] }
      func fill(_ count: Int, ofStorageFor room: Int) throws {
        let storage = backend.allocate(byteCount: room * 4)
        let view = View(storage: storage, layout: Layout(contiguous: [count]), dtype: .float32)
        var values = [Float](repeating: 0, count: room)
        try values.withUnsafeMutableBytes { try backend.download(storage, atByte: 0, into: $0) }
        #expect(values.allSatisfy { $0.isNaN })
        backend.map(ones, inputs: [], parameters: [], outputs: [view])
      }
      try fill(10, ofStorageFor: 10)
      try backend.synchronize()
      try fill(11, ofStorageFor: 10)
      #expect(throws: BackendError.memoryOverrun(backend: backend.name, byteCount: 40, offset: 40)) {
        try backend.synchronize()
      }
      try backend.synchronize()
    }

    @Test(
      "find nothing wrong with the kernels that use scratch memory",
      arguments: ["sum", "argmax", "reduce with programs", "sort", "conv2d weight gradient", "memory reuse"])
    func kernels(operation: String) throws {
      let backends = try UnderTest.profiles.map {
        try UnderTest.discovery.open("opencl", profile: $0, checksMemory: true)
      }
      for reports in ConsistencySuite().run(on: backends, operations: [operation]) {
        #expect(reports.allSatisfy { $0.passes }, "\(reports.flatMap(\.failures))")
      }
    }
  }
#endif
