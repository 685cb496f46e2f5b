#if OpenCL
  import CMartletOpenCLKernels
  import MartletBackend
  import Synchronization

  /// A buffer on a device.
  ///
  /// `@unchecked Sendable`: a handle whose contents are touched by commands in queue order only.
  package struct DeviceBlock: @unchecked Sendable {
    package let memory: cl_mem
  }

  /// A kernel that is ready to run, with the number of items per group it was compiled for.
  ///
  /// `@unchecked Sendable`: its arguments are set under the lock of the connection that launches it. A class, because the
  /// driver's objects live as long as it does.
  package final class Kernel: @unchecked Sendable {
    package let name: String
    package let groupSize: Int
    fileprivate let handle: cl_kernel
    private let program: cl_program
    private let library: OpenCLLibrary

    init(name: String, groupSize: Int, handle: cl_kernel, program: cl_program, library: OpenCLLibrary) {
      self.name = name
      self.groupSize = groupSize
      self.handle = handle
      self.program = program
      self.library = library
    }

    deinit {
      _ = library.functions.releaseKernel(handle)
      _ = library.functions.releaseProgram(program)
    }
  }

  /// What a kernel is given for one of its parameters.
  package enum KernelArgument {
    case buffer(DeviceBlock)
    case values(ArgumentBlock)
  }

  /// A device with one context and one in-order queue: everything that talks to the driver once the device is open.
  ///
  /// Commands run in the order they were queued, so a block may be handed to the next user while earlier commands still read
  /// it. The first failure sticks until `check()` throws it; a lost device stays lost.
  ///
  /// A class, because it owns driver objects. `@unchecked Sendable`: context and queue are handles that any thread may use, and
  /// what changes is behind the lock.
  package final class DeviceConnection: @unchecked Sendable {
    package let name: String
    package let info: OpenCLDeviceInfo
    package let library: OpenCLLibrary
    package let pool: BlockPool<DeviceBlock>
    package let context: cl_context
    private let queue: cl_command_queue
    private let notices: DriverNotices
    private let buffers: BufferMaker
    private let staging: StagingArea
    private let readbacks: ReadbackArea
    /// Tells apart the programs of connections that are open at the same time, where the driver confuses them.
    let programNumber: ProgramNumber?
    /// Takes the times of commands where there is a profile.
    private let timer: EventTimer?
    /// Whether to wait after each launch, so that an error names the kernel that caused it.
    private let finishesAfterEachLaunch: Bool
    /// Whether blocks are poisoned and guarded; see `take`.
    let checksMemory: Bool
    private let state = Mutex(State())

    /// How many launches the driver may hold back before it is told to begin.
    private static let launchesPerFlush = 16
    /// How many launches the report of a lost device names.
    private static let recentCount = 16

    private struct State {
      var error: BackendError?
      /// Why the device is lost, if it is.
      var loss: String?
      var launches = 0
      var synchronizations = 0
      var launchesSinceFlush = 0
      /// The names of the latest launches, a ring; drivers report a faulty access late.
      var recent: [String] = []
    }

    /// Makes a context and a queue.
    ///
    /// - Parameter kernels: The profile of the kernels it will run: only connections with the same one compile the same programs.
    package init(
      name: String, info: OpenCLDeviceInfo, library: OpenCLLibrary, kernels: OpenCLProfile, checksMemory: Bool = false,
      profile: Profile? = nil
    ) throws(BackendError) {
      var status: Int32 = 0
      var device: cl_device_id? = info.identifier
      let notices = DriverNotices()
      // Kept for good: a driver may call from a thread of its own when the context is gone already.
      let receiver = Unmanaged.passRetained(notices).toOpaque()
      let made = library.functions.createContext(
        nil, 1, &device, { words, _, _, receiver in DriverNotices.receive(words, for: receiver) }, receiver, &status)
      guard let context = made else {
        throw .driver(device: name, call: "clCreateContext", code: status, meaning: OpenCLStatus.name(of: status))
      }
      // A queue that takes times is slower with some drivers, so there is one only on request.
      let properties = profile == nil ? 0 : cl_command_queue_properties(CL_QUEUE_PROFILING_ENABLE)
      guard let queue = library.functions.createCommandQueue(context, info.identifier, properties, &status) else {
        _ = library.functions.releaseContext(context)
        throw .driver(device: name, call: "clCreateCommandQueue", code: status, meaning: OpenCLStatus.name(of: status))
      }
      self.name = name
      self.info = info
      self.library = library
      self.context = context
      self.notices = notices
      self.queue = queue
      self.checksMemory = checksMemory
      programNumber = info.confusesQueues ? ProgramNumber(for: kernels) : nil
      finishesAfterEachLaunch = environment("MARTLET_CL_SYNC") == "1"
      let buffers = BufferMaker(library: library, context: context, queue: queue)
      self.buffers = buffers
      pool = BlockPool(make: { buffers.make($0) }, destroy: { buffers.destroy($0) })
      let timer = profile.map { EventTimer(name: name, library: library, profile: $0) }
      self.timer = timer
      staging = StagingArea(library: library, context: context, queue: queue, timer: timer)
      readbacks = ReadbackArea(library: library, context: context, queue: queue, timer: timer)
    }

    deinit {
      _ = library.functions.finish(queue)
      timer?.collect()
      pool.trim(toByteCount: 0)
      staging.release()
      readbacks.release()
      _ = library.functions.releaseCommandQueue(queue)
      _ = library.functions.releaseContext(context)
    }

    // MARK: Errors

    /// Remembers an error if it is the first since the last check. One that says that the device is lost, from compiling a kernel for
    /// example, loses it, and of a lost device nothing else is worth saying.
    package func record(_ error: BackendError) {
      if case .driver(_, let call, let code, _) = error, OpenCLStatus.isDeviceLost(code),
        !OpenCLStatus.isOutOfMemory(code)
      {
        return fail(call, code)
      }
      state.withLock { state in
        if state.error != nil { return }
        state.error = state.loss.map { .deviceLost(device: name, detail: "earlier, " + $0) } ?? error
      }
    }

    /// Whether commands can be queued; a lost device takes none and says so again.
    package var isUsable: Bool {
      state.withLock { state in
        if let loss = state.loss, state.error == nil {
          state.error = .deviceLost(device: name, detail: "earlier, " + loss)
        }
        return state.loss == nil
      }
    }

    private func fail(_ call: String, _ code: Int32) {
      state.withLock { state in
        let error: BackendError
        let notice = notices.latest.map { "; the driver says: \($0)" } ?? ""
        if OpenCLStatus.isDeviceLost(code) {
          let latest = state.recent.isEmpty ? "none" : state.recent.joined(separator: " ")
          let loss = "\(call): \(code), \(OpenCLStatus.name(of: code)); latest kernels: \(latest)\(notice)"
          error = .deviceLost(device: name, detail: state.loss.map { "earlier, " + $0 } ?? loss)
          state.loss = state.loss ?? loss
        } else {
          error = .driver(device: name, call: call, code: code, meaning: OpenCLStatus.meaning(of: code) + notice)
        }
        if state.error == nil { state.error = error }
      }
    }

    /// Throws the first error since the last check, and forgets it.
    package func check() throws(BackendError) {
      let error = state.withLock { state in
        defer { state.error = nil }
        return state.error
      }
      if let error { throw error }
    }

    /// Remembers that there was no block of so many bytes: because memory is short, or because the device is gone.
    func recordFailedAllocation(of byteCount: Int) {
      let status = buffers.latestFailure.load(ordering: .relaxed)
      if OpenCLStatus.isDeviceLost(status) && !OpenCLStatus.isOutOfMemory(status) {
        fail("clCreateBuffer", status)
      } else {
        record(outOfMemory(requested: byteCount))
      }
    }

    /// A kernel's groups are larger than the device can run.
    func tooSmall(for kernel: String, groupSize: Int, largest: Int) -> BackendError {
      .driver(
        device: name, call: "running kernel \(kernel) in groups of \(groupSize)", code: -54,
        meaning: "the device takes groups of \(largest) at most; MARTLET_CL_PROFILE=test or cpu asks for smaller ones")
    }

    /// Out of memory for a request of so many bytes.
    package func outOfMemory(requested: Int) -> BackendError {
      let statistics = pool.statistics
      return .outOfMemory(
        backend: name, requested: requested, inUse: statistics.bytesInUse, cached: statistics.bytesCached)
    }

    // MARK: Commands

    /// Queues a kernel over so many groups.
    package func launch(_ kernel: Kernel, groups: Int, _ arguments: [KernelArgument]) {
      if groups == 0 { return }
      let call = "running kernel \(kernel.name)"
      guard perform(call, { enqueue(kernel, groups: groups, arguments) }) else { return }
      let isTimeToFlush = state.withLock { state in
        state.launchesSinceFlush = (state.launchesSinceFlush + 1) % Self.launchesPerFlush
        return state.launchesSinceFlush == 0
      }
      if finishesAfterEachLaunch {
        let status = library.functions.finish(queue)
        if status != OpenCLStatus.success { fail(call, status) }
      } else if isTimeToFlush {
        flush()
      }
    }

    /// Queues a command and returns whether the driver took it. Drivers need memory of their own, and some allocate a buffer
    /// only when it is first used: without memory they get back what is cached, once the device has let go of it, and are
    /// asked again.
    private func perform(_ call: String, _ command: () -> Int32) -> Bool {
      if !isUsable { return false }
      var status = command()
      if OpenCLStatus.isOutOfMemory(status) {
        waitForAll()
        pool.trim(toByteCount: 0)
        status = command()
      }
      if status != OpenCLStatus.success { fail(call, status) }
      return status == OpenCLStatus.success
    }

    private func enqueue(_ kernel: Kernel, groups: Int, _ arguments: [KernelArgument]) -> Int32 {
      state.withLock { state in
        for (index, argument) in arguments.enumerated() {
          let status: Int32
          switch argument {
          case .buffer(let block):
            var memory: cl_mem? = block.memory
            status = library.functions.setKernelArg(kernel.handle, cl_uint(index), MemoryLayout<cl_mem>.size, &memory)
          case .values(let values):
            status = values.withBytes {
              library.functions.setKernelArg(kernel.handle, cl_uint(index), $0.count, $0.baseAddress)
            }
          }
          if status != OpenCLStatus.success { return status }
        }
        var global = groups * kernel.groupSize
        var local = kernel.groupSize
        var event: cl_event?
        let status = withOptionalEvent(&event) {
          library.functions.enqueueNDRangeKernel(queue, kernel.handle, 1, nil, &global, &local, 0, nil, $0)
        }
        if status == OpenCLStatus.success {
          timer?.add(event, kernel.name)
          state.launches += 1
          if state.recent.count == Self.recentCount { state.recent.removeFirst() }
          state.recent.append(kernel.name)
        }
        return status
      }
    }

    /// A command's event is asked for only where somebody takes its times: events cost time.
    private func withOptionalEvent(
      _ event: inout cl_event?, _ queue: (UnsafeMutablePointer<cl_event?>?) -> Int32
    ) -> Int32 {
      timer == nil ? queue(nil) : queue(&event)
    }

    /// Queues a copy from the host; the source may be reused at once.
    package func upload(_ source: UnsafeRawBufferPointer, to block: DeviceBlock, atByte offset: Int) {
      if source.count == 0 { return }
      _ = perform("clEnqueueWriteBuffer") { staging.write(source, to: block, atByte: offset) }
    }

    /// Waits for everything before and copies to the host.
    package func download(_ block: DeviceBlock, atByte offset: Int, into target: UnsafeMutableRawBufferPointer) {
      if !isUsable { return }
      state.withLock { $0.synchronizations += 1 }
      guard target.count > 0 else {
        waitForAll()
        return
      }
      var event: cl_event?
      let isRead = perform("clEnqueueReadBuffer") {
        withOptionalEvent(&event) {
          library.functions.enqueueReadBuffer(
            queue, block.memory, cl_bool(CL_TRUE), offset, target.count, target.baseAddress, 0, nil, $0)
        }
      }
      if isRead {
        timer?.add(event, "clEnqueueReadBuffer")
        timer?.collect()
      }
    }

    /// Queues a copy to the host. Fails where the driver did not take it.
    func beginDownload(_ block: DeviceBlock, atByte offset: Int, byteCount: Int) -> Readback? {
      var readback: Readback?
      _ = perform("clEnqueueReadBuffer") {
        let (begun, status) = readbacks.begin(block, atByte: offset, byteCount: byteCount)
        readback = begun
        return status
      }
      return readback
    }

    /// Whether a copy to the host has ended.
    func hasArrived(_ readback: Readback) -> Bool { readbacks.hasArrived(readback) }

    /// What a copy to the host brought; waits for it, not for what was queued behind it.
    func finish(_ readback: Readback) throws(BackendError) -> [UInt8] {
      if !readbacks.hasArrived(readback) {
        state.withLock { $0.synchronizations += 1 }
        flush()
        var event: cl_event? = readback.event
        _ = library.functions.waitForEvents(1, &event)
      }
      switch readbacks.result(of: readback) {
      case .success(let bytes):
        try check()
        return bytes
      case .failure(let failure):
        fail("clEnqueueReadBuffer", failure.status)
        try check()
        return []
      }
    }

    /// Hands queued commands to the device.
    package func flush() {
      let status = library.functions.flush(queue)
      if status != OpenCLStatus.success { fail("clFlush", status) }
    }

    /// Waits until the device has done everything.
    package func synchronize() {
      state.withLock { $0.synchronizations += 1 }
      waitForAll()
    }

    private func waitForAll() {
      let status = library.functions.finish(queue)
      if status == OpenCLStatus.success { timer?.collect() } else { fail("clFinish", status) }
    }

    /// Memory and command counters.
    package var statistics: Statistics {
      var statistics = pool.statistics
      statistics.systemAllocations += staging.allocations + readbacks.allocations
      state.withLock { state in
        statistics.launches = state.launches
        statistics.synchronizations = state.synchronizations
      }
      return statistics
    }
  }

  /// Makes and destroys buffers. A class because the pool and the connection share it. `@unchecked Sendable`: handles that any
  /// thread may use.
  private final class BufferMaker: @unchecked Sendable {
    let library: OpenCLLibrary
    let context: cl_context
    let queue: cl_command_queue
    /// What the driver said when it last had no buffer.
    let latestFailure = Atomic<Int32>(OpenCLStatus.success)

    init(library: OpenCLLibrary, context: cl_context, queue: cl_command_queue) {
      self.library = library
      self.context = context
      self.queue = queue
    }

    func make(_ byteCount: Int) -> DeviceBlock? {
      var status: Int32 = 0
      let memory = library.functions.createBuffer(
        context, cl_mem_flags(CL_MEM_READ_WRITE), byteCount, nil, &status)
      if let memory, status == OpenCLStatus.success { return DeviceBlock(memory: memory) }
      latestFailure.store(status, ordering: .relaxed)
      // Commands may hold on to blocks that the pool is about to give back.
      _ = library.functions.finish(queue)
      return nil
    }

    func destroy(_ block: DeviceBlock) {
      _ = library.functions.releaseMemObject(block.memory)
    }
  }
#endif
