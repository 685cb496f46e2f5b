import MartletBackend
import Testing

@Suite("HostMemory") struct HostMemoryTests {
  @Test(
    "finds a write past either end when the block comes back",
    arguments: [(-1, 10), (10, 10), (-64, 0), (0, 0), (130, 130)])
  func guards(offset: Int, byteCount: Int) throws {
    let memory = HostMemory(checking: true)
    let block = try #require(memory.take(byteCount))
    block.bytes.storeBytes(of: 0, toByteOffset: offset, as: UInt8.self)
    #expect(memory.giveBack(block) == offset)
  }

  @Test("lets a block be written from its first to its last byte")
  func inside() throws {
    let memory = HostMemory(checking: true)
    let block = try #require(memory.take(33))
    for offset in 0..<33 { block.bytes.storeBytes(of: 0, toByteOffset: offset, as: UInt8.self) }
    #expect(memory.giveBack(block) == nil)
  }

  @Test("fills blocks with 0xFF while checking, recycled ones too")
  func poison() throws {
    let memory = HostMemory(checking: true)
    for _ in 0..<2 {
      let block = try #require(memory.take(100))
      #expect((0..<100).allSatisfy { block.bytes.load(fromByteOffset: $0, as: UInt8.self) == 0xFF })
      block.bytes.initializeMemory(as: UInt8.self, repeating: 1, count: 100)
      #expect(memory.giveBack(block) == nil)
    }
    #expect(memory.statistics.systemAllocations == 1)
  }

  @Test("gives 64-byte boundaries, and nothing where there is no memory", arguments: [false, true])
  func boundaries(checking: Bool) throws {
    let memory = HostMemory(checking: checking)
    for byteCount in [0, 1, 64, 1000] {
      let block = try #require(memory.take(byteCount))
      #expect(Int(bitPattern: block.bytes) % 64 == 0)
      #expect(memory.giveBack(block) == nil)
    }
    #expect(memory.take(.max) == nil)
    #expect(memory.take(.max / 2) == nil)
    #expect(memory.statistics.bytesInUse == 0)
  }
}
