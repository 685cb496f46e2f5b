import Foundation
import Testing

@Suite("Stored runs") struct RunTests {
  /// A small run in a folder of runs.
  private static func train(_ name: String, in folder: TemporaryFolder, _ more: [String] = []) throws {
    let outcome = try MartletProcess.run(
      ["train", "mnist-mlp", "--device", "cpu", "--limit", "300", "--epochs", "3", "--run", name, "--quiet"] + more,
      environment: ["MARTLET_RUNS": folder.path("runs")])
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  @Test("are stored, listed, compared, drawn and made into a page")
  func life() throws {
    let folder = try TemporaryFolder()
    let runs = ["MARTLET_RUNS": folder.path("runs")]
    try Self.train("first", in: folder)
    try Self.train("second", in: folder, ["--seed", "7", "--tensorboard", folder.path("events")])
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path("runs/second")).sorted()
    #expect(files == ["evidence.json", "model.martlet", "run.json"])
    let events = try FileManager.default.contentsOfDirectory(atPath: folder.path("events/train"))
    #expect(events.count == 1 && events[0].contains("tfevents"))

    let list = try MartletProcess.run(["runs"], environment: runs)
    let rows = list.output.split(separator: "\n")
    #expect(rows.count == 4 && rows[2].hasPrefix("first ") && rows[3].hasPrefix("second ") && rows[3].contains("done"))
    let json =
      try JSONSerialization.jsonObject(
        with: Data(try MartletProcess.run(["runs", "--json"], environment: runs).output.utf8)) as? [String: Any]
    let entries = try #require(json?["runs"] as? [[String: Any]])
    #expect(entries.map { $0["name"] as? String } == ["first", "second"])
    #expect((entries[1]["options"] as? [String: String])?["seed"] == "7" && entries[1]["epochs"] as? Int == 3)

    let comparison = try MartletProcess.run(["runs", "compare", "first", "second"], environment: runs)
    let lines = comparison.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(lines.contains(["seed", "1", "7"]) && lines.contains(["epochs", "3", "3"]), "\(comparison.output)")
    #expect(!lines.contains { $0.first == "recipe" } && comparison.output.contains("* first   o second"))

    let plot = try MartletProcess.run(["plot", "first"], environment: runs)
    #expect(plot.status == 0 && plot.output.contains("* training   o validation") && !plot.output.contains("\u{1B}"))
    #expect(plot.output.contains("accuracy") && plot.output.unicodeScalars.allSatisfy(\.isASCII))
    for name in ["curves.svg", "curves.png"] {
      let outcome = try MartletProcess.run(["plot", "first", "--output", folder.path(name)], environment: runs)
      #expect(outcome.status == 0 && outcome.output.isEmpty, "\(outcome.errors)")
    }
    let svg = try String(contentsOfFile: folder.path("curves.svg"), encoding: .utf8)
    #expect(svg.hasPrefix("<svg") && svg.contains("prefers-color-scheme"))
    #expect(
      try Data(contentsOf: URL(fileURLWithPath: folder.path("curves.png"))).starts(with: [0x89, 0x50, 0x4E, 0x47]))

    let report = try MartletProcess.run(["report", "second"], environment: runs)
    #expect(report.status == 0, "\(report.errors)")
    let page = try String(contentsOfFile: folder.path("runs/second/report.html"), encoding: .utf8)
    for text in ["Who was taken for whom", "Worst mistakes", "Weights", "Network", "--seed 7", "test samples"] {
      #expect(page.contains(text), "\(text)")
    }
    // What was stored can be used.
    for name in ["first", folder.path("runs/first"), folder.path("runs/first/model.martlet")] {
      let evaluation = try MartletProcess.run(
        ["evaluate", name, "--device", "cpu", "--limit", "50"], environment: runs)
      #expect(evaluation.status == 0 && evaluation.output.contains("mnist-mlp on cpu"), "\(evaluation.errors)")
    }
    for arguments in [
      ["predict", "first", "1", "--limit", "20"], ["summary", "first"], ["explain", "network", "second"],
      ["convert", "first", folder.path("first.onnx")],
    ] {
      let outcome = try MartletProcess.run(arguments, environment: runs)
      #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
    }
    let mistyped = try MartletProcess.run(["evaluate", "frist"], environment: runs)
    #expect(mistyped.status == 1 && mistyped.errors.contains("did you mean 'first'?"), "\(mistyped.errors)")
  }

  @Test("that are killed are listed so, with the command that goes on to the end; two at once are refused")
  func killed() throws {
    let folder = try TemporaryFolder()
    let runs = ["MARTLET_RUNS": folder.path("runs")]
    let command = ["train", "mnist-mlp", "--device", "cpu", "--limit", "3000", "--epochs", "25"]
    #expect(try MartletProcess.run(command + ["--run", "whole", "--quiet"], environment: runs).status == 0)
    var second: MartletProcess.Outcome?
    let outcome = try MartletProcess.run(
      command + ["--run", "first"], environment: runs,
      interruptingWhen: { errors in
        guard errors.contains("Epoch 2/") else { return false }
        second = try MartletProcess.run(command + ["--run", "first", "--resume"], environment: runs)
        let list = try MartletProcess.run(["runs"], environment: runs).output
        #expect(list.contains("running") && !list.contains("to go on"), "\(list)")
        return true
      }, by: SIGKILL)
    #expect(outcome.status == 9)
    let other = try #require(second)
    #expect(other.status == 1 && other.errors.contains("another process is training this run"), "\(other.errors)")

    let list = try MartletProcess.run(["runs"], environment: runs).output
    #expect(list.contains("first was killed in epoch") && list.contains("--run first --resume"), "\(list)")
    let json = try MartletProcess.run(["runs", "--json"], environment: runs).output
    #expect(json.contains("\"killed\"") && json.contains("\"resume\""), "\(json)")
    let unfinished = try MartletProcess.run(["predict", "first", "1"], environment: runs)
    #expect(unfinished.status == 1 && unfinished.errors.contains("has no network"), "\(unfinished.errors)")
    let taken = try MartletProcess.run(command + ["--run", "first"], environment: runs)
    #expect(taken.status == 64 && taken.errors.contains("or go on with it"), "\(taken.errors)")

    let rest = try MartletProcess.run(command + ["--run", "first", "--resume", "--quiet"], environment: runs)
    #expect(rest.status == 0, "\(rest.errors)")
    func model(_ name: String) throws -> Data {
      try Data(contentsOf: URL(fileURLWithPath: folder.path("runs/\(name)/model.martlet")))
    }
    #expect(try model("first") == model("whole"))
    #expect(!FileManager.default.fileExists(atPath: folder.path("runs/first/checkpoint")))
    #expect(try !MartletProcess.run(["runs"], environment: runs).output.contains("to go on"))
    let done = try MartletProcess.run(command + ["--run", "first", "--resume"], environment: runs)
    #expect(done.status == 64 && done.errors.contains("nothing to go on with"), "\(done.errors)")
  }

  @Test("keep what the doctor noticed, before training and after epochs, also of stages that are done wrong first")
  func advice() throws {
    let folder = try TemporaryFolder()
    let runs = ["MARTLET_RUNS": folder.path("runs")]
    let outcome = try MartletProcess.run(
      ["train", "weight-height", "--device", "cpu", "--run", "first", "--quiet"], environment: runs)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let record = try JSONSerialization.jsonObject(
      with: Data(try MartletProcess.run(["report", "first", "--json"], environment: runs).output.utf8))
    let findings = try #require((record as? [String: Any])?["doctor"] as? [[String: Any]])
    #expect(findings.first?["concern"] as? String == "inputs-not-scaled" && findings.first?["epoch"] == nil)
    #expect(try MartletProcess.run(["report", "first"], environment: runs).status == 0)
    let page = try String(contentsOfFile: folder.path("runs/first/report.html"), encoding: .utf8)
    #expect(
      page.contains("What the doctor noticed") && page.contains("before training") && page.contains("<code>let scaler"))
  }

  @Test(
    "of recipes with loops of their own are recorded epoch by epoch, and write events",
    arguments: ["vae", "som", "rbm"])
  func ownLoops(recipe: String) throws {
    let folder = try TemporaryFolder()
    let outcome = try MartletProcess.run(
      ["train", recipe, "--device", "cpu", "--limit", "60", "--epochs", "2", "--quiet", "--run", folder.path("first")]
        + ["--tensorboard", folder.path("events")])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let events = try FileManager.default.subpathsOfDirectory(atPath: folder.path("events"))
    #expect(events.contains { $0.hasPrefix("train/") && $0.contains("tfevents") })
    #expect(try MartletProcess.run(["plot", folder.path("first"), "--json"]).output.contains("\"epochs\""))
  }

  @Test("get names of their own where every run is stored, and are not stored where nobody asked")
  func names() throws {
    let folder = try TemporaryFolder()
    for _ in 0..<2 {
      let outcome = try MartletProcess.run(
        ["train", "linear-regression", "--device", "cpu", "--epochs", "1", "--quiet"],
        environment: ["MARTLET_RUNS": folder.path("all")])
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
    let stored = try FileManager.default.contentsOfDirectory(atPath: folder.path("all")).sorted()
    #expect(stored == ["linear-regression-1", "linear-regression-2"])
  }

  @Test("that are wrong end in one clear message")
  func mistakes() throws {
    let folder = try TemporaryFolder()
    try Self.train("first", in: folder)
    try folder.write(Array("{".utf8), to: "broken.json")
    try folder.write(Array("text".utf8), to: "file")
    try folder.write(Array(#"{"martlet_run": 99, "recipe": "x"}"#.utf8), to: "runs/first/../later.json")
    let cases: [(arguments: [String], complaint: String)] = [
      (["train", "mnist-mlp", "--run", "first"], "there is a run first already"),
      (["train", "mnist-mlp", "--run", folder.path("file") + "/run"], "is a file, not a folder"),
      (["train", "mnist-mlp", "--tensorboard", folder.path("file") + "/events"], "is a file, not a folder"),
      (["train", "gates", "--tensorboard", folder.path("events")], "--tensorboard has no meaning for gates"),
      (["runs", "--runs", folder.path("none")], "there is no such folder"),
      (["runs", "compare", "first"], "name two runs"), (["runs", "compare", "first", "nothing"], "no such run"),
      (["plot", "nothing"], "there is no such file or folder"), (["plot", folder.path("broken.json")], "not JSON"),
      (["plot", folder.path("runs/later.json")], "lacks 'history'"),
      (["plot", "first", "--only", "beauty"], "'beauty'"),
      (["plot", "first", "--output", folder.path("x.gif")], ".svg or .png"),
      (["plot", "first", "--output", folder.path("no/x.svg")], "there is no folder"),
      (["report", "nothing"], "no such run"), (["report", folder.path("runs")], "no run.json"),
      (["report", "first", "--output", folder.path("no/x.html")], "there is no folder"),
    ]
    for (arguments, complaint) in cases {
      let outcome = try MartletProcess.run(arguments, environment: ["MARTLET_RUNS": folder.path("runs")])
      #expect(outcome.status == 1 || outcome.status == 64, "\(arguments): \(outcome.status)")
      #expect(outcome.errors.contains(complaint), "\(arguments): \(outcome.errors)")
      #expect(outcome.errors.split(separator: "\n").count { $0.hasPrefix("Error:") } == 1, "\(outcome.errors)")
    }
  }
}
