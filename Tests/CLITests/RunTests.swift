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
    for name in ["run.json", "evidence.json", "weights.safetensors"] {
      #expect(FileManager.default.fileExists(atPath: folder.path("runs/second/" + name)), "\(name)")
    }
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
    let evaluation = try MartletProcess.run(
      ["evaluate", folder.path("runs/first/weights.safetensors"), "--device", "cpu", "--limit", "50"])
    #expect(evaluation.status == 0, "\(evaluation.errors)")
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
      (["train", "mnist-mlp", "--run", folder.path("file") + "/run"], "cannot be made"),
      (["train", "mnist-mlp", "--tensorboard", folder.path("file") + "/events"], "cannot make the folder"),
      (["train", "vae", "--tensorboard", folder.path("events")], "--tensorboard has no meaning for vae"),
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
