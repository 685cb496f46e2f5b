import ArgumentParser
import Foundation
import Martlet

/// Finds the fastest tiles of an OpenCL device.
struct TuneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tune", abstract: "Measure which kernels are fastest on an OpenCL device, and remember.",
    discussion: """
      Matrix products and convolutions are computed tile by tile; which tile is fastest for which shape differs from device to
      device. This tries them all, keeps the fastest that gives the very same bits, and writes them to a file that is read
      whenever the device is opened: in the folder that MARTLET_CL_TILES names, else in ~/.cache/martlet. To forget them, delete
      the file.

      Examples:
        martlet tune --device opencl:0
        martlet tune --device opencl:1 --seconds 0.2 --json
      """)

  @Option(help: "Which device: opencl:0, opencl:1 and so on (see 'martlet devices').", completion: .devices)
  var device = "opencl:0"

  @Option(parsing: .unconditional, help: "How long each tile is measured on each shape.") var seconds = 0.05

  @Option(help: ArgumentHelp("Write somewhere else, where nobody looks for it.", valueName: "file")) var output: String?

  @Flag(help: "Print one JSON object instead of a table.") var json = false

  private struct Report: Encodable {
    struct Shape: Encodable {
      let shape: String
      let tiles: Int
      let fastest: String
      let speedUp: Double
    }

    let device: String
    let path: String
    let shapes: [Shape]
  }

  func validate() throws {
    if !(0...60).contains(seconds) { throw ValidationError("--seconds has to be from 0 to 60; got \(seconds)") }
    if let output { try requireWritable(output) }
  }

  func run() throws {
    let device = try Device.named(device)
    note("tuning \(device.name) (\(device.capabilities.deviceName))\n")
    var table = TextTable(columns: ["shape", "tiles", "fastest", "speed-up"])
    var shapes: [Report.Shape] = []
    let path = try device.tune(seconds: seconds, path: output) { step in
      note("\(step.name): \(step.tile)")
      shapes.append(
        Report.Shape(shape: step.name, tiles: step.candidateCount, fastest: step.tile, speedUp: step.speedup))
      table.add([step.name, "\(step.candidateCount)", step.tile, String(format: "%.2f", step.speedup)])
    }
    if json { return try writeJSON(Report(device: device.name, path: path, shapes: shapes), to: "-") }
    print(table)
    print("\nwritten to \(path)")
  }
}
