import Synchronization
import Testing

import MartletCPUBackend

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
