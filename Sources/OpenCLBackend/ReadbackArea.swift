#if OpenCL
  import CMartletOpenCLKernels
  import MartletBackend
  import Synchronization

  /// Host memory that the device copies small results to while the host goes on: losses and metrics of training steps. Slots of one
  /// pinned block take turns; what has arrived moves on to whoever asked for it. Larger results get memory of their own.
  ///
  /// `@unchecked Sendable`: everything that changes is behind the lock.
  final class ReadbackArea: @unchecked Sendable {
    /// `@unchecked Sendable`: a handle, and memory that the device writes.
    private struct PinnedBlock: @unchecked Sendable {
      let memory: cl_mem
      let pointer: UnsafeMutableRawPointer
    }

    private struct State: Sendable {
      /// The pinned block, made when first needed, and its slots that nobody uses.
      var block: PinnedBlock?
      var freeSlots: [Int] = []
      /// In the order they were queued, which is the order they arrive in.
      var pending: [Readback] = []
    }

    private static let slotByteCount = 512
    private static let slotCount = 128

    private let library: OpenCLLibrary
    private let context: cl_context
    private let queue: cl_command_queue
    private let timer: EventTimer?
    private let state = Mutex(State())

    init(library: OpenCLLibrary, context: cl_context, queue: cl_command_queue, timer: EventTimer?) {
      self.library = library
      self.context = context
      self.queue = queue
      self.timer = timer
    }

    /// Blocks obtained from the driver so far.
    var allocations: Int { state.withLock { $0.block == nil ? 0 : 1 } }

    /// Queues a copy to the host, or says with the driver's status why not.
    func begin(_ source: DeviceBlock, atByte offset: Int, byteCount: Int) -> (readback: Readback?, status: Int32) {
      state.withLock { state in
        while let first = state.pending.first, first.hasEnded { arrive(&state) }
        let (target, slot) = place(for: byteCount, in: &state)
        var event: cl_event?
        let status = library.functions.enqueueReadBuffer(
          queue, source.memory, cl_bool(CL_FALSE), offset, byteCount, target, 0, nil, &event)
        guard status == OpenCLStatus.success, let event else {
          giveBack(target, slot, to: &state)
          return (nil, status)
        }
        if let timer, library.functions.retainEvent(event) == OpenCLStatus.success {
          timer.add(event, "clEnqueueReadBuffer")
        }
        let readback = Readback(library: library, event: event, target: target, byteCount: byteCount, slot: slot)
        state.pending.append(readback)
        return (readback, status)
      }
    }

    /// Whether it has arrived.
    func hasArrived(_ readback: Readback) -> Bool {
      state.withLock { _ in readback.result != nil || readback.hasEnded }
    }

    /// The bytes, or a negative status of the command, once the command has ended.
    func result(of readback: Readback) -> Result<[UInt8], Readback.Failure> {
      state.withLock { state in
        // What was queued before has ended too.
        while readback.result == nil, !state.pending.isEmpty { arrive(&state) }
        return readback.result ?? .failure(Readback.Failure(status: readback.status))
      }
    }

    /// Gives everything back; the queue has finished.
    func release() {
      state.withLock { state in
        while !state.pending.isEmpty { arrive(&state) }
        guard let block = state.block else { return }
        state.block = nil
        _ = library.functions.enqueueUnmapMemObject(queue, block.memory, block.pointer, 0, nil, nil)
        _ = library.functions.releaseMemObject(block.memory)
        _ = library.functions.finish(queue)
      }
    }

    // The oldest has ended: its bytes go to whoever asked, its place to the next.
    private func arrive(_ state: inout State) {
      let readback = state.pending.removeFirst()
      let status = readback.status
      readback.result =
        status < 0
        ? .failure(Readback.Failure(status: status))
        : .success([UInt8](UnsafeRawBufferPointer(start: readback.target, count: readback.byteCount)))
      giveBack(readback.target, readback.slot, to: &state)
    }

    private func place(for byteCount: Int, in state: inout State) -> (UnsafeMutableRawPointer, slot: Int?) {
      if byteCount <= Self.slotByteCount {
        if state.block == nil, let block = makeBlock() {
          state.block = block
          state.freeSlots = Array(0..<Self.slotCount)
        }
        if let block = state.block, let slot = state.freeSlots.popLast() {
          return (block.pointer + slot * Self.slotByteCount, slot)
        }
      }
      return (.allocate(byteCount: max(byteCount, 1), alignment: 64), nil)
    }

    private func giveBack(_ target: UnsafeMutableRawPointer, _ slot: Int?, to state: inout State) {
      if let slot { state.freeSlots.append(slot) } else { target.deallocate() }
    }

    private func makeBlock() -> PinnedBlock? {
      let byteCount = Self.slotByteCount * Self.slotCount
      var status: Int32 = 0
      let flags = cl_mem_flags(CL_MEM_READ_ONLY) | cl_mem_flags(CL_MEM_ALLOC_HOST_PTR)
      guard let memory = library.functions.createBuffer(context, flags, byteCount, nil, &status) else { return nil }
      let access = cl_map_flags(CL_MAP_READ) | cl_map_flags(CL_MAP_WRITE)
      guard
        let pointer = library.functions.enqueueMapBuffer(
          queue, memory, cl_bool(CL_TRUE), access, 0, byteCount, 0, nil, nil, &status)
      else {
        _ = library.functions.releaseMemObject(memory)
        return nil
      }
      return PinnedBlock(memory: memory, pointer: pointer)
    }
  }

  /// One copy to the host. A class, because the area and whoever asked for it share it.
  ///
  /// `@unchecked Sendable`: the result is touched under the lock of the area, the rest never changes.
  final class Readback: @unchecked Sendable {
    struct Failure: Error {
      let status: Int32
    }

    private let library: OpenCLLibrary
    let event: cl_event
    let target: UnsafeMutableRawPointer
    let byteCount: Int
    /// Its place in the pinned block; `nil` where the target was allocated for it.
    let slot: Int?
    var result: Result<[UInt8], Failure>?

    init(library: OpenCLLibrary, event: cl_event, target: UnsafeMutableRawPointer, byteCount: Int, slot: Int?) {
      self.library = library
      self.event = event
      self.target = target
      self.byteCount = byteCount
      self.slot = slot
    }

    deinit { _ = library.functions.releaseEvent(event) }

    /// The command's: positive while it is on its way, negative where it failed.
    var status: Int32 {
      var status: cl_int = 0
      let answer = library.functions.getEventInfo(
        event, cl_event_info(CL_EVENT_COMMAND_EXECUTION_STATUS), MemoryLayout<cl_int>.size, &status, nil)
      return answer == OpenCLStatus.success ? status : answer
    }

    var hasEnded: Bool { status <= CL_COMPLETE }
  }

  /// Bytes on their way from a device, as whoever asked for them sees it.
  struct OpenCLDownload: PendingDownload {
    let connection: DeviceConnection
    let readback: Readback

    var hasArrived: Bool { connection.hasArrived(readback) }
    func bytes() throws -> [UInt8] { try connection.finish(readback) }
  }
#endif
