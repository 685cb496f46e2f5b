import Foundation
import MartletRuns
import MartletTraining
import Testing

/// A folder of its own for each test, gone afterwards.
final class TemporaryFolder {
  let path = FileManager.default.temporaryDirectory.appending(path: "martlet-runs-\(UUID().uuidString)").path

  init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// A file in it with this text.
  func file(_ name: String, _ text: String) throws -> String {
    let place = path + "/" + name
    try Data(text.utf8).write(to: URL(fileURLWithPath: place))
    return place
  }
}

@Suite("Files with a history") struct HistoryFileTests {
  @Test("are reports, encoded histories and tables alike")
  func forms() throws {
    let folder = try TemporaryFolder()
    let report = try folder.file(
      "report.json",
      #"{"recipe": "x", "history": [{"loss": 0.5, "val_loss": "nan", "seconds": 2, "samples_per_second": 9}, {"loss": 0.25}]}"#
    )
    let read = try HistoryFile.read(report)
    #expect(read["loss"] == [0.5, 0.25] && read.epochs.map(\.epoch) == [1, 2])
    #expect(
      read.epochs[0].seconds == 2 && read.epochs[0]["val_loss"]?.isNaN == true && read.epochs[1]["val_loss"] == nil)

    let table = try folder.file("log.csv", "epoch,loss,val_accuracy,seconds\n3,0.5,0.9,1.5\n4,0.25,,1.5\n")
    let rows = try HistoryFile.read(table)
    #expect(rows["loss"] == [0.5, 0.25] && rows["val_accuracy"] == [0.9] && rows.epochs.map(\.epoch) == [3, 4])

    var history = History()
    history.epochs = [EpochRecord(epoch: 1, values: ["loss": 2], seconds: 1, samplesPerSecond: 1, learningRate: 0.1)]
    let encoded = try folder.file(
      "history.json", String(decoding: try JSONEncoder().encode(history), as: UTF8.self))
    #expect(try HistoryFile.read(encoded) == history)
  }

  @Test(
    "that are none say why",
    arguments: [
      ("{\"history\": 3}", "something else was expected at history"), ("{\"a\": 1}", "lacks 'history'"),
      ("{\"history\": [", "not JSON"), ("a,b\nx,y\n", "no numbers to draw"), ("", "is empty"), ("a,b\n1\n", "table"),
      ("{\"history\": []}", "no epochs"), ("\u{0}\u{1}", "no epochs"),
    ])
  func broken(text: String, complaint: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("file", text)
    do {
      _ = try HistoryFile.read(path)
      Issue.record("it was read")
    } catch {
      #expect("\(error)".hasPrefix(path) && "\(error)".contains(complaint), "\(error)")
    }
    #expect(throws: RunError.self) { try HistoryFile.read(folder.path + "/missing") }
    #expect(throws: RunError.self) { try HistoryFile.read(folder.path) }
  }
}
