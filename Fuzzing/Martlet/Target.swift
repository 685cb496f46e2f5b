import Foundation
import MartletArchive
import MartletBackend
import MartletCharts
import MartletData
import MartletInterchange
import MartletLayers
import MartletONNX
import MartletOpenCLBackend
import MartletRecipes
import MartletRuns
import MartletTensor
import MartletTraining

/// What each reader does with some bytes.
enum Target {
  static let all: [String: @Sendable ([UInt8]) throws -> Void] = [
    "safetensors": { bytes in
      let contents = try SafetensorsReader(bytes: Data(bytes)).contents()
      // What was read can be written, and is then the same.
      let again = Safetensors.encoded(contents.entries, metadata: contents.metadata)
      guard try SafetensorsReader(bytes: Data(again)).contents() == contents else { fatalError("another file") }
    },
    "npy": { bytes in
      let contents = try NPY.contents(of: bytes)
      guard try NPY.contents(of: NPY.encoded(contents.entry)).entry == contents.entry else {
        fatalError("another array")
      }
    },
    "npz": { _ = try NPZ.contents(of: $0) },
    "json": { bytes in
      let json = try JSON(parsing: String(decoding: bytes, as: UTF8.self))
      guard try JSON(parsing: json.encoded) == json else { fatalError("another value") }
    },
    "archive": { bytes in
      let contents = try SafetensorsReader(bytes: Data(bytes)).contents()
      _ = try withDevice(.reference) { try Archive(contents, largestActivation: 1 << 16) }
    },
    "architecture": architecture,
    "idx": { _ = try IDXArray(parsing: $0, file: "idx") },
    // Packed bytes without the header, which libFuzzer would only break.
    "gzip": { _ = try IDXArray(parsing: [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3] + $0, file: "gzip") },
    "csv": { bytes in
      let table = try Table(csv: String(decoding: bytes, as: UTF8.self))
      for name in table.columnNames { _ = try table.kind(of: name) }
    },
    "png": { _ = try GrayPicture(png: $0, file: "png").normalizedDigit() },
    "picture": { bytes in
      let picture = try ColorPicture(encoded: bytes, file: "picture")
      _ = picture.scaled(width: 9, height: 7).gray
    },
    "checkpoint": { bytes in
      let contents = try SafetensorsReader(bytes: Data(bytes)).contents()
      _ = try CheckpointFile(contents, path: "checkpoint")
    },
    "onnx": { bytes in
      _ = try withDevice(.reference) {
        try ONNX.model(of: Data(bytes), folder: nil, channelsLast: false, trialElements: 1 << 16)
      }
    },
    "tiles": { bytes in
      guard let profile = OpenCLProfile.allCases.first else { return }
      let text = String(decoding: bytes, as: UTF8.self)
      if let table = TileTable(text, for: ["device"], profile) {
        guard TileTable(table.text(for: ["device"], profile), for: ["device"], profile) == table else {
          fatalError("another table")
        }
      }
    },
    "history": { bytes in
      let history = try HistoryFile.history(of: bytes, "history")
      guard history.epochs.count < 64 else { return }
      let figure = history.figure(title: "history")
      _ = try (figure.svg(), figure.terminal(.plain))
    },
    "run": { bytes in
      let run = try JSONDecoder.ofRuns.decode(StoredRun.self, from: Data(bytes))
      _ = try RunPage(name: "run", record: run.record, evidence: run.evidence).html()
      _ = try run.record.json()
    },
    "table": { bytes in
      // The first line is what was learned of a table, the others are rows.
      let parts = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 1)
      guard parts.count == 2 else { return }
      let preparation = try JSONDecoder().decode(TablePreparation.self, from: Data(parts[0]))
      _ = try preparation.features(of: Table(csv: String(decoding: parts[1], as: UTF8.self)))
    },
    "keras": { bytes in
      let entries = try arrays(of: bytes).entries
      try withDevice(.reference) {
        try Seeds.forKeras().restoreKeras(
          entries.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, isOrdered: true,
          from: URL(filePath: "keras"))
      }
    },
    "saved": { bytes in
      let (entries, json) = try arrays(of: bytes)
      guard case .object(let members)? = json["notes"] else { return }
      let notes = members.compactMapValues { String(json: $0) }
      let file = Scratch.file
      try Data(Safetensors.encoded(entries, metadata: notes)).write(to: file)
      try withDevice(.reference) {
        if try SavedGenerator.read(file.path) == nil { _ = try SavedNetwork.read(file.path) }
      }
    },
    "programs": { _ = ProgramCache.payload(of: $0, key: "key") },
  ]

  /// A description of a model whose member `weights` says which arrays the file would have: what libFuzzer changes is the text alone, and
  /// nothing has to keep lengths and places in order.
  @Sendable private static func architecture(_ bytes: [UInt8]) throws {
    let (entries, _) = try arrays(of: bytes)
    let contents = Safetensors.Contents(
      entries: entries, metadata: [Archive.key: String(decoding: bytes, as: UTF8.self)])
    _ = try withDevice(.reference) { try Archive(contents, largestActivation: 1 << 16) }
  }

  /// The arrays that a text of JSON names in its member `weights`, with some numbers in them.
  private static func arrays(of bytes: [UInt8]) throws -> (entries: [String: Safetensors.Entry], json: JSON) {
    let json = try JSON(parsing: String(decoding: bytes, as: UTF8.self))
    guard case .object(let shapes)? = json["weights"], shapes.count < 64 else { throw Unusable() }
    var entries: [String: Safetensors.Entry] = [:]
    for (name, json) in shapes {
      guard let shape = [Int](json: json), shape.count < 9, shape.allSatisfy({ (0...4096).contains($0) }) else {
        throw Unusable()
      }
      var count = 1
      for extent in shape { count = min(count * extent, 1 << 20) }
      guard count <= 4096 else { throw Unusable() }
      entries[name] = Safetensors.Entry(floats: (0..<count).map { Float($0 % 7) / 7 - 0.4 }, shape: shape)
    }
    return (entries, json)
  }

  /// What a target cannot begin anything with.
  private struct Unusable: Error {}
}

/// `run.json` and `evidence.json` of a run.
struct StoredRun: Codable {
  let record: RunRecord
  let evidence: RunEvidence?
}

/// Where a file can be written for readers that want one.
private enum Scratch {
  static let file: URL = {
    let memory = URL(filePath: "/dev/shm")
    let folder = FileManager.default.fileExists(atPath: memory.path) ? memory : FileManager.default.temporaryDirectory
    return folder.appending(path: "martlet-fuzz-\(ProcessInfo.processInfo.processIdentifier).safetensors")
  }()
}
