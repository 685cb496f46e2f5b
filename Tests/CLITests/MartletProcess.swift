import Foundation

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

  /// Where it lies.
  static let folder = executable.deletingLastPathComponent().path
  static let path = executable.path

  /// How to run it as a user who may write nowhere.
  private static let asNobodyWords = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]

  /// Whether that is possible here: the tool is there, and such a user may read the command.
  static let canRunAsNobody = (try? run(["--version"], asNobody: true).status) == 0

  /// Runs a line of a shell.
  static func run(shell line: String, in folder: TemporaryFolder) throws -> Outcome {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", line]
    process.currentDirectoryURL = folder.url
    process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("MARTLET_") }
      .merging(["MARTLET_OFFLINE": "1", "TMPDIR": folder.path("elsewhere")]) { $1 }
    let (output, errors) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError) = (output, errors)
    try process.run()
    let texts = try [output, errors].map { try $0.fileHandleForReading.readToEnd() ?? Data() }
    process.waitUntilExit()
    return Outcome(
      status: process.terminationStatus, output: String(decoding: texts[0], as: UTF8.self),
      errors: String(decoding: texts[1], as: UTF8.self))
  }

  /// Runs the command to its end, or to that which is made for it: a signal, by default as by Ctrl-C, when its standard error is ready for
  /// that, or a kill without warning after some time, of which the status is then 9.
  static func run(
    _ arguments: [String], environment: [String: String] = [:], in workingFolder: TemporaryFolder? = nil,
    output: FileHandle? = nil, interruptingWhen isReady: ((String) throws -> Bool)? = nil, by signal: Int32 = SIGINT,
    killingAfter delay: Duration? = nil, asNobody: Bool = false
  ) throws -> Outcome {
    let process = Process()
    process.executableURL = asNobody ? URL(fileURLWithPath: "/usr/bin/env") : executable
    process.arguments = (asNobody ? asNobodyWords + [path] : []) + arguments
    // The network plays no part, and settings of the machine that runs the tests play none either.
    var variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("MARTLET_") }
    variables["MARTLET_OFFLINE"] = "1"
    variables["XDG_CACHE_HOME"] = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-no-cache").path
    // Files rather than pipes: nobody has to read while the command writes.
    let folder = try TemporaryFolder()
    variables["TMPDIR"] = folder.url.path
    process.environment = variables.merging(environment) { $1 }
    func text(_ name: String) -> String {
      (try? Data(contentsOf: folder.url.appendingPathComponent(name))).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
    func file(_ name: String) throws -> FileHandle {
      try folder.write([], to: name)
      return try FileHandle(forWritingTo: folder.url.appendingPathComponent(name))
    }
    process.standardOutput = try output ?? file("output")
    process.standardError = try file("errors")
    if let workingFolder { process.currentDirectoryURL = workingFolder.url }
    process.standardInput = FileHandle.nullDevice
    try process.run()
    if let isReady {
      while try process.isRunning && !isReady(text("errors")) { usleep(20_000) }
      if process.isRunning { kill(process.processIdentifier, signal) }
    }
    if let delay {
      let end = ContinuousClock.now + delay
      while process.isRunning && .now < end { usleep(1000) }
      if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }
    process.waitUntilExit()
    return Outcome(status: process.terminationStatus, output: text("output"), errors: text("errors"))
  }
}

/// A folder of its own for each test, gone afterwards.
final class TemporaryFolder {
  let url = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-cli-\(UUID().uuidString)")

  init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  func write(_ bytes: [UInt8], to name: String) throws {
    let place = url.appendingPathComponent(name)
    try FileManager.default.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: place)
  }
}
