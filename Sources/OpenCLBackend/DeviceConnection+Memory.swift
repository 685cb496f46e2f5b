#if OpenCL
  import MartletBackend

  /// Memory from the pool of a connection, while someone uses it.
  struct DeviceMemory: Sendable {
    let block: DeviceBlock
    let byteCount: Int
    fileprivate let capacity: Int
  }

  extension DeviceConnection {
    /// Every block ends with so many bytes to spare: a processor's kernels read whole tiles, of 48 columns at most, and the last may
    /// begin with the last column.
    private static let spareByteCount = 48 * 4
    private static let guardByte: UInt8 = 0xA5

    /// A block of at least so many bytes; where there is none the error is recorded.
    ///
    /// While memory is checked it arrives full of 0xFF bytes (NaN as float32), and what lies behind it is a guard zone.
    func take(_ byteCount: Int) -> DeviceMemory? {
      // Sizes are rounded up by at most a quarter; beyond this they could not be represented.
      guard byteCount < Int.max / 4 else {
        record(outOfMemory(requested: byteCount))
        return nil
      }
      guard let (block, capacity, _) = pool.take(byteCount + Self.spareByteCount) else {
        recordFailedAllocation(of: byteCount)
        return nil
      }
      if checksMemory {
        var bytes = [UInt8](repeating: 0xFF, count: byteCount)
        bytes += Array(repeating: Self.guardByte, count: capacity - byteCount)
        bytes.withUnsafeBytes { upload($0, to: block, atByte: 0) }
      }
      return DeviceMemory(block: block, byteCount: byteCount, capacity: capacity)
    }

    /// Returns it. Commands that are queued already may still use it; they are ahead of any later user's.
    ///
    /// While memory is checked this waits for them, and a guard zone that was written to is an error.
    func giveBack(_ memory: DeviceMemory) {
      if checksMemory {
        var zone = [UInt8](repeating: Self.guardByte, count: memory.capacity - memory.byteCount)
        zone.withUnsafeMutableBytes { download(memory.block, atByte: memory.byteCount, into: $0) }
        if let offset = zone.firstIndex(where: { $0 != Self.guardByte }) {
          record(.memoryOverrun(backend: name, byteCount: memory.byteCount, offset: memory.byteCount + offset))
        }
      }
      pool.giveBack(memory.block, capacity: memory.capacity)
    }
  }
#endif
