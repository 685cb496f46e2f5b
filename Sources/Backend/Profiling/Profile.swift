import Synchronization

/// What a device spent its time on: every function that ran on it, when, for how long, and how much arithmetic and memory traffic
/// it stood for. A device that is opened with a profile writes into it; a profile may serve several devices.
///
/// A class because the device that writes and the program that reads share it. Sendable: everything is behind a lock.
public final class Profile: Sendable {
  /// One stretch of time on a device.
  public struct Event: Sendable {
    /// What ran: a backend function (host) or a kernel (device).
    public let name: String
    /// The backend function and the shapes it was called with.
    public let call: String
    /// Who ran it: the name of the device.
    public let track: String
    /// Nanoseconds since the profile was made, and how many it took.
    public let start, duration: Int
    /// What it stood for; nothing where a call runs several kernels and none of them is all of it.
    public let work: Work

    package init(name: String, call: String, track: String, start: Int, duration: Int, work: Work = Work()) {
      self.name = name
      self.call = call
      self.track = track
      self.start = start
      self.duration = duration
      self.work = work
    }
  }

  /// All calls with one function and shapes, or all events of one name.
  public struct Row: Sendable {
    /// The function and its shapes, or the name of the events.
    public let name: String
    /// How many times it was called.
    public internal(set) var calls = 0
    /// How many commands these calls became.
    public internal(set) var launches = 0
    /// Time on the device.
    public internal(set) var nanoseconds = 0
    /// The sum over the calls.
    public internal(set) var work = Work()

    /// Floating-point operations per nanosecond, which is GFLOP/s; `nil` where they are not known.
    public var flopRate: Double? { rate(work.flops) }
    /// Bytes per nanosecond, which is GB/s; `nil` where they are not known.
    public var byteRate: Double? { rate(work.bytes) }

    private func rate(_ amount: Int) -> Double? {
      amount > 0 && nanoseconds > 0 ? Double(amount) / Double(nanoseconds) : nil
    }
  }

  private struct State {
    var events: [Event] = []
    var droppedEvents = 0
    var byCall: [String: Row] = [:]
    var byName: [String: Row] = [:]
    var first = Int.max
    var last = 0
  }

  /// Beyond so many, single events are no longer kept; sums still are.
  public let eventLimit: Int
  private let origin = ContinuousClock.now
  private let state = Mutex(State())

  /// An empty profile.
  public init(eventLimit: Int = 200_000) {
    self.eventLimit = eventLimit
  }

  /// Nanoseconds since the profile was made.
  package var now: Int {
    let (seconds, attoseconds) = (ContinuousClock.now - origin).components
    return Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
  }

  /// Counts a call; its events may come later.
  package func recordCall(_ call: String, work: Work) {
    state.withLock { state in
      state.byCall[call, default: Row(name: call)].calls += 1
      state.byCall[call, default: Row(name: call)].work += work
    }
  }

  /// Adds an event.
  package func record(_ event: Event) {
    state.withLock { state in
      state.byCall[event.call, default: Row(name: event.call)].add(event)
      state.byName[event.name, default: Row(name: event.name)].add(event)
      state.byName[event.name]?.calls += 1
      state.byName[event.name]?.work += event.work
      state.first = min(state.first, event.start)
      state.last = max(state.last, event.start + event.duration)
      if state.events.count < eventLimit { state.events.append(event) } else { state.droppedEvents += 1 }
    }
  }

  /// By function and shapes, the longest time first.
  public var calls: [Row] { state.withLock { Self.sorted($0.byCall) } }
  /// By kernel, or by function on the host; the longest time first.
  public var kernels: [Row] { state.withLock { Self.sorted($0.byName) } }
  /// The events in the order they were recorded, and how many more there were.
  public var events: (kept: [Event], dropped: Int) { state.withLock { ($0.events, $0.droppedEvents) } }
  /// From the beginning of the first event to the end of the last.
  public var spanNanoseconds: Int { state.withLock { max(0, $0.last - min($0.first, $0.last)) } }

  private static func sorted(_ rows: [String: Row]) -> [Row] {
    rows.values.sorted { ($0.nanoseconds, $1.name) > ($1.nanoseconds, $0.name) }
  }
}

extension Profile.Row {
  fileprivate mutating func add(_ event: Profile.Event) {
    launches += 1
    nanoseconds += event.duration
  }
}

/// The backend function that is being called, for whoever records when its commands ran.
package enum ProfiledCall {
  @TaskLocal package static var current: String?
}
