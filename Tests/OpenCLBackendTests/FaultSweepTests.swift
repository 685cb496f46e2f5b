#if OpenCL
  import MartletBackend
  import MartletCPUBackend
  import MartletOpenCLBackend
  import MartletTestSupport
  import Testing

  @Suite("OpenCL fault sweep", .needsDevice, .serialized) struct FaultSweepTests {
    private static let increment = ElementwiseProgram(inputs: [.float32]) { x, _ in [x[0] + 1] }

    /// Uploads, computes in place and out of place, often enough to flush, waits and reads.
    private func workload(_ backend: any Backend) throws -> [Float] {
      func view(_ shape: Shape, _ values: [Float]? = nil) -> View {
        let storage = backend.allocate(byteCount: shape.elementCount * 4)
        values?.withUnsafeBytes { backend.upload($0, to: storage, atByte: 0) }
        return View(storage: storage, layout: Layout(contiguous: shape), dtype: .float32)
      }
      let a = view([1, 3, 3], (0..<9).map(Float.init))
      let product = view([1, 3, 3])
      // One more launch than go by without a flush.
      for _ in 0..<16 { backend.map(Self.increment, inputs: [a], parameters: [], outputs: [a]) }
      backend.matmul(a, a, accumulate: false, epilogue: nil, into: product)
      try backend.synchronize()
      var result = [Float](repeating: 0, count: 9)
      try result.withUnsafeMutableBytes { try backend.download(product.storage, atByte: 0, into: $0) }
      return result
    }

    private func expected() throws -> [Float] { try workload(CPUBackend(threads: 1)) }

    @Test(
      "whichever call of the driver fails, the result is right or an error says what happened, and the CPU goes on",
      arguments: [(-4, false), (-6, true), (-5, false), (-36, true), (-30, false)] as [(Int32, Bool)])
    func everyCall(status: Int32, goesOn: Bool) throws {
      try FailingDriver.alone { try sweep(status: status, goesOn: goesOn) }
    }

    private func sweep(status: Int32, goesOn: Bool) throws {
      let wanted = try expected()
      let library = try FailingDriver.library()
      var failures = 0
      for call in 0..<10_000 {
        FailingDriver.set(call, status: status, goesOn: goesOn)
        do {
          let backend = try OpenCLDiscovery(library: library).open("opencl:0", profile: .cpu)
          #expect(try workload(backend) == wanted, "call \(call)")
        } catch let error as BackendError {
          failures += 1
          let text = error.description
          #expect(
            text.hasPrefix("opencl:0") && (text.contains("use ") || text.contains("free ")), "call \(call): \(text)")
        }
        if !FailingDriver.wasReached { break }
        #expect(call < 9_999)
      }
      #expect(failures > 5)
      #expect(try expected() == wanted)
    }

    @Test("a lost device says so at each use, with the first reason, however often it is asked")
    func lostForGood() throws {
      try FailingDriver.alone { try loseAndAskAgain() }
    }

    private func loseAndAskAgain() throws {
      let backend = try OpenCLDiscovery(library: FailingDriver.library()).open("opencl:0", profile: .cpu)
      FailingDriver.set(0, status: -36, goesOn: true)
      for _ in 0..<3 {
        let error = #expect(throws: BackendError.self) { try workload(backend) }
        guard case .deviceLost(let device, let detail) = try #require(error) else {
          Issue.record("\(String(describing: error))")
          return
        }
        #expect(device == "opencl:0" && detail.contains("-36"))
      }
    }
  }
#endif
