#if OpenCL
  import CMartletOpenCLKernels
  import MartletBackend
  import MartletOpenCLBackend
  import Synchronization
  import Testing

  /// A driver that fails on demand: the real one behind a table in which some functions ask `Faults` first.
  private enum Faults {
    /// The real driver's functions.
    static let real = try? OpenCLLibrary.open().functions
    /// What creating a buffer and running a kernel answer instead of doing it; 0 lets the real driver work.
    static let buffer = Atomic<Int32>(0)
    static let launch = Atomic<Int32>(0)
    static let finish = Atomic<Int32>(0)
    static let bufferCalls = Atomic<Int>(0)

    static func reset() {
      buffer.store(0, ordering: .relaxed)
      launch.store(0, ordering: .relaxed)
      finish.store(0, ordering: .relaxed)
      bufferCalls.store(0, ordering: .relaxed)
    }

    static func library() throws -> OpenCLLibrary {
      var functions = try #require(real)
      functions.createBuffer = { context, flags, size, pointer, status in
        Faults.bufferCalls.add(1, ordering: .relaxed)
        let fault = Faults.buffer.load(ordering: .relaxed)
        if fault == 0 { return Faults.real?.createBuffer(context, flags, size, pointer, status) }
        status?.pointee = fault
        return nil
      }
      functions.enqueueNDRangeKernel = { queue, kernel, rank, offset, global, local, count, list, event in
        let fault = Faults.launch.load(ordering: .relaxed)
        if fault != 0 { return fault }
        return Faults.real?.enqueueNDRangeKernel(queue, kernel, rank, offset, global, local, count, list, event) ?? -1
      }
      functions.finish = { queue in
        let fault = Faults.finish.load(ordering: .relaxed)
        return fault != 0 ? fault : Faults.real?.finish(queue) ?? -1
      }
      return OpenCLLibrary(functions: functions)
    }
  }

  @Suite("OpenCL discovery") struct DiscoveryTests {
    @Test("a missing loader is an error that says what to install")
    func missingLoader() throws {
      let error = #expect(throws: BackendError.self) { try OpenCLLibrary.open(names: ["libNoOpenCLHere.so.7"]) }
      let text = try #require(error).description
      #expect(text.contains("libNoOpenCLHere.so.7") && text.contains("ocl-icd-libopencl1"))
    }

    @Test("a library without OpenCL's functions is refused by the name of what it lacks")
    func strangeLibrary() throws {
      let error = #expect(throws: BackendError.self) { try OpenCLLibrary.open(names: ["libm.so.6"]) }
      #expect(try #require(error).description.contains("clGetPlatformIDs"))
    }

    @Test("status codes have names")
    func codes() {
      #expect(OpenCLStatus.name(of: -5) == "OUT_OF_RESOURCES" && OpenCLStatus.name(of: 77) == "unknown status")
    }

    @Test(
      "without a driver there are no devices, and the problem says so", .needsDevice, arguments: [-1001, 0] as [Int32])
    func noPlatform(status: Int32) throws {
      var library = try OpenCLLibrary.open()
      if status == 0 {
        library.functions.getPlatformIDs = { _, _, count in
          count?.pointee = 0
          return 0
        }
      } else {
        library.functions.getPlatformIDs = { _, _, _ in -1001 }
      }
      let discovery = OpenCLDiscovery(library: library)
      #expect(discovery.candidates.isEmpty && discovery.names.isEmpty)
      #expect(try #require(discovery.problem).contains("found no driver"))
      let error = #expect(throws: BackendError.self) { try discovery.open("opencl:0") }
      #expect(try #require(error).description.contains("found no driver"))
    }

    @Test("a driver without devices is named", .needsDevice)
    func noDevice() throws {
      var library = try OpenCLLibrary.open()
      library.functions.getDeviceIDs = { _, _, _, _, _ in -1 }
      let problem = try #require(OpenCLDiscovery(library: library).problem)
      #expect(problem.contains("has no device"))
    }

    @Test("a driver that fails is quoted with its status", .needsDevice)
    func failingDriver() throws {
      var library = try OpenCLLibrary.open()
      library.functions.getDeviceIDs = { _, _, _, _, _ in -6 }
      let problem = try #require(OpenCLDiscovery(library: library).problem)
      #expect(problem.contains("-6") && problem.contains("OUT_OF_HOST_MEMORY"))
    }

    @Test("a device that cannot be used is listed with the reason", .needsDevice)
    func rejected() throws {
      var library = try OpenCLLibrary.open()
      library.functions.getDeviceInfo = { device, property, size, value, actual in
        if property == cl_device_info(CL_DEVICE_COMPILER_AVAILABLE), let value {
          value.storeBytes(of: 0, as: cl_bool.self)
          return 0
        }
        return Faults.real?.getDeviceInfo(device, property, size, value, actual) ?? -1
      }
      let discovery = OpenCLDiscovery(library: library)
      let candidate = try #require(discovery.candidates.first)
      #expect(candidate.name == nil && candidate.reason == "its driver has no compiler for OpenCL C")
      #expect(try #require(discovery.problem).contains("no compiler"))
    }

    @Test("devices are numbered, and an unknown name lists the known ones", .needsDevice)
    func names() throws {
      let discovery = OpenCLDiscovery()
      #expect(discovery.names.first == "opencl:0" && discovery.problem == nil)
      let error = #expect(throws: BackendError.self) { try discovery.open("opencl:99") }
      #expect(try #require(error).description.contains("opencl:0"))
    }
  }

  @Suite("OpenCL faults", .needsDevice, .serialized) struct FaultTests {
    private static let increment = ElementwiseProgram(inputs: [.float32]) { x, _ in [x[0] + 1] }

    private func backend(_ library: OpenCLLibrary) throws -> OpenCLBackend {
      try OpenCLDiscovery(library: library).open("opencl:0", profile: .cpu)
    }

    @Test("a kernel that does not build is an error with device, options, log and the source line")
    func buildFailure() throws {
      var library = try OpenCLLibrary.open()
      library.functions.buildProgram = { _, _, _, _, _, _ in OpenCLStatus.buildProgramFailure }
      library.functions.getProgramBuildInfo = { _, _, _, size, value, actual in
        let log = "input.cl:1:9: error: nonsense"
        actual?.pointee = log.utf8.count + 1
        if let value { log.withCString { value.copyMemory(from: $0, byteCount: min(size, log.utf8.count + 1)) } }
        return 0
      }
      let error = #expect(throws: BackendError.self) { try backend(library) }
      let text = try #require(error).description
      #expect(text.contains("opencl:0") && text.contains("kernel probe") && text.contains("-cl-std=CL1.2"))
      #expect(text.contains("error: nonsense") && text.contains("> 1: //"))
    }

    @Test("a failed allocation is tried again after cached blocks were given back, then sticks until it is thrown")
    func outOfMemory() throws {
      defer { Faults.reset() }
      let backend = try backend(Faults.library())
      let view = HostView([1, 2, 3] as [Float], [3]).on(backend)
      Faults.reset()
      Faults.buffer.store(-4, ordering: .relaxed)
      let lost = View(
        storage: backend.allocate(byteCount: 1 << 20), layout: Layout(contiguous: [3]), dtype: .float32)
      #expect(Faults.bufferCalls.load(ordering: .relaxed) == 2)
      // Whatever is done with the unusable block does nothing.
      backend.map(Self.increment, inputs: [view], parameters: [], outputs: [lost])
      backend.map(Self.increment, inputs: [lost], parameters: [], outputs: [view])
      let error = #expect(throws: BackendError.self) { try backend.synchronize() }
      guard case .outOfMemory("opencl:0", requested: 1 << 20, _, _) = try #require(error) else {
        Issue.record("\(String(describing: error))")
        return
      }
      Faults.reset()
      #expect(try backend.floats(view) == [1, 2, 3])
    }

    @Test("a launch without memory is tried again, and its error is thrown once", arguments: [-4, -6] as [Int32])
    func launchWithoutMemory(status: Int32) throws {
      defer { Faults.reset() }
      let backend = try backend(Faults.library())
      let view = HostView([1, 2, 3] as [Float], [3]).on(backend)
      Faults.launch.store(status, ordering: .relaxed)
      backend.map(Self.increment, inputs: [view], parameters: [], outputs: [view])
      Faults.reset()
      let error = #expect(throws: BackendError.self) { try backend.floats(view) }
      let text = try #require(error).description
      #expect(text.contains("elementwise") && text.contains(OpenCLStatus.name(of: status)))
      backend.map(Self.increment, inputs: [view], parameters: [], outputs: [view])
      #expect(try backend.floats(view) == [2, 3, 4])
    }

    @Test("a lost device stays lost, says what ran last, and leaves other backends alone")
    func deviceLost() throws {
      defer { Faults.reset() }
      let backend = try backend(Faults.library())
      let view = HostView([1, 2, 3] as [Float], [3]).on(backend)
      backend.map(Self.increment, inputs: [view], parameters: [], outputs: [view])
      Faults.launch.store(-36, ordering: .relaxed)
      backend.map(Self.increment, inputs: [view], parameters: [], outputs: [view])
      Faults.reset()
      let error = #expect(throws: BackendError.self) { try backend.synchronize() }
      guard case .deviceLost("opencl:0", let detail) = try #require(error) else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(detail.contains("INVALID_COMMAND_QUEUE") && detail.contains("latest kernels: probe elementwise"))
      backend.map(Self.increment, inputs: [view], parameters: [], outputs: [view])
      #expect(throws: BackendError.self) { try backend.floats(view) }

      let other = try UnderTest.backend(.cpu)
      let healthy = HostView([1] as [Float], [1]).on(other)
      other.map(Self.increment, inputs: [healthy], parameters: [], outputs: [healthy])
      #expect(try other.floats(healthy) == [2])
    }

    @Test("an error that shows only when waiting is thrown by the wait")
    func lateError() throws {
      defer { Faults.reset() }
      let backend = try backend(Faults.library())
      Faults.finish.store(-9999, ordering: .relaxed)
      let error = #expect(throws: BackendError.self) { try backend.synchronize() }
      #expect(try #require(error).description.contains("-9999"))
    }
  }
#endif
