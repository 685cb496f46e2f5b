import MartletCharts
import Testing

@Suite("Ticks") struct TickTests {
  @Test("are multiples of 1, 2 or 5 times a power of ten, inside the range")
  func round() {
    // 1 in 5 parts asks for a step of 0.2; 1 in 4 for 0.25, of which 0.5 is the next round one.
    #expect(Ticks(in: 0...1, limit: 5).labels == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"])
    #expect(Ticks(in: 0...1, limit: 4).values == [0, 0.5, 1])
    #expect(Ticks(in: 0.93...1.27, limit: 4).labels == ["1.0", "1.1", "1.2"])
    #expect(Ticks(in: -37...41, limit: 4).labels == ["-20", "0", "20", "40"])
    #expect(Ticks(in: 0...60_000, limit: 3).labels == ["0", "20000", "40000", "60000"])
  }

  @Test("have no more digits than tell them apart, and exponents far from one")
  func digits() {
    #expect(Ticks(in: 0.002...0.0062, limit: 5).labels == ["0.002", "0.003", "0.004", "0.005", "0.006"])
    #expect(Ticks(in: 0...3e-7, limit: 3).labels == ["0", "1e-7", "2e-7", "3e-7"])
    #expect(Ticks(in: 0...4e6, limit: 2).labels == ["0", "2e6", "4e6"])
    #expect(Ticks(in: -0.05...0.05, limit: 2).labels == ["-0.05", "0.00", "0.05"])
  }

  @Test("lie on whole numbers where nothing is between")
  func wholeNumbers() {
    #expect(Ticks(in: 1...3, limit: 10, wholeNumbers: true).labels == ["1", "2", "3"])
    #expect(Ticks(in: 0.5...1.5, limit: 10, wholeNumbers: true).labels == ["1"])
    #expect(Ticks(in: 1...24, limit: 5, wholeNumbers: true).values == [5, 10, 15, 20])
  }

  @Test("are powers of ten on a logarithmic axis, with 2 and 5 where there is room")
  func powers() {
    #expect(Ticks(powersIn: 1e-4...1, limit: 6).labels == ["0.0001", "0.001", "0.01", "0.1", "1"])
    #expect(Ticks(powersIn: 0.9...11, limit: 6).values == [1, 2, 5, 10])
    #expect(Ticks(powersIn: 1e-9...1, limit: 5).values.count == 5)
  }

  @Test("exist for ranges without length and for huge ones")
  func extremes() {
    #expect(Ticks(in: 5...5, limit: 5).values.count <= 1)
    for range in [-1e300...1e300, -1.7e308...1.7e308, 0...1e-300, 1e300...1.0000001e300] {
      #expect(Ticks(in: range, limit: 8).values.count <= 12)
    }
  }
}
