import MartletBackend
import Testing

@Suite("Philox") struct PhiloxTests {
  // Known answers published with the Random123 library (kat_vectors, philox4x32 with 10 rounds).
  @Test("gives the published words for the published counters")
  func knownAnswers() {
    #expect(Philox(seed: 0).block(SIMD4(0, 0, 0, 0)) == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
    #expect(
      Philox(seed: .max).block(SIMD4(.max, .max, .max, .max))
        == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
    #expect(
      Philox(seed: 0x299f_31d0_a409_3822).block(SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344))
        == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
  }

  @Test("turns words into numbers in [0, 1)")
  func uniform() {
    #expect(Philox.uniform(0) == 0)
    #expect(Philox.uniform(.max) == 1 - 0x1p-24)
  }
}
