import Foundation
import MartletBackend
import MartletCPUBackend
import Synchronization
import Testing

@Suite("ThreadPool") struct ThreadPoolTests {
  @Test("calls the body exactly once per task", arguments: [1, 2, 3, 8])
  func everyTaskOnce(threads: Int) {
    let pool = ThreadPool(threadCount: threads)
    for taskCount in [0, 1, 2, 3, 17, 1000] {
      for isLocal in [false, true] {
        let calls = Counters(taskCount)
        pool.run(taskCount: taskCount, isLocal: isLocal) { calls.increment($0) }
        #expect(calls.values == Array(repeating: 1, count: taskCount))
      }
    }
  }

  @Test("survives many tiny loops, so no wake-up is lost and no task runs late")
  func manyTinyLoops() {
    let pool = ThreadPool(threadCount: 3)
    let calls = Counters(4)
    for loop in 0..<20_000 { pool.run(taskCount: 4, isLocal: loop % 2 == 0) { calls.increment($0) } }
    #expect(calls.values == [20_000, 20_000, 20_000, 20_000])
  }

  @Test("wakes workers that have parked")
  func parkedWorkers() async throws {
    let pool = ThreadPool(threadCount: 2)
    let calls = Counters(2)
    for _ in 0..<20 {
      try await Task.sleep(for: .milliseconds(1))
      pool.run(taskCount: 2) { calls.increment($0) }
    }
    #expect(calls.values == [20, 20])
  }

  @Test("lets a task wait for one with a smaller number, whoever has that", arguments: [1, 2, 3, 8])
  func waiting(threads: Int) {
    let pool = ThreadPool(threadCount: threads)
    let taskCount = 24
    for loop in 0..<500 {
      let done = Atomic<Int>(0)
      pool.run(taskCount: taskCount, isLocal: loop % 2 == 0) { task in
        ThreadPool.wait { done.load(ordering: .acquiring) >= task }
        done.wrappingAdd(1, ordering: .acquiringAndReleasing)
      }
      #expect(done.load(ordering: .relaxed) == taskCount)
    }
  }

  @Test("runs a loop inside a task on that task's thread")
  func nestedLoops() {
    let pool = ThreadPool(threadCount: 3)
    let calls = Counters(100)
    pool.run(taskCount: 10) { outer in
      pool.run(taskCount: 10) { inner in calls.increment(outer * 10 + inner) }
    }
    #expect(calls.values == Array(repeating: 1, count: 100))
  }

  @Test("serves several callers at once")
  func concurrentCallers() async {
    let pool = ThreadPool(threadCount: 2)
    let calls = Counters(64)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          for _ in 0..<500 { pool.run(taskCount: 64) { calls.increment($0) } }
        }
      }
    }
    #expect(calls.values == Array(repeating: 2000, count: 64))
  }

  @Test("lets a worker do an errand after a loop, whose own loops then run there alone")
  func errands() {
    let pool = ThreadPool(threadCount: 2)
    let caller = ObjectIdentifier(Thread.current)
    // A worker that is late for a loop does not come out of it either.
    for _ in 0..<1000 {
      let isDone = Atomic(false)
      let errand = Deferred {
        let calls = Counters(8)
        pool.run(taskCount: 8) { calls.increment($0) }
        isDone.store(true, ordering: .releasing)
        return (thread: ObjectIdentifier(Thread.current), calls: calls.values)
      }
      pool.offer(errand)
      for _ in 0..<1000 where !isDone.load(ordering: .acquiring) {
        pool.run(taskCount: 2) { _ in sched_yield() }
      }
      let result = errand.take()
      #expect(result.calls == Array(repeating: 1, count: 8))
      if result.thread != caller { return }
    }
    Issue.record("no worker ever did an errand")
  }

  @Test("forgets errands that nobody wants any more, and the oldest of too many")
  func forgottenErrands() {
    let pool = ThreadPool(threadCount: 2)
    let performed = Atomic<Int>(0)
    for _ in 0..<100 { pool.offer(Deferred { performed.wrappingAdd(1, ordering: .relaxed).newValue }) }
    let wanted = (0..<100).map { _ in Deferred { performed.wrappingAdd(1, ordering: .relaxed).newValue } }
    for errand in wanted { pool.offer(errand) }
    for _ in 0..<2000 { pool.run(taskCount: 2) { _ in sched_yield() } }
    #expect(performed.load(ordering: .relaxed) <= 4)
    #expect(wanted.map { $0.take() }.sorted() == Array(1...100))
  }

  @Test("ends its workers when it is released")
  func release() {
    for _ in 0..<50 {
      let pool = ThreadPool(threadCount: 4)
      pool.run(taskCount: 4) { _ in }
    }
  }
}

/// Counters that several threads may increment.
private final class Counters: Sendable {
  private let counts: Mutex<[Int]>

  init(_ count: Int) {
    counts = Mutex(Array(repeating: 0, count: count))
  }

  func increment(_ index: Int) {
    counts.withLock { $0[index] += 1 }
  }

  var values: [Int] { counts.withLock { $0 } }
}
