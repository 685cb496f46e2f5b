#if OpenCL
  import CMartletOpenCLKernels
  import MartletBackend
  import Synchronization

  /// Writes into a profile when commands ran on the device, from the events of a queue that takes their times.
  ///
  /// `@unchecked Sendable`: everything that changes is behind the lock.
  final class EventTimer: @unchecked Sendable {
    /// `@unchecked Sendable`: a handle that any thread may use.
    private struct Pending: @unchecked Sendable {
      let event: cl_event
      let name: String
      let call: String
      /// The profile's clock when the command was queued.
      let queued: Int
    }

    private struct State: Sendable {
      var pending: [Pending] = []
      /// What to add to the device's clock to get the profile's.
      var clockOffset: Int?
    }

    /// Drivers slow down when thousands of events are alive.
    private static let most = 256

    private let name: String
    private let library: OpenCLLibrary
    private let profile: Profile
    private let state = Mutex(State())

    init(name: String, library: OpenCLLibrary, profile: Profile) {
      self.name = name
      self.library = library
      self.profile = profile
    }

    /// Takes over the event of a command that was just queued.
    func add(_ event: cl_event?, _ name: String) {
      guard let event else { return }
      let pending = Pending(event: event, name: name, call: ProfiledCall.current ?? name, queued: profile.now)
      state.withLock { state in
        state.pending.append(pending)
        guard state.pending.count >= Self.most else { return }
        // The first half is far behind the end of the queue: this waits for little.
        var halfway: cl_event? = state.pending[Self.most / 2].event
        _ = library.functions.waitForEvents(1, &halfway)
        recordEnded(&state)
      }
    }

    /// Records what has ended; everything, once the queue has finished.
    func collect() { state.withLock { recordEnded(&$0) } }

    private func recordEnded(_ state: inout State) {
      var count = 0
      for pending in state.pending {
        var status: cl_int = 1
        let answer = library.functions.getEventInfo(
          pending.event, cl_event_info(CL_EVENT_COMMAND_EXECUTION_STATUS), MemoryLayout<cl_int>.size, &status, nil)
        if answer == OpenCLStatus.success && status > CL_COMPLETE { break }
        record(pending, &state)
        _ = library.functions.releaseEvent(pending.event)
        count += 1
      }
      state.pending.removeFirst(count)
    }

    // A command that failed has no times; the queue reports the failure itself.
    private func record(_ pending: Pending, _ state: inout State) {
      guard let queued = time(CL_PROFILING_COMMAND_QUEUED, pending),
        let start = time(CL_PROFILING_COMMAND_START, pending),
        let end = time(CL_PROFILING_COMMAND_END, pending)
      else { return }
      let offset = state.clockOffset ?? pending.queued - queued
      state.clockOffset = offset
      profile.record(
        Profile.Event(
          name: pending.name, call: pending.call, track: name, start: max(0, start + offset),
          duration: max(0, end - start)))
    }

    private func time(_ property: Int32, _ pending: Pending) -> Int? {
      var nanoseconds: cl_ulong = 0
      let status = library.functions.getEventProfilingInfo(
        pending.event, cl_profiling_info(property), MemoryLayout<cl_ulong>.size, &nanoseconds, nil)
      return status == OpenCLStatus.success ? Int(clamping: nanoseconds) : nil
    }
  }
#endif
