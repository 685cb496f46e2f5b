import Foundation

/// A Python environment with the programs whose files we read and who read ours, made by `Scripts/peers`.
package enum Peer {
  /// What a script printed, or why it failed.
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  /// The interpreter that `MARTLET_PEERS` leads to; `nil` where that is not set.
  private static var interpreter: String? { environment("MARTLET_PEERS").map { $0 + "/bin/python" } }

  /// For `.enabled(if:_:)` of tests.
  package static var isThere: Bool { interpreter != nil }

  /// Why tests are skipped without it.
  package static let reason = "MARTLET_PEERS is not set: Scripts/test sets it where Python and PyPI can be reached"

  /// What a script printed.
  ///
  /// - Parameters:
  ///   - script: Python source.
  ///   - arguments: `sys.argv[1:]`.
  /// - Throws: `Failure` with all it printed, where its exit code is not 0.
  package static func run(_ script: String, _ arguments: String...) throws -> String {
    guard let interpreter else { throw Failure(description: reason) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: interpreter)
    process.arguments = ["-c", script] + arguments
    let output = Pipe()
    process.standardOutput = output
    // Into a file: a second pipe that nobody empties would stop the script.
    let problems = FileManager.default.temporaryDirectory.appending(path: "peer-\(UUID().uuidString).log")
    try Data().write(to: problems)
    defer { try? FileManager.default.removeItem(at: problems) }
    process.standardError = try FileHandle(forWritingTo: problems)
    try process.run()
    let printed = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      let complaint = (try? String(contentsOf: problems, encoding: .utf8)) ?? ""
      throw Failure(description: "the script ended with \(process.terminationStatus): \(printed)\(complaint)")
    }
    return printed
  }
}
