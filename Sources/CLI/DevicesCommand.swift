import ArgumentParser
import Martlet

/// Lists what can compute here, and why something cannot.
struct DevicesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "devices",
    abstract: "List every backend and device of this machine, and why one cannot be used.",
    discussion: """
      Examples:
        martlet devices
        martlet devices --json
      """)

  @Flag(help: "Print one JSON object instead of a table.")
  var json = false

  private struct Report: Encodable {
    let devices: [DeviceCandidate]
    let auto: String?
  }

  func run() throws {
    let candidates = Device.candidates
    if json {
      return try writeJSON(Report(devices: candidates, auto: try? Device.named("auto").name), to: "-")
    }
    var table = TextTable(columns: ["name", "kind", "device", "memory", "usable"])
    for candidate in candidates {
      let memory = candidate.memoryByteCount.map { String(format: "%.1f GiB", Double($0) / 0x1p30) } ?? "–"
      table.add([
        candidate.name, candidate.kind, candidate.deviceName, memory,
        candidate.reasonUnusable.map { "no: " + $0 } ?? "yes",
      ])
    }
    print(table)
    if let auto = try? Device.named("auto") { print("\n'auto' selects \(auto.name).") }
  }
}
