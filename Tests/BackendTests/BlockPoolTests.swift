import MartletBackend
import Synchronization
import Testing

@Suite("BlockPool") struct BlockPoolTests {
  /// Hands out numbers for blocks, and fails beyond a limit of bytes that have been neither cached nor destroyed.
  private final class Heap: Sendable {  // a class because the pool's closures share it
    struct State {
      var sizes: [Int: Int] = [:]
      var next = 0
    }
    let state = Mutex(State())
    let limit: Int

    init(limit: Int = .max) { self.limit = limit }

    func make(_ byteCount: Int) -> Int? {
      state.withLock { state in
        guard byteCount <= limit - state.sizes.values.reduce(0, +) else { return nil }
        state.next += 1
        state.sizes[state.next] = byteCount
        return state.next
      }
    }

    func destroy(_ block: Int) { state.withLock { _ = $0.sizes.removeValue(forKey: block) } }
    var liveCount: Int { state.withLock { $0.sizes.count } }
    func pool() -> BlockPool<Int> { BlockPool(make: make, destroy: destroy) }
  }

  @Test("rounds sizes up to four classes per power of two")
  func capacities() {
    typealias Pool = BlockPool<Int>
    #expect([0, 1, 64].map(Pool.capacity(for:)) == [64, 64, 64])
    #expect([65, 128, 129, 192, 193].map(Pool.capacity(for:)) == [128, 128, 192, 192, 256])
    #expect([1024, 1025, 1280, 1281].map(Pool.capacity(for:)) == [1024, 1280, 1280, 1536])
    for byteCount in stride(from: 257, to: 100_000, by: 37) {
      let capacity = Pool.capacity(for: byteCount)
      #expect(capacity >= byteCount && Double(capacity) <= 1.25 * Double(byteCount))
      #expect(Pool.capacity(for: capacity) == capacity)
    }
    #expect(Pool.capacity(for: .max) == .max)
  }

  @Test("gives a returned block to the next request of its class, and to no other")
  func recycling() throws {
    let heap = Heap()
    let pool = heap.pool()
    let first = try #require(pool.take(1000))
    #expect(!first.isRecycled && first.capacity == 1024)
    pool.giveBack(first.block, capacity: first.capacity)
    let other = try #require(pool.take(1100))
    #expect(!other.isRecycled)
    let again = try #require(pool.take(1024))
    #expect(again.isRecycled && again.block == first.block)
    #expect(pool.statistics.systemAllocations == 2)
    #expect(pool.statistics.bytesInUse == 1024 + 1280 && pool.statistics.bytesCached == 0)
  }

  @Test("counts what is in use, what is cached, and the most there was")
  func statistics() throws {
    let pool = Heap().pool()
    let (a, b) = (try #require(pool.take(100)), try #require(pool.take(500)))
    pool.giveBack(b.block, capacity: b.capacity)
    #expect(pool.statistics.bytesInUse == 128)
    #expect(pool.statistics.bytesCached == 512)
    #expect(pool.statistics.peakBytesInUse == 640)
    pool.giveBack(a.block, capacity: a.capacity)
    #expect(pool.statistics.bytesInUse == 0)
  }

  @Test("gives cached blocks back, largest first, until little enough is left")
  func trimming() throws {
    let heap = Heap()
    let pool = heap.pool()
    for byteCount in [64, 128, 1024] {
      let taken = try #require(pool.take(byteCount))
      pool.giveBack(taken.block, capacity: taken.capacity)
    }
    pool.trim(toByteCount: 200)
    #expect(heap.liveCount == 2 && pool.statistics.bytesCached == 192)
    pool.trim(toByteCount: 0)
    #expect(heap.liveCount == 0 && pool.statistics.bytesCached == 0)
  }

  @Test("frees its cache before it gives up")
  func scarcity() throws {
    let heap = Heap(limit: 2048)
    let pool = heap.pool()
    let cached = try #require(pool.take(1024))
    pool.giveBack(cached.block, capacity: cached.capacity)
    #expect(pool.take(2048)?.isRecycled == false)
    #expect(pool.take(64) == nil)
    #expect(pool.statistics.bytesInUse == 2048)
  }

  @Test("gives everything back when it goes")
  func end() throws {
    let heap = Heap()
    do {
      let pool = heap.pool()
      let taken = try #require(pool.take(64))
      pool.giveBack(taken.block, capacity: taken.capacity)
    }
    #expect(heap.liveCount == 0)
  }

  @Test("serves many threads at once")
  func threads() async {
    let heap = Heap()
    let pool = heap.pool()
    await withTaskGroup(of: Void.self) { group in
      for task in 0..<8 {
        group.addTask {
          for i in 0..<1000 {
            guard let taken = pool.take((task + i) % 5 * 300) else { continue }
            pool.giveBack(taken.block, capacity: taken.capacity)
          }
        }
      }
    }
    let statistics = pool.statistics
    #expect(statistics.bytesInUse == 0 && statistics.systemAllocations == heap.liveCount && heap.liveCount <= 40)
  }
}
