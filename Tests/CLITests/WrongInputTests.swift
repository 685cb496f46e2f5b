import Foundation
import Testing

/// Everything that can be wrong about files, options and places: the command ends by itself, with the documented exit code and one
/// message that a person understands, and what was there before still is.
@Suite("Wrong inputs") struct WrongInputTests {
  @Test("options", arguments: WrongInput.flags)
  func flags(_ test: WrongInput) throws { try expectRefusal(of: test) }

  @Test("tables, texts and pictures", arguments: WrongInput.tables)
  func tables(_ test: WrongInput) throws { try expectRefusal(of: test) }

  @Test("saved weights", arguments: WrongInput.weights)
  func weights(_ test: WrongInput) throws { try expectRefusal(of: test) }

  @Test("places to write to, and settings of the environment", arguments: WrongInput.places)
  func places(_ test: WrongInput) throws { try expectRefusal(of: test) }

  private func expectRefusal(of test: WrongInput) throws {
    let folder = try TemporaryFolder()
    for name in test.folders { try folder.makeFolder(name) }
    for (name, bytes) in test.files { try folder.write(bytes, to: name) }
    for (name, target) in test.links {
      try FileManager.default.createSymbolicLink(atPath: folder.path(name), withDestinationPath: target)
    }
    let before = try folder.listing()
    let outcome = try MartletProcess.run(test.arguments, environment: test.environment, in: folder)
    expectOneMessage(outcome, status: test.status, test.message)
    #expect(try folder.listing() == before, "what was there was changed")
  }

  private func expectOneMessage(_ outcome: MartletProcess.Outcome, status: Int32, _ message: String) {
    #expect(outcome.status == status, "\(outcome.errors)")
    #expect(outcome.errors.contains(message), "\(outcome.errors)")
    #expect(outcome.errors.components(separatedBy: "Error:").count == 2, "one message: \(outcome.errors)")
    for sign in ["Fatal error", "Error Domain", "NSCocoa", "Optional(", "Foundation.", "MartletBackend."] {
      #expect(!outcome.errors.contains(sign), "\(outcome.errors)")
    }
  }

  // What `predict` is given to look at.
  static let samples: [(files: [String: [UInt8]], links: [String: String], name: String, message: String)] = [
    ([:], [:], "no.png", "No such file"), ([:], [:], "folder", "it is a directory"),
    ([:], [:], "-1", "no test sample -1"),
    ([:], ["loop.png": "loop.png"], "loop.png", "Too many levels"), ([:], [:], "/dev/zero", "not a regular file"),
    (["a.png": Array(WrongFile.png(width: 28, height: 28).prefix(8))], [:], "a.png", "ends too early"),
    (["a.png": WrongFile.text("text")], [:], "a.png", "can be decoded"),
    (["a.png": WrongFile.png(width: 60_000, height: 60_000)], [:], "a.png", "more than the"),
    (["a.png": WrongFile.png(width: 0, height: 5)], [:], "a.png", "can be decoded"),
    (["a.png": WrongFile.png(width: 28, height: 28)], [:], "a.png", "can be decoded"),
    (["i": WrongFile.idx([2, 5, 5], payload: 50)], [:], "i", "the network needs [28, 28, 1]"),
    (["i": WrongFile.idx([.max, .max])], [:], "i", "which no memory can hold"),
    (["i": WrongFile.idx([])], [:], "i", "without axes"), (["i": WrongFile.idx(code: 77, [2])], [:], "i", "type 77"),
    (["i": WrongFile.idx([0, 28, 28])], [:], "i", "holds no images"),
    (["i": WrongFile.idx([9, 28, 28], payload: 99)], [:], "i", "ends too early"),
    (["i": [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 7, 7, 7]], [:], "i", "gzip"), (["i": []], [:], "i", "i"),
  ]

  @Test("samples to predict")
  func prediction() throws {
    let folder = try TemporaryFolder()
    let options = ["--limit", "50", "--epochs", "1", "--device", "cpu", "--quiet", "--save", "w"]
    #expect(try MartletProcess.run(["train", "mnist-mlp"] + options, in: folder).status == 0)
    try folder.makeFolder("folder")
    for sample in Self.samples {
      for (name, bytes) in sample.files { try folder.write(bytes, to: name) }
      for (name, target) in sample.links {
        try FileManager.default.createSymbolicLink(atPath: folder.path(name), withDestinationPath: target)
      }
      let outcome = try MartletProcess.run(
        ["predict", "w", "--limit", "50", "--device", "cpu", "--", sample.name], in: folder)
      expectOneMessage(outcome, status: 1, sample.message)
    }
  }

  @Test(
    "a full disk: one message, and the file that was there before is whole",
    .enabled(if: getuid() == 0, "mounting needs root"))
  func fullDisk() throws {
    let folder = try TemporaryFolder()
    try folder.makeFolder("disk")
    let disk = folder.path("disk")
    guard try run("mount", ["-t", "tmpfs", "-o", "size=1300k", "martlet", disk]) == 0 else { return }
    defer { _ = try? run("umount", ["-l", disk]) }
    let train = ["train", "mnist-mlp", "--limit", "50", "--epochs", "1", "--device", "cpu", "--quiet"]
    #expect(try MartletProcess.run(train + ["--save", "\(disk)/w"], in: folder).status == 0)
    let weights = try Data(contentsOf: URL(fileURLWithPath: "\(disk)/w"))
    try Data(count: 700_000).write(to: URL(fileURLWithPath: "\(disk)/ballast"))
    // There is no room for a second file of weights beside the first.
    let outcome = try MartletProcess.run(train + ["--seed", "2", "--save", "\(disk)/w"], in: folder)
    expectOneMessage(outcome, status: 1, "No space left on device")
    #expect(try Data(contentsOf: URL(fileURLWithPath: "\(disk)/w")) == weights)
    #expect(try FileManager.default.contentsOfDirectory(atPath: disk).sorted() == ["ballast", "w"])
    // A checkpoint that cannot be saved is said, and the training is not lost for it.
    let kept = try MartletProcess.run(
      Array(train.dropLast()) + ["--checkpoint", "\(disk)/run", "--save", "elsewhere"], in: folder)
    #expect(kept.status == 0 && kept.errors.contains("the checkpoint was not saved"), "\(kept.errors)")
    #expect(FileManager.default.fileExists(atPath: folder.path("elsewhere")))
  }

  private func run(_ tool: String, _ arguments: [String]) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [tool] + arguments
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }

  @Test("no permission to read or write", .enabled(if: getuid() != 0, "root may do everything"))
  func permissions() throws {
    let folder = try TemporaryFolder()
    try folder.makeFolder("locked")
    try folder.write([1], to: "secret")
    chmod(folder.path("secret"), 0)
    chmod(folder.path("locked"), 0o500)
    defer { chmod(folder.path("locked"), 0o700) }
    for (arguments, status, message) in [
      (["evaluate", "secret"], 1 as Int32, "Permission denied"),
      (["train", "house-price", "--data", "secret"], 1, "Permission denied"),
      (["train", "xor", "--save", "locked/w"], 64, "no permission"),
      (["train", "xor", "--checkpoint", "locked/run"], 64, "no permission"),
    ] { expectOneMessage(try MartletProcess.run(arguments, in: folder), status: status, message) }
  }

  @Test("a reader that goes away: no signal, and the network is saved")
  func closedPipe() throws {
    let folder = try TemporaryFolder()
    for (arguments, status) in [
      (["train", "--list"], 141 as Int32), (["devices", "--json"], 141),
      (["train", "xor", "--epochs", "1", "--device", "cpu", "--save", "w"], 141),
    ] {
      let pipe = Pipe()
      try pipe.fileHandleForReading.close()
      let outcome = try MartletProcess.run(arguments, in: folder, output: pipe.fileHandleForWriting)
      #expect(outcome.status == status && !outcome.errors.contains("Error"), "\(arguments): \(outcome.errors)")
    }
    #expect(try MartletProcess.run(["evaluate", "w", "--device", "cpu"], in: folder).status == 0)
  }

  @Test(
    "results that cannot be written are an error", .enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
  func fullOutput() throws {
    for arguments in [["train", "--list"], ["devices", "--json"], ["explain", "backprop"]] {
      let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
      let outcome = try MartletProcess.run(arguments, output: full)
      expectOneMessage(outcome, status: 1, "cannot write standard output: No space left on device")
    }
  }

  @Test("devices that are files stay devices")
  func devices() throws {
    let outcome = try MartletProcess.run(["train", "xor", "--epochs", "1", "--device", "cpu", "--json", "/dev/null"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    var status = stat()
    #expect(stat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
  }

  @Test("a link to a file stays a link, and the file gets the weights")
  func links() throws {
    let folder = try TemporaryFolder()
    try folder.write([1], to: "target")
    try FileManager.default.createSymbolicLink(atPath: folder.path("link"), withDestinationPath: "target")
    let outcome = try MartletProcess.run(
      ["train", "xor", "--epochs", "1", "--device", "cpu", "--quiet", "--save", "link"], in: folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.path("link")) == "target")
    #expect(try Data(contentsOf: folder.url.appendingPathComponent("target")).count > 100)
  }

  @Test("without HOME, and in any locale", arguments: ["C", "tr_TR.UTF-8", "no_such_locale", ""])
  func surroundings(locale: String) throws {
    let folder = try TemporaryFolder()
    let outcome = try MartletProcess.run(
      ["train", "linear-regression", "--device", "cpu", "--quiet", "--json", "-"],
      environment: ["HOME": "", "LC_ALL": locale, "LANG": locale, "XDG_CACHE_HOME": "", "TMPDIR": ""], in: folder)
    #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    // A comma for the point would be no JSON.
    #expect(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) is [String: Any])
  }

  @Test("Ctrl-C: the checkpoint is kept, and the run goes on from it to the end")
  func interruption() throws {
    let folder = try TemporaryFolder()
    let options = ["train", "mnist-mlp", "--limit", "600", "--device", "cpu", "--checkpoint", "run", "--save", "w"]
    let outcome = try MartletProcess.run(
      options + ["--epochs", "100000"], in: folder, interruptingWhen: { $0.contains("Epoch 2/") })
    #expect(outcome.status == 130 && outcome.errors.contains("--resume"), "\(outcome.errors)")
    #expect(try MartletProcess.run(["evaluate", "w", "--limit", "50", "--device", "cpu"], in: folder).status == 0)
    #expect(try !FileManager.default.contentsOfDirectory(atPath: folder.path("run")).isEmpty)
  }
}

extension TemporaryFolder {
  func makeFolder(_ name: String) throws {
    try FileManager.default.createDirectory(atPath: path(name), withIntermediateDirectories: true)
  }

  /// Everything in it, with the contents of files and the targets of links.
  func listing() throws -> [String: String] {
    let names = try FileManager.default.subpathsOfDirectory(atPath: url.path)
    return Dictionary(
      uniqueKeysWithValues: names.map { name in
        if let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path(name)) {
          return (name, "→ \(target)")
        }
        return (name, (try? Data(contentsOf: URL(fileURLWithPath: path(name))))?.base64EncodedString() ?? "folder")
      })
  }
}
