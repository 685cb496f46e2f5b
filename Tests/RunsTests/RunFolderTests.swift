import Foundation
import MartletCharts
import MartletRuns
import MartletTraining
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite("Runs") struct RunFolderTests {
  private static func record(
    _ name: String = "digits", seed: Int = 1, accuracy: Double = 0.9, started: Double = 1_700_000_000
  ) -> RunRecord {
    var record = RunRecord(
      recipe: name, command: ["martlet", "train", name, "--note", "it's <b>"],
      options: ["seed": "\(seed)", "epochs": "2"],
      started: Date(timeIntervalSince1970: started), environment: ["device": "cpu"])
    record.status = .done
    record.figures = ["test_accuracy": accuracy, "test_loss": 1 - accuracy]
    record.history.epochs = [
      EpochRecord(epoch: 1, values: ["loss": 1, "val_loss": 2], seconds: 1.5, samplesPerSecond: 10, learningRate: 0.1),
      EpochRecord(
        epoch: 2, values: ["loss": 0.5, "val_loss": .nan], seconds: 1.5, samplesPerSecond: 10, learningRate: 0.01),
    ]
    record.history.bestEpoch = 1
    return record
  }

  private static var evidence: RunEvidence {
    var evidence = RunEvidence()
    evidence.classNames = ["no", "yes & <i>"]
    evidence.confusion = [3, 1, 0, 4]
    evidence.mistakeCount = 1
    evidence.mistakes = [
      RunEvidence.Mistake(sample: 7, label: 0, prediction: 1, probability: 0.75, picture: Data([0x89, 0x50]))
    ]
    evidence.weights = [
      RunEvidence.Spread(name: "0.kernel", shape: [2, 3], histogram: Histogram(of: [0, 1, 2], bins: 2))
    ]
    evidence.summary = "Model: <tiny>"
    evidence.drawing = "<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>"
    return evidence
  }

  @Test("come back as they were written")
  func roundTrip() throws {
    let folder = RunFolder(try TemporaryFolder().path + "/deep/first")
    defer { try? FileManager.default.removeItem(atPath: folder.path) }
    try folder.write(Self.record())
    try folder.write(Self.evidence)
    let read = try folder.record()
    #expect(folder.exists && folder.name == "first" && read.figures == Self.record().figures)
    #expect(
      read.started == Self.record().started && read.options == Self.record().options && read.history.bestEpoch == 1)
    #expect(read.history["loss"] == [1, 0.5] && read.history.epochs[1]["val_loss"]?.isNaN == true)
    #expect(read.history.epochs[0].learningRate == 0.1 && read.history.epochs[0].seconds == 1.5)
    #expect(try folder.evidence() == Self.evidence)
    #expect(try HistoryFile.read(folder.path)["loss"] == [1, 0.5])
  }

  @Test("of the first version, with nothing that is not needed, stay readable; those of later versions are refused")
  func versions() throws {
    let place = try TemporaryFolder()
    func record(_ text: String) throws -> RunRecord {
      _ = try place.file("run.json", text)
      return try RunFolder(place.path).record()
    }
    let least = #"{"martlet_run": 1, "recipe": "x", "started": "2026-01-02T03:04:05Z", "status": "running"}"#
    #expect(try record(least).recipe == "x" && record(least).history.epochs.isEmpty)
    let more = least.replacing("}", with: #", "something_new": [1, {"a": null}]}"#)
    // Nobody works on it.
    #expect(try record(more).status == .killed)
    for (text, complaint) in [
      (least.replacing(": 1,", with: ": 2,"), "version 2"), ("{", "not JSON"), ("[]", "something else"),
      ("", "not JSON"),
      (least.replacing("running", with: "lost"), "lost"), (least.replacing("\"x\"", with: "7"), "recipe"),
      (least.replacing("2026-01", with: "soon"), "ISO8601"),
    ] {
      #expect { try record(text) } throws: {
        "\($0)".hasPrefix(place.path) && "\($0)".contains(complaint)
      }
    }
    #expect { try RunFolder(place.path + "/none").record() } throws: { "\($0)".contains("no such run") }
    let empty = try TemporaryFolder()
    #expect { try RunFolder(empty.path).record() } throws: { "\($0)".contains("no run.json") }
  }

  @Test("go on as long as somebody holds their folder, and say what the doctor noticed")
  func claims() throws {
    let folder = RunFolder(try TemporaryFolder().path + "/run")
    defer { try? FileManager.default.removeItem(atPath: folder.path) }
    var record = RunRecord(recipe: "x", command: ["martlet", "train", "x"], options: [:])
    record.checkpoint = "checkpoint"
    try folder.write(record)
    #expect(try folder.record().status == .running && folder.record().wordsToGoOn(in: folder) == nil)
    try folder.write(record)
    record.status = .interrupted
    try folder.write(record)
    #expect(try folder.record().status == .interrupted && folder.record().lineToGoOn(in: folder) == nil)
    try FileManager.default.createDirectory(
      atPath: folder.file("checkpoint"), withIntermediateDirectories: true)
    try Data().write(to: URL(fileURLWithPath: folder.file("checkpoint/checkpoint.safetensors")))
    #expect(try folder.record().wordsToGoOn(in: folder)?.last == "--resume")

    let finding = #"{"concern": "plateau", "message": "it <stands> still", "remedy": "a < b", "epoch": 4}"#
    let text = try String(contentsOfFile: folder.file("run.json"), encoding: .utf8)
      .replacing(/"doctor" : \[\s*\]/) { _ in "\"doctor\" : [\(finding)]" }
    try Data(text.utf8).write(to: URL(fileURLWithPath: folder.file("run.json")))
    let read = try folder.record()
    #expect(read.history.findings.map(\.epoch) == [4])
    let page = try RunPage(name: "x", record: read, evidence: nil).html()
    #expect(page.contains("after epoch 4") && page.contains("it &lt;stands&gt; still") && page.contains("a &lt; b"))
    #expect(XMLParser(data: Data(page.utf8)).parse())
  }

  @Test("that cannot be stored say why")
  func unwritable() throws {
    let place = try TemporaryFolder()
    let file = try place.file("file", "")
    #expect { try RunFolder(file + "/run").write(Self.record()) } throws: { "\($0)".contains("cannot be made") }
    #expect { try RunList.newFolder(in: file, for: "x") } throws: { "\($0)".contains("cannot be made") }
  }

  @Test("are listed by time; a damaged one is told of, and other folders are none")
  func list() throws {
    let place = try TemporaryFolder()
    let early = try RunList.newFolder(in: place.path, for: "digits")
    try early.write(Self.record(started: 1_700_000_500))
    let late = try RunList.newFolder(in: place.path, for: "digits")
    try late.write(Self.record(started: 1_700_000_000))
    #expect([early.name, late.name] == ["digits-1", "digits-2"])
    try FileManager.default.createDirectory(atPath: place.path + "/other", withIntermediateDirectories: true)
    try FileManager.default.createDirectory(atPath: place.path + "/damaged", withIntermediateDirectories: true)
    _ = try place.file("damaged/run.json", "{")
    let list = try RunList(in: place.path)
    #expect(list.entries.map(\.name) == ["digits-2", "digits-1"] && list.problems.count == 1)
    #expect(list.problems[0].path.hasSuffix("damaged/run.json"))
    #expect(throws: RunError.self) { try RunList(in: place.path + "/none") }
  }

  @Test("are compared: what differs, and what came out, the best marked")
  func comparison() throws {
    func entry(_ name: String, _ record: RunRecord) -> RunList.Entry {
      RunList.Entry(folder: RunFolder("/runs/" + name), record: record)
    }
    let same = RunComparison([entry("a", Self.record()), entry("b", Self.record())])
    #expect(same.differences.isEmpty && same.results.allSatisfy(\.best.isEmpty) && same.names == ["a", "b"])
    let other = RunComparison([entry("a", Self.record()), entry("b", Self.record(seed: 5, accuracy: 0.95))])
    #expect(other.differences.map(\.name) == ["seed"] && other.differences[0].values == ["1", "5"])
    func row(_ name: String) -> RunComparison.Row? { other.results.first { $0.name == name } }
    #expect(row("test_accuracy")?.values == ["0.9000", "0.9500"] && row("test_accuracy")?.best == [1])
    #expect(row("test_loss")?.best == [1] && row("last loss")?.best == [])
    #expect(other.plot()?.series.map(\.name) == ["a", "b"] && other.plot("nothing") == nil)
  }

  @Test("have a page that is well formed, needs nothing else, and shows what there is")
  func page() throws {
    let html = try RunPage(name: "my <run>", record: Self.record(), evidence: Self.evidence).html()
    let parser = XMLParser(data: Data(html.utf8))
    #expect(parser.parse(), "\(String(describing: parser.parserError))")
    for text in [
      "my &lt;run&gt;", "90.00", "says yes &amp; &lt;i&gt;, 75", "is no", "1 of 8 test samples", "0.kernel  2×3",
      "Model: &lt;tiny&gt;", "martlet train digits --note &#39;it", "data:image/svg+xml;base64,",
      "prefers-color-scheme:dark",
    ] {
      #expect(html.contains(text) || html.contains(text.replacing("&#39;", with: "'")), "\(text)")
    }
    // Nothing is fetched, and nothing runs.
    let links = html.matches(of: /(?:src|href)="([^"]*)"/).map { String($0.1) }
    #expect(!links.isEmpty && links.allSatisfy { $0.hasPrefix("data:") })
    #expect(!html.contains("<script") && !html.contains("url(") && !html.contains("@import"))
    let bare = try RunPage(
      name: "x", record: RunRecord(recipe: "y", command: [], options: [:]), evidence: nil
    ).html()
    #expect(XMLParser(data: Data(bare.utf8)).parse() && !bare.contains("Curves"))
  }
}
