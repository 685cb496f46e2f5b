import ArgumentParser
import Martlet
import MartletCPUBackend
import MartletConsistency

/// Runs the conformance suite on this machine's devices.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check that the backends of this machine compute the same.",
    discussion: """
      Runs generated cases of every backend function on every device and instruction set and compares them with the reference
      backend. The table shows the largest error in units in the last place; 0 means the same bits. Exit code 1 when something
      disagrees by more than it may.

      Examples:
        martlet check
        martlet check --device opencl:0 --operation matmul
        martlet check --effort full --report check.json
      """)

  @Option(help: "Check only this device; may be given several times.", completion: .devices)
  var device: [String] = []

  @Option(help: "How many cases: brief (few and small, for simulators), quick or full (ten times as many as quick).")
  var effort = Effort.quick

  @Option(
    help: ArgumentHelp("Check only this operation, as the table names it; may be given several times."),
    completion: .list(ConsistencySuite.operations))
  var operation: [String] = []

  @Flag(help: "List the operations.")
  var list = false

  @Option(parsing: .unconditional, help: "Decides the generated cases.")
  var seed: UInt64 = 1

  @Flag(help: "Print one JSON object instead of a table.")
  var json = false

  @Option(
    name: .customLong("report"),
    help: ArgumentHelp("Write the same JSON to a file, beside the table.", valueName: "file"),
    completion: .file(extensions: ["json"]))
  var reportPath: String?

  func validate() throws {
    if let reportPath { try requireWritable(reportPath) }
    for name in operation where !ConsistencySuite.operations.contains(name) {
      throw ValidationError("\(UnknownNameError(kind: "operation", name: name, known: ConsistencySuite.operations))")
    }
  }

  struct DeviceReport: Encodable {
    let device: String
    let operations: [OperationReport]
  }

  func run() throws {
    if list && json { return try writeJSON(["operations": ConsistencySuite.operations], to: "-") }
    if list { return print(ConsistencySuite.operations.joined(separator: "\n")) }
    let subjects = try device.isEmpty ? Self.allSubjects() : device.map { ($0, try Device.named($0).backend) }
    let operations = operation.isEmpty ? nil : Set(operation)
    let suite = ConsistencySuite(seed: seed, effort: effort)
    let reports = suite.run(on: subjects.map(\.1), operations: operations) { operation in
      if !json { note("checking \(operation)") }
    }
    let figures = ["devices": zip(subjects, reports).map { DeviceReport(device: $0.0, operations: $1) }]
    if let reportPath { try writeJSON(figures, to: reportPath) }
    if json {
      try writeJSON(figures, to: "-")
    } else {
      printTable(devices: subjects.map(\.0), reports)
    }
    if reports.joined().contains(where: { !$0.passes }) { throw ExitCode(1) }
  }

  /// The reference, the processor with every instruction set, and every OpenCL device.
  private static func allSubjects() throws -> [(String, any Backend)] {
    var subjects: [(String, any Backend)] = [("reference", Device.reference.backend)]
    for set in InstructionSet.available {
      subjects.append(("cpu \(set.rawValue)", try CPUBackend(instructionSet: set)))
    }
    for candidate in Device.candidates where candidate.name.hasPrefix("opencl") && candidate.reasonUnusable == nil {
      subjects.append((candidate.name, try Device.named(candidate.name).backend))
    }
    return subjects
  }

  private func printTable(devices: [String], _ reports: [[OperationReport]]) {
    var table = TextTable(columns: ["operation", "cases"] + devices)
    for (row, first) in (reports.first ?? []).enumerated() {
      let rowReports = reports.map { $0[row] }
      let cells = rowReports.map { report in
        // Without exact arithmetic some operations have nothing to be compared with.
        if report.caseCount == 0 { return "–" }
        return report.passes ? Self.ulp(report.largestError) : "\(report.failureCount) wrong"
      }
      table.add([first.operation, String(rowReports.map(\.caseCount).max() ?? 0)] + cells)
    }
    print(table)
    for (device, reports) in zip(devices, reports) {
      for report in reports where !report.passes {
        print("\n\(device), \(report.operation):")
        for failure in report.failures.prefix(3) { print("  \(failure)") }
      }
    }
  }

  private static func ulp(_ error: Double) -> String {
    error == 0 ? "0" : error < 1000 ? String(format: "%.1f", error) : String(format: "%.1e", error)
  }
}

extension Effort: ExpressibleByArgument {}
