import Foundation
import Testing

/// Every command that writes, where it cannot: one message, the documented exit code, and what was there before still is.
@Suite("Places that cannot be written to", .serialized) struct UnwritableTests {
  /// What is typed to write to a place; there are a network `w.martlet`, a text model `g`, samples `x.csv` and runs `first` and `second`.
  struct Writer: CustomTestStringConvertible, Sendable {
    let command: [String]
    /// What the place is called in a folder.
    let name: String

    init(_ command: String, _ name: String) {
      (self.command, self.name) = (command.split(separator: " ").map(String.init), name)
    }

    var testDescription: String { (command + [name]).joined(separator: " ") }
    func arguments(in folder: String) -> [String] { command + ["\(folder)/\(name)"] }
  }

  private static let train = "train xor --epochs 1 --device cpu --quiet"
  static let writers = [
    Writer("\(train) --save", "net.martlet"), Writer("\(train) --save", "net.safetensors"),
    Writer("\(train) --picture", "p.png"), Writer("\(train) --json", "r.json"), Writer("\(train) --run", "run"),
    Writer("train xor --epochs 1 --device cpu --checkpoint", "check"), Writer("\(train) --tensorboard", "events"),
    Writer("\(train) --profile --trace", "trace.json"),
    Writer("evaluate w.martlet --device cpu --quiet --json", "e.json"),
    Writer("predict w.martlet 1,2 --device cpu --output", "p.csv"), Writer("generate g --count 3 --output", "story"),
    Writer("convert w.martlet", "c.onnx"), Writer("convert w.martlet", "c.npz"),
    Writer("convert w.martlet", "c.safetensors"),
    Writer("convert w.martlet", "c.martlet"), Writer("report runs/first --output", "r.html"),
    Writer("plot runs/first --output", "p.svg"), Writer("plot runs/first --output", "p.png"),
    Writer("runs compare first second --output", "c.svg"), Writer("explain network xor --svg", "n.svg"),
    Writer("explain features mnist-cnn --output", "sheets"),
    Writer("bench matmul-10x784x256 --quick --no-roofline --json", "b.json"),
    Writer("check --device cpu --operation memory --effort brief --report", "c.json"),
  ]

  /// A folder with everything that the commands read.
  private func prepared() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.write(Array(String(repeating: "to be or not to be\n", count: 60).utf8), to: "text")
    for arguments in [
      ["xor", "--epochs", "1", "--save", "w.martlet"], ["xor", "--epochs", "1", "--run", "first"],
      ["xor", "--epochs", "1", "--run", "second"],
      ["char-rnn", "--data", "text", "--epochs", "1", "--batch-size", "2", "--save", "g"],
    ] {
      let outcome = try MartletProcess.run(["train"] + arguments + ["--device", "cpu", "--quiet"], in: folder)
      #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
    }
    return folder
  }

  private func expectRefusals(in folder: TemporaryFolder, at place: String, _ message: String) throws {
    let before = try folder.listing()
    for writer in Self.writers {
      let outcome = try MartletProcess.run(writer.arguments(in: place), in: folder)
      #expect(outcome.status == 1 || outcome.status == 64, "\(writer.testDescription): \(outcome.status)")
      #expect(outcome.errors.contains(message), "\(writer.testDescription): \(outcome.errors)")
      #expect(
        outcome.errors.components(separatedBy: "Error:").count == 2,
        "one message: \(writer.testDescription): \(outcome.errors)")
      for sign in ["Fatal error", "Error Domain", "NSCocoa", "Optional(", "Foundation."] {
        #expect(!outcome.errors.contains(sign), "\(writer.testDescription): \(outcome.errors)")
      }
      #expect(try folder.listing() == before, "\(writer.testDescription) changed what was there")
    }
  }

  @Test("below a file")
  func belowFile() throws {
    let folder = try prepared()
    try folder.write([1], to: "file")
    try expectRefusals(in: folder, at: "file", "file")
  }

  @Test("on a disk that is read only", .enabled(if: getuid() == 0, "mounting needs root"))
  func readOnly() throws {
    let folder = try prepared()
    try folder.makeFolder("disk")
    guard try Disk.mount(folder.path("disk"), "size=100k,ro") else { return }
    defer { Disk.unmount(folder.path("disk")) }
    try expectRefusals(in: folder, at: "disk", "no permission to write")
  }

  @Test("in a folder of somebody else", .enabled(if: getuid() == 0, "only root can be somebody else"))
  func foreign() throws {
    let folder = try prepared()
    try folder.makeFolder("theirs")
    chmod(folder.path("theirs"), 0o755)
    chmod(folder.url.path, 0o755)
    guard MartletProcess.canRunAsNobody else { return }
    for writer in Self.writers {
      let outcome = try MartletProcess.run(writer.arguments(in: "theirs"), in: folder, asNobody: true)
      #expect(outcome.status == 1 || outcome.status == 64, "\(writer.testDescription): \(outcome.status)")
      #expect(outcome.errors.contains("no permission to write"), "\(writer.testDescription): \(outcome.errors)")
    }
    let secret = folder.path("w.martlet")
    chmod(secret, 0)
    let unread = try MartletProcess.run(["evaluate", "w.martlet"], in: folder, asNobody: true)
    #expect(unread.status == 1 && unread.errors.contains("Permission denied"), "\(unread.errors)")
  }

  @Test("on a full disk", .enabled(if: getuid() == 0, "mounting needs root"))
  func full() throws {
    let folder = try prepared()
    try folder.makeFolder("disk")
    guard try Disk.mount(folder.path("disk"), "size=64k,nr_inodes=20") else { return }
    defer { Disk.unmount(folder.path("disk")) }
    try folder.write([7], to: "disk/kept")
    // As much as there is room for.
    let ballast = FileHandle(forWritingAtPath: folder.path("disk/kept"))
    _ = try? ballast?.seekToEnd()
    for size in [4096, 512, 1] { while (try? ballast?.write(contentsOf: Data(count: size))) != nil {} }
    let before = try folder.listing()
    for writer in Self.writers {
      let outcome = try MartletProcess.run(writer.arguments(in: "disk"), in: folder)
      let goesOn = outcome.status == 0
      // A checkpoint that cannot be saved is no reason to lose the training.
      #expect(!goesOn || writer.name == "check", "\(writer.testDescription): \(outcome.errors)")
      #expect(
        outcome.errors.contains("No space left on device") || outcome.errors.contains("no room"),
        "\(writer.testDescription): \(outcome.errors)")
      #expect(
        outcome.errors.components(separatedBy: "Error:").count == (goesOn ? 1 : 2),
        "\(writer.testDescription): \(outcome.errors)")
      let after = try folder.listing()
      // Empty folders and files of events were begun, and nothing else changed.
      let changed = after.filter { before[$0.key] != $0.value && $0.value != "folder" && !$0.value.isEmpty }
      #expect(
        changed.isEmpty && before.allSatisfy { after[$0.key] == $0.value }, "\(writer.testDescription): \(changed.keys)"
      )
    }
  }

  @Test("where files may not grow: the limit is an error, and the network is saved elsewhere")
  func limited() throws {
    let folder = try prepared()
    try folder.makeFolder("elsewhere")
    let line =
      "ulimit -f 40; exec \(MartletProcess.path) train mnist-mlp --limit 100 --epochs 1 --device cpu --quiet --save net.martlet"
    let outcome = try MartletProcess.run(shell: line, in: folder)
    #expect(outcome.status == 1 && outcome.errors.contains("File too large"), "\(outcome.status): \(outcome.errors)")
    #expect(try !FileManager.default.contentsOfDirectory(atPath: folder.url.path).contains { $0.hasPrefix("net.") })
  }

  @Test(
    "a disk that fills up: training goes on, and what was learned is kept",
    .enabled(if: getuid() == 0, "mounting needs root"))
  func refuge() throws {
    let folder = try prepared()
    try folder.makeFolder("disk")
    try folder.makeFolder("moment")
    guard try Disk.mount(folder.path("disk"), "size=200k") else { return }
    defer { Disk.unmount(folder.path("disk")) }
    let outcome = try MartletProcess.run(
      [
        "train", "mnist-mlp", "--limit", "100", "--epochs", "2", "--device", "cpu", "--run", "disk/run",
        "--tensorboard",
      ]
        + ["disk/events"], environment: ["TMPDIR": folder.path("moment")], in: folder)
    #expect(outcome.status == 1, "\(outcome.errors)")
    #expect(
      outcome.errors.contains("the checkpoint was not saved") && outcome.errors.contains("what was learned is in"))
    let kept = try FileManager.default.contentsOfDirectory(atPath: folder.path("moment"))
    let name = try #require(kept.first { $0.hasSuffix("model.martlet") })
    let evaluation = try MartletProcess.run(
      ["evaluate", "moment/\(name)", "--limit", "20", "--device", "cpu"], in: folder)
    #expect(evaluation.status == 0, "\(evaluation.errors)")
    #expect(try MartletProcess.run(["runs", "--runs", "disk"], in: folder).output.contains("failed"))
  }
}

/// Small disks in memory.
enum Disk {
  /// Whether a disk is there now.
  static func mount(_ path: String, _ options: String) throws -> Bool {
    try run("mount", ["-t", "tmpfs", "-o", options, "martlet", path]) == 0
  }

  static func unmount(_ path: String) { _ = try? run("umount", ["-l", path]) }

  private static func run(_ tool: String, _ arguments: [String]) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [tool] + arguments
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }
}
