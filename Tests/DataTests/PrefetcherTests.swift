import Foundation
import MartletData
import Synchronization
import Testing

@Suite("Prefetcher") struct PrefetcherTests {
  private struct BadFile: Error {}

  /// Something whose end can be seen from outside.
  private final class Token: Sendable {}

  /// How often something happened on another thread.
  private final class Counter: Sendable {
    private let count = Atomic(0)
    var value: Int { count.load(ordering: .relaxed) }
    func increment() -> Int { count.add(1, ordering: .relaxed).newValue }
  }

  /// Waits up to two seconds for something another thread does.
  private func eventually(_ condition: () -> Bool) -> Bool {
    for _ in 0..<400 {
      if condition() { return true }
      Thread.sleep(forTimeInterval: 0.005)
    }
    return condition()
  }

  @Test("gives the same batches as asking for them one by one")
  func sameBatches() throws {
    let batches = try DatasetTests.numbered(classes: (0..<50).map { $0 % 3 }).batches(size: 8)
    let prefetcher = batches.prefetched()
    for batch in batches {
      let fetched = try prefetcher.next()
      #expect(fetched?.inputs == batch.inputs)
      #expect(fetched?.targets == batch.targets)
    }
    #expect(try prefetcher.next() == nil)
    #expect(try prefetcher.next() == nil)
  }

  @Test("stays no further ahead than told")
  func bounded() throws {
    let made = Counter()
    let prefetcher = Prefetcher(ahead: 2) { made.increment() }
    #expect(eventually { made.value == 2 })
    Thread.sleep(forTimeInterval: 0.05)
    #expect(made.value == 2)
    #expect(try prefetcher.next() == 1)
    #expect(eventually { made.value == 3 })
  }

  @Test("passes an error on in its place, then has ended")
  func errors() throws {
    let made = Counter()
    let prefetcher = Prefetcher(ahead: 4) {
      guard made.increment() < 3 else { throw BadFile() }
      return 7
    }
    #expect(try prefetcher.next() == 7)
    #expect(try prefetcher.next() == 7)
    #expect(throws: BadFile.self) { try prefetcher.next() }
    #expect(try prefetcher.next() == nil)
  }

  @Test("ends its thread and frees everything when it is abandoned half way")
  func abandoned() throws {
    weak var token: Token?
    do {
      let held = Token()
      token = held
      let prefetcher = Prefetcher(ahead: 2) { () -> Token? in held }
      _ = try prefetcher.next()
    }
    #expect(eventually { token == nil })
  }
}
