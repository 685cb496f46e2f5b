import Martlet
import MartletBenchmarks
import MartletCPUBackend
import Synchronization
import Testing

@Suite("Measurements") struct MeasurementTests {
  private func benchmark(_ cost: Cost, _ unit: Benchmark.Unit) -> Benchmark {
    Benchmark("nothing", in: .primitives, cost: cost, unit: unit) { _ in {} }
  }

  @Test("give the median, the extremes and how far they lie apart, in the benchmark's unit")
  func statistics() {
    let subject = benchmark(Cost(operations: 6e9), .gigaflops)
    let odd = Measurement(of: subject, calls: 1, secondsPerCall: [3, 1, 2])
    #expect(odd.medianSeconds == 2 && odd.fastestSeconds == 1 && odd.slowestSeconds == 3)
    #expect(odd.spread == 1 && odd.value == 3)
    let even = Measurement(of: subject, calls: 1, secondsPerCall: [4, 1, 2, 3])
    #expect(even.medianSeconds == 2.5)
  }

  @Test("are stated in samples, operations, bytes or time")
  func units() {
    let cost = Cost(samples: 32, operations: 4e9, bytes: 8e9)
    #expect(Benchmark.Unit.samplesPerSecond.value(of: 0.5, for: cost) == 64)
    #expect(Benchmark.Unit.gigaflops.value(of: 0.5, for: cost) == 8)
    #expect(Benchmark.Unit.gigabytesPerSecond.value(of: 0.5, for: cost) == 16)
    #expect(Benchmark.Unit.microseconds.value(of: 0.5, for: cost) == 500_000)
  }

  @Test("call the benchmark as often as they say, after warming up")
  func calls() throws {
    final class Counter: Sendable { let count = Atomic(0) }
    let counter = Counter()
    let subject = Benchmark("count", in: .primitives, cost: Cost(), unit: .microseconds) { _ in
      { counter.count.wrappingAdd(1, ordering: .relaxed) }
    }
    let setting = Setting(device: .reference, digits: StrokeDigits(seed: 1).dataset(of: 0..<1))
    let measurement = try subject.measured(setting, effort: Effort(repetitions: 4, seconds: 0))
    #expect(measurement.secondsPerCall.count == 4 && measurement.calls == 1)
    #expect(counter.count.load(ordering: .relaxed) > 4)
  }

  @Test("are held against arithmetic or memory, whichever takes longer")
  func roofline() throws {
    let roofline = Roofline(
      operationsPerSecond: 100,
      memory: [
        MemoryBandwidth(byteCount: 1 << 16, bytesPerSecond: 1000),
        MemoryBandwidth(byteCount: 1 << 20, bytesPerSecond: 10),
      ])
    let computing = try #require(roofline.limit(for: Cost(operations: 200, bytes: 1000)))
    #expect(computing.seconds == 2 && computing.bound == .arithmetic)
    let moving = try #require(roofline.limit(for: Cost(operations: 200, bytes: 65_536)))
    #expect(moving.seconds == 65.536 && moving.bound == .memory(byteCount: 1 << 16))
    let far = try #require(roofline.limit(for: Cost(bytes: 1e9)))
    #expect(far.seconds == 1e8 && "\(far.bound)" == "memory, 1 MiB")
    #expect(roofline.limit(for: Cost()) == nil)
  }
}
