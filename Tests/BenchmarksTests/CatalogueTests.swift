import Martlet
import MartletBenchmarks
import Testing

@Suite("The catalogue of benchmarks") struct CatalogueTests {
  @Test("gives every benchmark a name of its own")
  func names() {
    #expect(Set(Catalogue.all.map(\.name)).count == Catalogue.all.count)
  }

  @Test("finds a benchmark, a group, a pattern and everything, each benchmark once")
  func selection() throws {
    #expect(try Catalogue.benchmarks(named: "matmul-256").map(\.name) == ["matmul-256"])
    #expect(try Catalogue.benchmarks(named: "models").allSatisfy { $0.group == .models })
    #expect(try Catalogue.benchmarks(named: "conv-*-train").count == 12)
    #expect(try Catalogue.benchmarks(named: "*-train-*").contains { $0.name == "cnn-train-128" })
    #expect(try Catalogue.benchmarks(named: ["all", "matmul-256", "matmul"]).count == Catalogue.all.count)
  }

  @Test("says what there is where a name is unknown", arguments: ["matmull", "", "conv-*-inference", "matmul-256*6"])
  func unknownNames(_ name: String) {
    #expect(throws: UnknownBenchmark.self) { try Catalogue.benchmarks(named: name) }
  }

  @Test("counts the operations of the networks by hand")
  func costs() throws {
    // Multiply-adds of a digit: 26²·9·32 = 194,688 and 11²·9·32·64 = 2,230,272 in the convolutions, 1600·10 after them.
    let training = try #require(try Catalogue.benchmarks(named: "cnn-train-32").first)
    #expect(training.cost.samples == 32)
    let perDigit = 2 * 194_688 + 3 * (2_230_272 + 16_000)
    #expect(training.cost.operations == Double(32 * 2 * perDigit))
    // 8 images of 56², 64 filters over 9·64 taps; gradients for input and weights cost the same again each.
    let convolution = try #require(try Catalogue.benchmarks(named: "conv-3x3-64-train").first)
    let multiplyAdds = 8 * 3136 * 64 * 576
    #expect(convolution.cost.operations == Double(3 * 2 * multiplyAdds))
  }

  @Test("runs from end to end", arguments: Benchmark.Group.allCases)
  func everyBenchmark(in group: Benchmark.Group) throws {
    let setting = Setting(device: .cpu, digits: StrokeDigits(seed: 1).dataset(of: 0..<128))
    for benchmark in try Catalogue.benchmarks(named: group.rawValue) {
      let measurement = try benchmark.measured(setting, effort: .quick)
      #expect(measurement.value > 0 && measurement.value.isFinite, "\(benchmark.name)")
    }
  }
}
