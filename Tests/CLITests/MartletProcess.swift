import Foundation
import Synchronization
import Testing

/// The built command, run as a person would run it.
struct MartletProcess {
  struct Outcome {
    let status: Int32
    let output: String
    let errors: String
  }

  /// Beside the test bundle, where the build puts both.
  private static let executable = URL(fileURLWithPath: CommandLine.arguments[0])
    .resolvingSymlinksInPath().deletingLastPathComponent().appendingPathComponent("martlet")

  /// Runs the command to its end.
  static func run(
    _ arguments: [String], environment: [String: String] = [:], interruptingWhen isReady: ((String) -> Bool)? = nil
  ) throws -> Outcome {
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    // The network plays no part, and settings of the machine that runs the tests play none either.
    var variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("MARTLET_") }
    variables["MARTLET_OFFLINE"] = "1"
    variables["XDG_CACHE_HOME"] = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-no-cache").path
    process.environment = variables.merging(environment) { $1 }
    let (output, errors) = (Drain(), Drain())
    process.standardOutput = output.pipe
    process.standardError = errors.pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    if let isReady {
      while process.isRunning && !isReady(errors.text) { usleep(20_000) }
      process.interrupt()
    }
    process.waitUntilExit()
    output.finish()
    errors.finish()
    return Outcome(status: process.terminationStatus, output: output.text, errors: errors.text)
  }
}

/// Collects what comes out of a pipe while it comes, so that the writer never blocks.
private final class Drain: Sendable {
  let pipe = Pipe()
  private let bytes = Mutex(Data())
  private let ended = DispatchSemaphore(value: 0)

  init() {
    pipe.fileHandleForReading.readabilityHandler = { [self] handle in
      let chunk = handle.availableData
      if chunk.isEmpty {
        handle.readabilityHandler = nil
        ended.signal()
      } else {
        bytes.withLock { $0.append(chunk) }
      }
    }
  }

  func finish() { ended.wait() }

  var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }
}

/// A folder of its own for each test, gone afterwards.
final class TemporaryFolder {
  let url = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-cli-\(UUID().uuidString)")

  init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  func write(_ bytes: [UInt8], to name: String) throws { try Data(bytes).write(to: url.appendingPathComponent(name)) }
}
