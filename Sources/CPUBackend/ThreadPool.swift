import CMartletKernels
import MartletBackend
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Threads that share the tasks of one loop at a time: fork-join, with a few microseconds from call to return.
///
/// A call publishes its loop, takes tasks itself, and returns when the last task has ended. Workers wait for the next loop
/// by spinning, because a training step calls every few microseconds, and park after a while, because an idle program
/// should not heat the machine. A worker that wakes too late finds the loop closed and does not delay its caller.
///
/// One loop runs at a time. A loop that is started while another runs, from inside one of its tasks or from another
/// thread, runs on its caller alone: no waiting, no deadlock, the same result.
///
/// Between loops, while the caller does what only one thread can, a worker may do an errand: it takes one when it comes out of a loop,
/// since that is when the caller begins with such things.
///
/// A class because it owns threads. `@unchecked Sendable`: the handles in `workers` are written once and used by `deinit` only.
package final class ThreadPool: @unchecked Sendable {
  /// How many threads share a loop, the caller included.
  package let threadCount: Int
  private let shared: SharedLoop
  private let workers: [OpaquePointer]

  /// Starts `threadCount - 1` workers.
  ///
  /// - Precondition: `threadCount` is positive.
  package init(threadCount: Int) {
    precondition(threadCount > 0, "ThreadPool: need at least one thread; got \(threadCount)")
    shared = SharedLoop(threadCount: threadCount)
    self.workers = (1..<max(threadCount, 1)).compactMap { [shared] number in startWorker(number, on: shared) }
    self.threadCount = workers.count + 1  // a machine that refuses a thread costs speed only
  }

  deinit {
    shared.stop()
    for worker in workers { martlet_thread_join(worker) }
  }

  /// Calls `body` once with each of `0..<taskCount`, on several threads at once and in any order; returns after the last.
  ///
  /// The body must only write what belongs to its own task. How work is cut into tasks must follow from shapes alone,
  /// never from `threadCount`: then results do not depend on it either. A task may `wait` for one with a smaller number: the
  /// caller takes tasks in ascending order, so whatever others wait for gets done.
  ///
  /// - Parameter isLocal: Whether a task should run where it ran last, on the thread that has its data, rather than where there is
  ///   time at the end of the loop: for tasks that take less time than fetching what another thread has written.
  package func run(taskCount: Int, isLocal: Bool = false, _ body: (_ task: Int) -> Void) {
    guard taskCount > 1, !workers.isEmpty, !martlet_thread_is_worker(), shared.claim() else {
      for task in 0..<max(taskCount, 0) { body(task) }
      return
    }
    withoutActuallyEscaping(body) { body in
      // The loop is closed and no worker is inside it when this returns, so the closure does not escape.
      withUnsafePointer(to: body) { shared.runOpened(taskCount: taskCount, isLocal: isLocal, body: $0) }
    }
    shared.release()
  }

  /// Lets a worker do this after the next loop it takes part in, if it still is of use then.
  package func offer(_ errand: any Errand) {
    if !workers.isEmpty { shared.offer(errand) }
  }

  /// Waits in a task for what another does.
  package static func wait(until isDone: () -> Bool) {
    var spins = 0
    while !isDone() {
      martlet_spin_pause()
      spins += 1
      if spins > 4096 { sched_yield() }  // more threads than processors: let the other run
    }
  }

  /// The processors that this process may use.
  package static var availableProcessorCount: Int {
    max(1, Int(martlet_available_processors()))
  }
}

/// What the caller and the workers of one pool share.
///
/// `@unchecked Sendable`: `body`, `taskCount` and `isLocal` are written by the one caller that holds `claimed`, before it opens
/// `gate`, and read by workers only between entering and leaving through `gate`; the caller waits for the last to leave.
/// The mutex and the condition are made for sharing.
private final class SharedLoop: @unchecked Sendable {
  typealias Body = (Int) -> Void

  private let claimed = Atomic<Bool>(false)
  private let generation = Atomic<UInt32>(0)
  private let stopping = Atomic<Bool>(false)
  private let parked = Atomic<Int>(0)
  /// Bit 32 is set while workers may enter the loop; the bits below count those inside.
  private let gate = Atomic<UInt64>(0)
  /// One stretch of the loop's tasks for each thread.
  private let stretches: UnsafeMutablePointer<Stretch>
  private let threadCount: Int
  private var taskCount = 0
  private var isLocal = false
  private var body: UnsafePointer<Body>?
  private let errands = Mutex<[OfferedErrand]>([])
  /// How many errands there are: looked at after every loop, where a lock would cost.
  private let errandCount = Atomic<Int>(0)
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let wakeUp = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  private static let open: UInt64 = 1 << 32
  /// Long enough to bridge what a training step does on one thread only (waking a parked thread costs as much as the products of
  /// a small net), short against a scheduler's time slice.
  private static let spinNanoseconds: UInt64 = 500_000

  /// Older errands are forgotten: nobody took them, so nobody will.
  private static let mostErrands = 4

  /// How often the caller looks whether a worker takes the last of its tasks: some 10 µs.
  private static let patience = 256

  /// Tasks that one thread begins with; whoever is done with its own goes on with those of others. Loop after loop a thread
  /// thus works on about the same share of the data, which its cache then has: dealt out one by one, half of what a step of Adam
  /// reads came out of the other processor's cache.
  private struct Stretch: ~Copyable {
    let next = Atomic<Int>(0)
    // A pair of cache lines each, so that threads do not wait for one another's counters.
    private let padding: InlinePadding = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    typealias InlinePadding = (
      Int, Int, Int, Int, Int, Int, Int, Int, Int, Int, Int, Int, Int, Int, Int
    )
  }

  init(threadCount: Int) {
    self.threadCount = threadCount
    stretches = .allocate(capacity: threadCount)
    for number in 0..<threadCount { (stretches + number).initialize(to: Stretch()) }
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(wakeUp, nil)
  }

  deinit {
    pthread_cond_destroy(wakeUp)
    pthread_mutex_destroy(mutex)
    wakeUp.deallocate()
    mutex.deallocate()
    stretches.deinitialize(count: threadCount)
    stretches.deallocate()
  }

  /// Whether the caller may run a loop now; if so, it must call `release` afterwards.
  func claim() -> Bool {
    !claimed.exchange(true, ordering: .acquiring)
  }

  func release() {
    claimed.store(false, ordering: .releasing)
  }

  func runOpened(taskCount: Int, isLocal: Bool, body: UnsafePointer<Body>) {
    self.taskCount = taskCount
    self.isLocal = isLocal
    self.body = body
    for number in 0..<threadCount {
      stretches[number].next.store(start(ofStretch: number, taskCount), ordering: .relaxed)
    }
    gate.store(Self.open, ordering: .releasing)
    announce()
    takeTasks(taskCount, body.pointee, number: 0)
    gate.bitwiseAnd(~Self.open, ordering: .acquiringAndReleasing)
    ThreadPool.wait { gate.load(ordering: .acquiring) == 0 }
    self.body = nil
  }

  func stop() {
    stopping.store(true, ordering: .sequentiallyConsistent)
    announce()
  }

  /// Tells all workers that something is new. The order "count, then look" on one side and "look, then count" on the other
  /// leaves no gap: either the announcer sees the parked worker or the worker sees the new generation.
  private func announce() {
    generation.wrappingAdd(1, ordering: .sequentiallyConsistent)
    guard parked.load(ordering: .sequentiallyConsistent) > 0 else { return }
    pthread_mutex_lock(mutex)
    pthread_cond_broadcast(wakeUp)
    pthread_mutex_unlock(mutex)
  }

  private func start(ofStretch number: Int, _ count: Int) -> Int { number * count / threadCount }

  private func takeTasks(_ count: Int, _ body: Body, number: Int) {
    for offset in 0..<threadCount {
      let stretch = number + offset < threadCount ? number + offset : number + offset - threadCount
      let (first, end) = (start(ofStretch: stretch, count), start(ofStretch: stretch + 1, count))
      // The last tasks of a local loop are left to the thread that has their data, if it has come; the caller sees to it that they
      // get done.
      let hasCome = isLocal && offset > 0 && stretches[stretch].next.load(ordering: .relaxed) > first
      let left = hasCome ? max(1, (end - first) / 4) : 0
      takeTasks(of: stretch, before: end, leaving: left, body)
      if left > 0 && number == 0 {
        awaitClaims(of: stretch, before: end)
        takeTasks(of: stretch, before: end, leaving: 0, body)
      }
    }
  }

  private func takeTasks(of stretch: Int, before end: Int, leaving left: Int, _ body: Body) {
    while left == 0 || stretches[stretch].next.load(ordering: .relaxed) < end - left {
      let task = stretches[stretch].next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard task < end else { return }
      body(task)
    }
  }

  /// Waits a moment for a worker to take the rest of its tasks.
  private func awaitClaims(of stretch: Int, before end: Int) {
    var patience = Self.patience
    while patience > 0, stretches[stretch].next.load(ordering: .relaxed) < end {
      martlet_spin_pause()
      patience -= 1
    }
  }

  /// A worker's life.
  func work(number: Int) {
    var seen: UInt32 = 0
    while true {
      seen = awaitGeneration(after: seen)
      if stopping.load(ordering: .sequentiallyConsistent) { return }
      guard enter() else { continue }
      if let body { takeTasks(taskCount, body.pointee, number: number) }
      gate.wrappingSubtract(1, ordering: .releasing)
      nextErrand()?.perform()
    }
  }

  func offer(_ errand: any Errand) {
    errands.withLock { errands in
      if errands.count == Self.mostErrands { errands.removeFirst() }
      errands.append(OfferedErrand(errand: errand))
      errandCount.store(errands.count, ordering: .relaxed)
    }
  }

  /// The errand that has waited longest.
  private func nextErrand() -> (any Errand)? {
    guard errandCount.load(ordering: .relaxed) > 0 else { return nil }
    return errands.withLock { errands in
      var next: (any Errand)?
      while next == nil && !errands.isEmpty { next = errands.removeFirst().errand }
      errandCount.store(errands.count, ordering: .relaxed)
      return next
    }
  }

  private func enter() -> Bool {
    var state = gate.load(ordering: .relaxed)
    while state & Self.open != 0 {
      let (entered, current) = gate.compareExchange(
        expected: state, desired: state + 1, successOrdering: .acquiring, failureOrdering: .relaxed)
      if entered { return true }
      state = current
    }
    return false
  }

  private func awaitGeneration(after seen: UInt32) -> UInt32 {
    let start = now()
    repeat {
      for _ in 0..<16 {
        let current = generation.load(ordering: .acquiring)
        if current != seen { return current }
        martlet_spin_pause()
      }
    } while now() &- start < Self.spinNanoseconds
    pthread_mutex_lock(mutex)
    parked.wrappingAdd(1, ordering: .sequentiallyConsistent)
    var current = generation.load(ordering: .sequentiallyConsistent)
    while current == seen {
      pthread_cond_wait(wakeUp, mutex)
      current = generation.load(ordering: .sequentiallyConsistent)
    }
    parked.wrappingSubtract(1, ordering: .sequentiallyConsistent)
    pthread_mutex_unlock(mutex)
    return current
  }

  private func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}

/// An errand that somebody may still want.
private struct OfferedErrand {
  weak var errand: (any Errand)?
}

/// Starts a thread that works on the shared loop until it is stopped; nil if the system refuses a thread.
private func startWorker(_ number: Int, on shared: SharedLoop) -> OpaquePointer? {
  let context = Unmanaged.passRetained(Worker(number: number, shared: shared))
  let thread = martlet_thread_start(
    { context in
      guard let context else { return }
      let worker = Unmanaged<Worker>.fromOpaque(context).takeRetainedValue()
      worker.shared.work(number: worker.number)
    }, context.toOpaque())
  if thread == nil { context.release() }
  return thread
}

/// What a thread is told when it starts; a class to be handed over as a pointer.
private final class Worker {
  let number: Int
  let shared: SharedLoop

  init(number: Int, shared: SharedLoop) {
    self.number = number
    self.shared = shared
  }
}
