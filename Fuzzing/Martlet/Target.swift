import Foundation
import MartletArchive
import MartletBackend
import MartletData
import MartletInterchange
import MartletLayers
import MartletONNX
import MartletOpenCLBackend
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
    "programs": { _ = ProgramCache.payload(of: $0, key: "key") },
  ]

  /// A description of a model whose member `weights` says which arrays the file would have: what libFuzzer changes is the text alone, and
  /// nothing has to keep lengths and places in order.
  @Sendable private static func architecture(_ bytes: [UInt8]) throws {
    let text = String(decoding: bytes, as: UTF8.self)
    guard case .object(let shapes)? = try JSON(parsing: text)["weights"], shapes.count < 64 else { return }
    var entries: [String: Safetensors.Entry] = [:]
    for (name, json) in shapes {
      guard let shape = [Int](json: json), shape.count < 9, shape.allSatisfy({ (0...4096).contains($0) }) else {
        return
      }
      var count = 1
      for extent in shape { count = min(count * extent, 1 << 20) }
      guard count <= 4096 else { return }
      entries[name] = Safetensors.Entry(floats: (0..<count).map { Float($0 % 7) / 7 - 0.4 }, shape: shape)
    }
    let contents = Safetensors.Contents(entries: entries, metadata: [Archive.key: text])
    _ = try withDevice(.reference) { try Archive(contents, largestActivation: 1 << 16) }
  }
}
