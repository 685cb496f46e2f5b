import MartletBackend
import MartletCPUBackend
import Testing

@Suite("InstructionSet") struct InstructionSetTests {
  @Test("offers the portable kernels on every machine, and a best one among the available")
  func available() {
    #expect(InstructionSet.available.contains(.portable))
    #expect(InstructionSet.best == InstructionSet.available.first)
  }

  @Test("refuses an instruction set of another processor, naming what can be chosen")
  func unavailable() throws {
    #if arch(x86_64)
      let foreign = InstructionSet.neon
    #else
      let foreign = InstructionSet.avx2
    #endif
    let error = #expect(throws: BackendError.self) { try CPUBackend(threads: 1, instructionSet: foreign) }
    #expect(error?.description.contains("portable") == true)
    #expect(throws: BackendError.self) { try InstructionSet(named: "mmx") }
    #expect(try InstructionSet(named: "portable") == .portable)
  }
}
