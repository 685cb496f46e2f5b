#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Blocks of host memory on 64-byte boundaries, recycled by size class, for backends that compute where the host does.
///
/// With checks on, each block arrives filled with 0xFF bytes (NaN as float32, -1 as int32), whether new or recycled, so that
/// reading what was never written shows, and lies between guard zones that are looked at when it comes back, so that writing
/// past either end shows.
package final class HostMemory: Sendable {
  package let isChecking: Bool
  private let pool: BlockPool<Address>

  private struct Address: @unchecked Sendable {  // an address alone; whoever holds the block answers for its contents
    let bytes: UnsafeMutableRawPointer
  }

  /// A block in use.
  package struct Block: @unchecked Sendable {  // an address alone; whoever holds the block answers for its contents
    package let bytes: UnsafeMutableRawPointer
    package let byteCount: Int
    fileprivate let capacity: Int
  }

  private static let zoneByteCount = 64
  private static let guardByte: UInt8 = 0xA5
  private static let poisonByte: Int32 = 0xFF

  /// Whether the environment asks for checks: `MARTLET_CHECK_MEMORY=1`.
  package static var isCheckingRequested: Bool {
    getenv("MARTLET_CHECK_MEMORY").map { String(cString: $0) } == "1"
  }

  /// - Parameters:
  ///   - make: Obtains so many bytes on a 64-byte boundary from the system, or `nil` when there is no memory.
  ///   - destroy: Gives them back.
  package init(
    checking: Bool = HostMemory.isCheckingRequested,
    make: @escaping @Sendable (Int) -> UnsafeMutableRawPointer? = HostMemory.aligned,
    destroy: @escaping @Sendable (UnsafeMutableRawPointer) -> Void = { free($0) }
  ) {
    isChecking = checking
    pool = BlockPool(make: { make($0).map(Address.init(bytes:)) }, destroy: { destroy($0.bytes) })
  }

  package static func aligned(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    var bytes: UnsafeMutableRawPointer?
    return posix_memalign(&bytes, zoneByteCount, byteCount) == 0 ? bytes : nil
  }

  /// Before a block there is a guard zone while checking. Behind it there always is one: the widest vector may be read,
  /// not written, from its last byte on.
  private var leadByteCount: Int { isChecking ? Self.zoneByteCount : 0 }

  /// A block of at least so many bytes with undefined contents; `nil` when there is no memory.
  package func take(_ byteCount: Int) -> Block? {
    let (padded, overflows) = byteCount.addingReportingOverflow(leadByteCount + Self.zoneByteCount)
    // Sizes are rounded up by at most a quarter; beyond this they could not be represented.
    guard !overflows, padded <= Int.max / 4, let taken = pool.take(padded) else { return nil }
    let block = Block(bytes: taken.block.bytes + leadByteCount, byteCount: byteCount, capacity: taken.capacity)
    if isChecking {
      memset(taken.block.bytes, Int32(Self.guardByte), taken.capacity)
      memset(block.bytes, Self.poisonByte, byteCount)
    }
    return block
  }

  /// Returns a block. With checks on, the result says where the guard zones were written to: the first such byte, counted
  /// from the beginning of the block; `nil` when they are intact.
  package func giveBack(_ block: Block) -> Int? {
    let base = block.bytes - leadByteCount
    var violation: Int?
    if isChecking {
      let beyond = block.capacity - leadByteCount
      violation = [-leadByteCount..<0, block.byteCount..<beyond].lazy.joined().first { offset in
        block.bytes.load(fromByteOffset: offset, as: UInt8.self) != Self.guardByte
      }
    }
    pool.giveBack(Address(bytes: base), capacity: block.capacity)
    return violation
  }

  /// Gives cached blocks back to the system until at most `limit` bytes stay cached.
  package func trim(toByteCount limit: Int) { pool.trim(toByteCount: limit) }

  /// The memory counters; the others are zero.
  package var statistics: Statistics { pool.statistics }
}
