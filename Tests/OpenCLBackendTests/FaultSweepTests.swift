#if OpenCL
  import CMartletOpenCLKernels
  import MartletBackend
  import MartletCPUBackend
  import MartletOpenCLBackend
  import Synchronization
  import Testing

  /// A driver of which one call fails: the real one behind a table whose functions count down first.
  private enum FailingCall {
    static let real = try? OpenCLLibrary.open().functions
    /// Calls until failure; negative once it is over.
    static let countdown = Atomic<Int>(Int.max)
    static let status = Atomic<Int32>(0)
    /// Whether later calls fail too.
    static let goesOn = Atomic<Bool>(false)

    static func set(_ call: Int, status code: Int32, goesOn isLasting: Bool) {
      status.store(code, ordering: .relaxed)
      goesOn.store(isLasting, ordering: .relaxed)
      countdown.store(call, ordering: .relaxed)
    }

    static var wasReached: Bool { countdown.load(ordering: .relaxed) < 0 }

    /// The status to answer instead of calling the driver.
    static var fault: Int32? {
      let left = countdown.subtract(1, ordering: .relaxed).oldValue
      return left == 0 || (left < 0 && goesOn.load(ordering: .relaxed)) ? status.load(ordering: .relaxed) : nil
    }

    /// For functions that return an object and a status.
    static func object<Object>(_ status: UnsafeMutablePointer<Int32>?, _ body: () -> Object?) -> Object? {
      guard let fault else { return body() }
      status?.pointee = fault
      return nil
    }

    static func library() throws -> OpenCLLibrary {
      var functions = try #require(real)
      functions.createContext = { properties, count, devices, notify, data, status in
        FailingCall.object(status) { FailingCall.real?.createContext(properties, count, devices, notify, data, status) }
      }
      functions.createCommandQueue = { context, device, properties, status in
        FailingCall.object(status) { FailingCall.real?.createCommandQueue(context, device, properties, status) }
      }
      functions.createBuffer = { context, flags, size, pointer, status in
        FailingCall.object(status) { FailingCall.real?.createBuffer(context, flags, size, pointer, status) }
      }
      functions.createProgramWithSource = { context, count, texts, lengths, status in
        FailingCall.object(status) { FailingCall.real?.createProgramWithSource(context, count, texts, lengths, status) }
      }
      functions.createKernel = { program, name, status in
        FailingCall.object(status) { FailingCall.real?.createKernel(program, name, status) }
      }
      functions.enqueueMapBuffer = { queue, memory, waits, flags, offset, size, count, list, event, status in
        FailingCall.object(status) {
          FailingCall.real?.enqueueMapBuffer(queue, memory, waits, flags, offset, size, count, list, event, status)
        }
      }
      functions.buildProgram = { program, count, devices, options, notify, data in
        FailingCall.fault ?? FailingCall.real?.buildProgram(program, count, devices, options, notify, data) ?? -1
      }
      functions.setKernelArg = { kernel, index, size, value in
        FailingCall.fault ?? FailingCall.real?.setKernelArg(kernel, index, size, value) ?? -1
      }
      functions.enqueueNDRangeKernel = { queue, kernel, rank, offset, global, local, count, list, event in
        FailingCall.fault
          ?? FailingCall.real?.enqueueNDRangeKernel(queue, kernel, rank, offset, global, local, count, list, event)
          ?? -1
      }
      functions.enqueueReadBuffer = { queue, memory, waits, offset, size, pointer, count, list, event in
        FailingCall.fault
          ?? FailingCall.real?.enqueueReadBuffer(queue, memory, waits, offset, size, pointer, count, list, event) ?? -1
      }
      functions.enqueueWriteBuffer = { queue, memory, waits, offset, size, pointer, count, list, event in
        FailingCall.fault
          ?? FailingCall.real?.enqueueWriteBuffer(queue, memory, waits, offset, size, pointer, count, list, event) ?? -1
      }
      functions.flush = { queue in FailingCall.fault ?? FailingCall.real?.flush(queue) ?? -1 }
      functions.finish = { queue in FailingCall.fault ?? FailingCall.real?.finish(queue) ?? -1 }
      functions.waitForEvents = { count, events in
        FailingCall.fault ?? FailingCall.real?.waitForEvents(count, events) ?? -1
      }
      return OpenCLLibrary(functions: functions)
    }
  }

  // Its own process-wide switch, so one after the other.
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
      defer { FailingCall.set(Int.max, status: 0, goesOn: false) }
      let wanted = try expected()
      let library = try FailingCall.library()
      var failures = 0
      for call in 0..<10_000 {
        FailingCall.set(call, status: status, goesOn: goesOn)
        do {
          let backend = try OpenCLDiscovery(library: library).open("opencl:0", profile: .cpu)
          #expect(try workload(backend) == wanted, "call \(call)")
        } catch let error as BackendError {
          failures += 1
          let text = error.description
          #expect(
            text.hasPrefix("opencl:0") && (text.contains("use ") || text.contains("free ")), "call \(call): \(text)")
        }
        if !FailingCall.wasReached { break }
        #expect(call < 9_999)
      }
      #expect(failures > 5)
      #expect(try expected() == wanted)
    }

    @Test("a lost device says so at each use, with the first reason, however often it is asked")
    func lostForGood() throws {
      defer { FailingCall.set(Int.max, status: 0, goesOn: false) }
      FailingCall.set(Int.max, status: 0, goesOn: false)
      let backend = try OpenCLDiscovery(library: FailingCall.library()).open("opencl:0", profile: .cpu)
      FailingCall.set(0, status: -36, goesOn: true)
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
