import Synchronization

/// Keeps returned blocks for the next request of similar size. Sizes are rounded up to four classes per power of two, so at
/// most a quarter of a block is wasted and a training step after the first finds every block it needs.
///
/// A class, because storages return their blocks to it.
public final class BlockPool<Block: Sendable>: Sendable {
  private struct State {
    /// Blocks waiting, by the number of their size class.
    var free: [[Block]] = []
    var statistics = Statistics()

    mutating func account(for capacity: Int) {
      statistics.bytesInUse += capacity
      statistics.peakBytesInUse = max(statistics.peakBytesInUse, statistics.bytesInUse)
    }
  }

  private let state = Mutex(State())
  private let make: @Sendable (Int) -> Block?
  private let destroy: @Sendable (Block) -> Void

  /// - Parameters:
  ///   - make: Obtains a block of so many bytes from the system, or `nil` when there is no memory.
  ///   - destroy: Gives a block back to the system.
  public init(make: @escaping @Sendable (Int) -> Block?, destroy: @escaping @Sendable (Block) -> Void) {
    self.make = make
    self.destroy = destroy
  }

  deinit { trim(toByteCount: 0) }

  /// The size class for a request: a multiple of a quarter of the power of two below it, at least 64 bytes.
  public static func capacity(for byteCount: Int) -> Int {
    if byteCount <= 64 { return 64 }
    // Nobody has so much; it must fail in `make`, not here.
    if byteCount > .max / 2 { return byteCount }
    let powerOfTwo = 1 << (Int.bitWidth - 1 - (byteCount - 1).leadingZeroBitCount)
    let quarter = max(64, powerOfTwo / 4)
    return (byteCount + quarter - 1) / quarter * quarter
  }

  /// The number of a size class: 0 for 64 bytes, then four per power of two.
  private static func classNumber(ofCapacity capacity: Int) -> Int {
    if capacity <= 64 { return 0 }
    let exponent = Int.bitWidth - 1 - (capacity - 1).leadingZeroBitCount
    // Below 256 bytes quarters of a power of two are no multiples of 64; some numbers then stay unused.
    return 4 * (exponent - 6) + (capacity - 1 - (1 << exponent)) >> (exponent - 2) + 1
  }

  private static func capacity(ofClass number: Int) -> Int {
    if number == 0 { return 64 }
    let (power, quarters) = (number - 1).quotientAndRemainder(dividingBy: 4)
    return 1 << (power + 6) + (quarters + 1) << (power + 4)
  }

  /// A block of at least `byteCount` bytes and whether it was used before; `nil` when there is no memory even after all
  /// cached blocks have been given back.
  public func take(_ byteCount: Int) -> (block: Block, capacity: Int, isRecycled: Bool)? {
    let capacity = Self.capacity(for: byteCount)
    let number = Self.classNumber(ofCapacity: capacity)
    let cached: Block? = state.withLock { state -> Block? in
      guard number < state.free.count, let block = state.free[number].popLast() else { return nil }
      state.statistics.bytesCached -= capacity
      state.account(for: capacity)
      return block
    }
    if let cached { return (cached, capacity, true) }
    var made = make(capacity)
    if made == nil {
      trim(toByteCount: 0)
      made = make(capacity)
    }
    guard let block = made else { return nil }
    state.withLock { state in
      state.statistics.systemAllocations += 1
      state.account(for: capacity)
    }
    return (block, capacity, false)
  }

  /// Returns a block that `take` gave with this capacity.
  public func giveBack(_ block: Block, capacity: Int) {
    let number = Self.classNumber(ofCapacity: capacity)
    state.withLock { state in
      state.statistics.bytesInUse -= capacity
      state.statistics.bytesCached += capacity
      while state.free.count <= number { state.free.append([]) }
      state.free[number].append(block)
    }
  }

  /// Gives cached blocks back to the system, largest first, until at most `limit` bytes stay cached.
  public func trim(toByteCount limit: Int) {
    let doomed: [Block] = state.withLock { state in
      var doomed: [Block] = []
      for number in state.free.indices.reversed() {
        let capacity = Self.capacity(ofClass: number)
        while state.statistics.bytesCached > limit, let block = state.free[number].popLast() {
          state.statistics.bytesCached -= capacity
          doomed.append(block)
        }
      }
      return doomed
    }
    doomed.forEach(destroy)
  }

  /// The memory counters; the others are zero.
  public var statistics: Statistics { state.withLock { $0.statistics } }
}
