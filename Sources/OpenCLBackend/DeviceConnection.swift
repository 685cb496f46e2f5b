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
    private let staging: StagingArea
    /// Whether to wait after each launch, so that an error names the kernel that caused it.
    private let finishesAfterEachLaunch: Bool
    /// Whether blocks are poisoned and guarded; see `take`.
    let checksMemory: Bool
    private let state = Mutex(State())

    private struct State {
      var error: BackendError?
      var isLost = false
      var launches = 0
      var synchronizations = 0
      var launchesSinceFlush = 0
      /// The names of the latest launches, a ring; drivers report a faulty access late.
      var recent: [String] = []
    }

    /// Makes a context and a queue.
    package init(
      name: String, info: OpenCLDeviceInfo, library: OpenCLLibrary, checksMemory: Bool = false
    ) throws(BackendError) {
      var status: Int32 = 0
      var device: cl_device_id? = info.identifier
      guard let context = library.functions.createContext(nil, 1, &device, nil, nil, &status) else {
        throw .driver(device: name, call: "clCreateContext", code: status, meaning: OpenCLStatus.name(of: status))
      }
      guard let queue = library.functions.createCommandQueue(context, info.identifier, 0, &status) else {
        _ = library.functions.releaseContext(context)
        throw .driver(device: name, call: "clCreateCommandQueue", code: status, meaning: OpenCLStatus.name(of: status))
      }
      self.name = name
      self.info = info
      self.library = library
      self.context = context
      self.queue = queue
      self.checksMemory = checksMemory
      finishesAfterEachLaunch = environment("MARTLET_CL_SYNC") == "1"
      let buffers = BufferMaker(library: library, context: context, queue: queue)
      pool = BlockPool(make: { buffers.make($0) }, destroy: { buffers.destroy($0) })
      staging = StagingArea(library: library, context: context, queue: queue)
    }

    deinit {
      _ = library.functions.finish(queue)
      pool.trim(toByteCount: 0)
      staging.release()
      _ = library.functions.releaseCommandQueue(queue)
      _ = library.functions.releaseContext(context)
    }

    // MARK: Errors

    /// Remembers an error if it is the first since the last check.
    package func record(_ error: BackendError) {
      state.withLock { state in
        if state.error == nil { state.error = error }
      }
    }

    /// Whether commands can be queued; a lost device takes none and says so again.
    package var isUsable: Bool {
      state.withLock { state in
        if state.isLost && state.error == nil {
          state.error = .deviceLost(device: name, detail: "it failed earlier")
        }
        return !state.isLost
      }
    }

    private func fail(_ call: String, _ code: Int32) {
      state.withLock { state in
        let error: BackendError
        if OpenCLStatus.isDeviceLost(code) {
          state.isLost = true
          let detail = "\(call): \(code), \(OpenCLStatus.name(of: code)); latest kernels: "
          error = .deviceLost(
            device: name, detail: detail + (state.recent.isEmpty ? "none" : state.recent.joined(separator: " ")))
        } else {
          error = .driver(device: name, call: call, code: code, meaning: OpenCLStatus.name(of: code))
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

    /// Out of memory for a request of so many bytes.
    package func outOfMemory(requested: Int) -> BackendError {
      let statistics = pool.statistics
      return .outOfMemory(
        backend: name, requested: requested, inUse: statistics.bytesInUse, cached: statistics.bytesCached)
    }

    // MARK: Commands

    /// Queues a kernel over so many groups.
    package func launch(_ kernel: Kernel, groups: Int, _ arguments: [KernelArgument]) {
      if groups == 0 || !isUsable { return }
      var status = enqueue(kernel, groups: groups, arguments)
      if OpenCLStatus.isOutOfMemory(status) {
        // The driver needs memory of its own to run: give it what is cached, once the device has let go of it.
        waitForAll()
        pool.trim(toByteCount: 0)
        status = enqueue(kernel, groups: groups, arguments)
      }
      if status == OpenCLStatus.success && finishesAfterEachLaunch { status = library.functions.finish(queue) }
      if status != OpenCLStatus.success { fail("running kernel \(kernel.name)", status) }
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
        let status = library.functions.enqueueNDRangeKernel(
          queue, kernel.handle, 1, nil, &global, &local, 0, nil, nil)
        if status == OpenCLStatus.success {
          state.launches += 1
          state.launchesSinceFlush += 1
          if state.recent.count == 16 { state.recent.removeFirst() }
          state.recent.append(kernel.name)
          if state.launchesSinceFlush == 16 {
            state.launchesSinceFlush = 0
            return library.functions.flush(queue)
          }
        }
        return status
      }
    }

    /// Queues a copy from the host; the source may be reused at once.
    package func upload(_ source: UnsafeRawBufferPointer, to block: DeviceBlock, atByte offset: Int) {
      if source.count == 0 || !isUsable { return }
      let status = staging.write(source, to: block, atByte: offset)
      if status != OpenCLStatus.success { fail("clEnqueueWriteBuffer", status) }
    }

    /// Waits for everything before and copies to the host.
    package func download(_ block: DeviceBlock, atByte offset: Int, into target: UnsafeMutableRawBufferPointer) {
      if !isUsable { return }
      state.withLock { $0.synchronizations += 1 }
      guard target.count > 0 else {
        waitForAll()
        return
      }
      let status = library.functions.enqueueReadBuffer(
        queue, block.memory, cl_bool(CL_TRUE), offset, target.count, target.baseAddress, 0, nil, nil)
      if status != OpenCLStatus.success { fail("clEnqueueReadBuffer", status) }
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
      if status != OpenCLStatus.success { fail("clFinish", status) }
    }

    /// Memory and command counters.
    package var statistics: Statistics {
      var statistics = pool.statistics
      statistics.systemAllocations += staging.allocations
      state.withLock { state in
        statistics.launches = state.launches
        statistics.synchronizations = state.synchronizations
      }
      return statistics
    }
  }

  /// Makes and destroys buffers. `@unchecked Sendable`: handles that any thread may use.
  private struct BufferMaker: @unchecked Sendable {
    let library: OpenCLLibrary
    let context: cl_context
    let queue: cl_command_queue

    func make(_ byteCount: Int) -> DeviceBlock? {
      var status: Int32 = 0
      let memory = library.functions.createBuffer(
        context, cl_mem_flags(CL_MEM_READ_WRITE), byteCount, nil, &status)
      if let memory, status == OpenCLStatus.success { return DeviceBlock(memory: memory) }
      // Commands may hold on to blocks that the pool is about to give back.
      _ = library.functions.finish(queue)
      return nil
    }

    func destroy(_ block: DeviceBlock) {
      _ = library.functions.releaseMemObject(block.memory)
    }
  }
#endif
