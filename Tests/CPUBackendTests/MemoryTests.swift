import MartletBackend
import MartletCPUBackend
import Testing

@Suite("CPU memory") struct MemoryTests {
  @Test("gives back what was uploaded, from any byte on")
  func roundTrip() throws {
    let backend = try CPUBackend(threads: 1)
    let storage = backend.allocate(byteCount: 10)
    let source: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    source.withUnsafeBytes { backend.upload($0, to: storage, atByte: 0) }
    var target: [UInt8] = [0, 0, 0]
    try target.withUnsafeMutableBytes { try backend.download(storage, atByte: 6, into: $0) }
    #expect(target == [7, 8, 9])
  }

  @Test("asks the system for no memory that it already has")
  func reuse() throws {
    let backend = try CPUBackend(threads: 1)
    for _ in 0..<10 { _ = backend.allocate(byteCount: 5000) }
    #expect(backend.statistics.systemAllocations == 1)
    #expect(backend.statistics.bytesInUse == 0)
    backend.trim(toByteCount: 0)
    #expect(backend.statistics.bytesCached == 0)
  }

  @Test("reports memory that cannot be had at the next check, once, and stays usable")
  func outOfMemory() throws {
    let backend = try CPUBackend(threads: 1)
    let impossible = backend.allocate(byteCount: 1 << 60)
    [UInt8](repeating: 1, count: 4).withUnsafeBytes { backend.upload($0, to: impossible, atByte: 0) }
    #expect(throws: BackendError.self) { try backend.synchronize() }
    #expect(throws: Never.self) { try backend.synchronize() }
  }

  @Test("refuses thread counts that make no sense", arguments: [0, -1, 5000])
  func threadCounts(count: Int) {
    #expect(throws: BackendError.self) { try CPUBackend(threads: count) }
  }
}
