import Foundation
import Testing

@Suite("martlet bench") struct BenchTests {
  private struct Report: Decodable {
    struct Effort: Decodable { let repetitions: Int, seconds: Double }
    struct Cost: Decodable { let samples: Int, operations, bytes: Double }
    struct Memory: Decodable { let byte_count: Int, bytes_per_second: Double }
    struct Roofline: Decodable { let operations_per_second: Double, memory: [Memory] }
    struct Result: Decodable {
      let name, group, unit: String
      let value, median_seconds, fastest_seconds, spread: Double
      let calls: Int
      let seconds_per_call: [Double]
      let cost: Cost
      let roofline_share: Double?
      let bound: String?
    }
    let device, device_name, digits: String
    let threads: Int
    let effort: Effort
    let roofline: Roofline?
    let results: [Result]
  }

  private static func report(_ arguments: [String]) throws -> Report {
    let outcome = try MartletProcess.run(["bench", "--quick", "--json", "-"] + arguments)
    try #require(outcome.status == 0, "\(outcome.errors)")
    return try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
  }

  @Test("writes where it measured, what the device can reach, and all figures of each benchmark")
  func report() throws {
    let names = ["cnn-train-32", "matmul-1x9x256", "map-add-1k"]
    let report = try Self.report(names + ["--device", "cpu", "--threads", "2", "--repetitions", "3"])
    #expect(report.device == "cpu" && report.threads == 2 && report.digits == "generated")
    #expect(report.device_name.contains("2 threads") && report.effort.repetitions == 3 && report.effort.seconds == 0)
    let roofline = try #require(report.roofline)
    #expect(roofline.operations_per_second > 1e8)
    #expect(roofline.memory.map(\.byte_count) == roofline.memory.map(\.byte_count).sorted())
    #expect(!roofline.memory.isEmpty && roofline.memory.allSatisfy { $0.bytes_per_second > 1e7 })

    #expect(report.results.map(\.name) == names)
    #expect(report.results.map(\.group) == ["models", "matmul", "primitives"])
    #expect(report.results.map(\.unit) == ["samples/s", "GFLOP/s", "GB/s"])
    #expect(report.results[0].cost.samples == 32)
    #expect(report.results[1].cost.operations == 2 * 9 * 256)
    #expect(report.results[2].cost.bytes == 3 * 4 * 1024)
    for result in report.results {
      #expect(result.seconds_per_call.count == 3 && result.calls > 0)
      #expect(result.seconds_per_call.sorted()[1] == result.median_seconds)
      #expect(result.seconds_per_call.min() == result.fastest_seconds && result.spread >= 0 && result.value > 0)
      #expect(try #require(result.roofline_share) > 0)
    }
    #expect(report.results[0].bound == "arithmetic")
    #expect(report.results[2].bound == "memory, 64 KiB")
  }

  @Test("holds nothing against devices it cannot measure")
  func deviceWithoutRoofline() throws {
    let report = try Self.report(["matmul-1x9x256", "--device", "reference"])
    #expect(report.device == "reference" && report.roofline == nil)
    #expect(report.results.count == 1 && report.results[0].roofline_share == nil && report.results[0].bound == nil)
  }

  @Test("shows a plain table in a pipe: a line per benchmark, nothing to move a cursor")
  func table() throws {
    let outcome = try MartletProcess.run(["bench", "--quick", "matmul-1x*", "--device", "cpu"])
    #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    #expect(!outcome.output.contains("\u{1B}") && !outcome.output.contains("\r"))
    #expect(outcome.output.split(separator: "\n").count { $0.hasPrefix("matmul-1x") } == 3)
    #expect(outcome.output.contains("GFLOP/s") && outcome.output.contains("of limit"))
  }

  @Test("lists what there is, as a table and as the numbers of each workload")
  func list() throws {
    let table = try MartletProcess.run(["bench", "--list"])
    #expect(table.status == 0 && table.output.contains("cnn-train-128 ") && table.output.contains("map-add-1k"))
    let outcome = try MartletProcess.run(["bench", "--list", "matmul-10x784x256", "conv-stride2", "--json", "-"])
    let object = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    let list = try #require(object["benchmarks"] as? [[String: Any]])
    let workloads = list.compactMap { $0["workload"] as? [String: Any] }
    #expect(workloads.map { $0["kind"] as? String } == ["matmul", "convolution"])
    #expect(["rows", "steps", "columns"].map { workloads[0][$0] as? Int } == [10, 784, 256])
    #expect(workloads[1]["stride"] as? Int == 2 && workloads[1]["training"] as? Bool == false)
  }
}
