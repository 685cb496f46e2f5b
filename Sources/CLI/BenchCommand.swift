import ArgumentParser
import Foundation
import Martlet
import MartletBenchmarks

/// Times what this machine's devices do.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Time models, operations and the functions of a backend.",
    discussion: """
      Without names: all models, matrix products and convolutions. A name is that of a benchmark, a group (models, matmul,
      convolutions, primitives), 'all', or a pattern such as 'conv-*'; --list shows them.

      Each line has the median of several repetitions, how far they lie apart, and, on the cpu device, the share of what
      arithmetic or memory would allow, as measured at the start.

      Examples:
        martlet bench cnn-train-128
        martlet bench 'matmul-*' --threads 1
        martlet bench primitives --json primitives.json
      """)

  @Argument(
    help: "What to time.", completion: .list(Benchmark.Group.allCases.map(\.rawValue) + Catalogue.all.map(\.name)))
  var names: [String] = []

  @OptionGroup var devices: DeviceOptions

  @Option(
    name: .customLong("data"),
    help: ArgumentHelp(
      "Train on the MNIST files of this folder; by default on digits drawn by the built-in generator.",
      valueName: "folder"), completion: .directory)
  var folder: String?

  @Option(parsing: .unconditional, help: "How many times the time is taken.")
  var repetitions: Int?

  @Option(parsing: .unconditional, help: "How long each repetition is.")
  var seconds: Double?

  @Flag(help: "Two repetitions of a single call: whether everything runs, not how fast.")
  var quick = false

  @Flag(inversion: .prefixedNo, help: "Measure what the device can reach at most, and hold results against it.")
  var roofline = true

  @Flag(help: "List what can be timed; with --json with all numbers of each.")
  var list = false

  @Option(
    name: .customLong("json"), help: ArgumentHelp("Write all figures; - is standard output.", valueName: "file"),
    completion: .file(extensions: ["json"]))
  var reportPath: String?

  func validate() throws {
    if let repetitions, !(1...10_000).contains(repetitions) {
      throw ValidationError("--repetitions has to be from 1 to 10000; got \(repetitions)")
    }
    if let seconds, !(0...3600).contains(seconds) {
      throw ValidationError("--seconds has to be from 0 to 3600; got \(seconds)")
    }
    do { _ = try chosen() } catch { throw ValidationError("\(error)") }
    if let reportPath { try requireWritable(reportPath) }
  }

  func run() throws {
    let benchmarks = try chosen()
    if list { return try printList(benchmarks) }
    let device = try devices.selected()
    let digits = try digits()
    let roof = roofline ? Roofline(of: device) : nil
    let setting = Setting(device: device, digits: digits.samples)

    let table = BenchTable(names: benchmarks.map(\.name), isShown: reportPath != "-")
    try table.begin(device: device, roofline: roof)
    let results = try benchmarks.map { benchmark in
      try table.announce(benchmark.name)
      let result = Report.Result(try benchmark.measured(setting, effort: effort), roofline: roof)
      try table.add(result)
      return result
    }
    guard let reportPath else { return }
    try writeJSON(
      Report(on: device, digits: digits.source, effort: effort, roofline: roof, results: results), to: reportPath)
  }

  private func chosen() throws -> [Benchmark] {
    let usual = [Benchmark.Group.models, .matmul, .convolutions].map(\.rawValue)
    return try Catalogue.benchmarks(named: names.isEmpty ? (list ? ["all"] : usual) : names)
  }

  private var effort: Effort {
    var effort = quick ? Effort.quick : Effort()
    if let repetitions { effort.repetitions = repetitions }
    if let seconds { effort.seconds = seconds }
    return effort
  }

  /// Enough of them for batches to differ; drawing more would only take longer.
  private func digits() throws -> (samples: Dataset, source: String) {
    let count = 2048
    guard let folder else { return (StrokeDigits(seed: 1).dataset(of: 0..<count), "generated") }
    let mnist = try MNIST.load(from: folder, trainingLimit: count)
    return (mnist.train, "\(mnist.source)")
  }

  private func printList(_ benchmarks: [Benchmark]) throws {
    if let reportPath { return try writeJSON(["benchmarks": benchmarks.map(Listing.init)], to: reportPath) }
    var table = TextTable(columns: ["name", "group", "unit"])
    for benchmark in benchmarks { table.add([benchmark.name, benchmark.group.rawValue, benchmark.unit.rawValue]) }
    print(table)
  }
}
