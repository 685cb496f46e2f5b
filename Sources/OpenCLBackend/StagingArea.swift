#if OpenCL
  import CMartletOpenCLKernels
  import MartletBackend
  import Synchronization

  /// Host memory that the device copies from, so that an upload neither waits nor holds on to its caller's memory. Blocks are
  /// allocated by the driver, which pins them where that makes copies faster, stay mapped, and are reused once the device has
  /// read them.
  ///
  /// `@unchecked Sendable`: everything that changes is behind the lock.
  final class StagingArea: @unchecked Sendable {
    /// `@unchecked Sendable`: handles, and memory that only the holder of the lock writes.
    private struct Block: @unchecked Sendable {
      var memory: cl_mem
      var pointer: UnsafeMutableRawPointer
      var capacity: Int
      /// The copy that reads it.
      var event: cl_event?
    }

    private struct State: Sendable {
      var free: [Block] = []
      var pending: [Block] = []
      /// The capacities there are blocks of.
      var sizes: Set<Int> = []
      var allocations = 0
    }

    /// Larger uploads are not worth a second copy: they wait instead.
    private static let largest: Int = 16 << 20

    /// How many blocks of a size there are, made when the first is needed: so many uploads may be on their way before the next
    /// waits for the oldest. A fixed number, so that a training loop that runs ahead of its device allocates nothing.
    private static func depth(of capacity: Int) -> Int { capacity <= 1 << 16 ? 8 : 2 }

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
    var allocations: Int { state.withLock { $0.allocations } }

    /// Queues a copy of the bytes and returns the driver's status.
    func write(_ source: UnsafeRawBufferPointer, to target: DeviceBlock, atByte offset: Int) -> Int32 {
      guard source.count <= Self.largest else { return writeAndWait(source, to: target, atByte: offset) }
      return state.withLock { state in
        recycle(&state)
        guard var block = take(source.count, from: &state) else {
          return writeAndWait(source, to: target, atByte: offset)
        }
        UnsafeMutableRawBufferPointer(start: block.pointer, count: source.count).copyMemory(from: source)
        let status = library.functions.enqueueWriteBuffer(
          queue, target.memory, cl_bool(CL_FALSE), offset, source.count, block.pointer, 0, nil, &block.event)
        if status == OpenCLStatus.success {
          if let timer, library.functions.retainEvent(block.event) == OpenCLStatus.success {
            timer.add(block.event, "clEnqueueWriteBuffer")
          }
          state.pending.append(block)
        } else {
          state.free.append(block)
        }
        return status
      }
    }

    /// Gives all blocks back; the queue has finished.
    func release() {
      state.withLock { state in
        for block in state.pending {
          _ = library.functions.releaseEvent(block.event)
          state.free.append(block)
        }
        state.pending = []
        for block in state.free {
          _ = library.functions.enqueueUnmapMemObject(queue, block.memory, block.pointer, 0, nil, nil)
          _ = library.functions.releaseMemObject(block.memory)
        }
        state.free = []
        _ = library.functions.finish(queue)
      }
    }

    private func writeAndWait(_ source: UnsafeRawBufferPointer, to target: DeviceBlock, atByte offset: Int) -> Int32 {
      library.functions.enqueueWriteBuffer(
        queue, target.memory, cl_bool(CL_TRUE), offset, source.count, source.baseAddress, 0, nil, nil)
    }

    // Frees what the device has read. Uploads finish in the order they were queued, so the first that has not ends the search.
    private func recycle(_ state: inout State) {
      while let block = state.pending.first, hasEnded(block.event) { freeOldest(&state) }
    }

    private func freeOldest(_ state: inout State) {
      var block = state.pending.removeFirst()
      _ = library.functions.releaseEvent(block.event)
      block.event = nil
      state.free.append(block)
    }

    // Complete, or failed, which is a negative status; the queue reports the failure itself.
    private func hasEnded(_ event: cl_event?) -> Bool {
      var status: cl_int = 1
      let answer = library.functions.getEventInfo(
        event, cl_event_info(CL_EVENT_COMMAND_EXECUTION_STATUS), MemoryLayout<cl_int>.size, &status, nil)
      return answer != OpenCLStatus.success || status <= CL_COMPLETE
    }

    private func take(_ byteCount: Int, from state: inout State) -> Block? {
      let capacity = BlockPool<DeviceBlock>.capacity(for: byteCount)
      if state.sizes.insert(capacity).inserted {
        for _ in 0..<Self.depth(of: capacity) {
          guard let block = make(capacity) else { break }
          state.free.append(block)
          state.allocations += 1
        }
      }
      while true {
        if let index = state.free.firstIndex(where: { $0.capacity == capacity }) { return state.free.remove(at: index) }
        guard var oldest = state.pending.first else { return nil }
        _ = library.functions.flush(queue)
        _ = library.functions.waitForEvents(1, &oldest.event)
        freeOldest(&state)
      }
    }

    private func make(_ capacity: Int) -> Block? {
      var status: Int32 = 0
      let flags = cl_mem_flags(CL_MEM_READ_ONLY) | cl_mem_flags(CL_MEM_ALLOC_HOST_PTR)
      guard let memory = library.functions.createBuffer(context, flags, capacity, nil, &status) else { return nil }
      let access = cl_map_flags(CL_MAP_READ) | cl_map_flags(CL_MAP_WRITE)
      guard
        let pointer = library.functions.enqueueMapBuffer(
          queue, memory, cl_bool(CL_TRUE), access, 0, capacity, 0, nil, nil, &status)
      else {
        _ = library.functions.releaseMemObject(memory)
        return nil
      }
      return Block(memory: memory, pointer: pointer, capacity: capacity)
    }
  }
#endif
