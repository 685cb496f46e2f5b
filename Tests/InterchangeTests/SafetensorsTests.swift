import Foundation
import MartletBackend
import Testing

import MartletInterchange

@Suite("Safetensors") struct SafetensorsTests {
  private let sample: [String: Safetensors.Entry] = [
    "b": Safetensors.Entry(floats: [1.5, -2, .infinity], shape: [3]),
    "a": Safetensors.Entry(int32s: [7], shape: []),
    "mask": Safetensors.Entry(dtype: .bool, shape: [2, 1], bytes: [1, 0]),
    "empty": Safetensors.Entry(floats: [], shape: [0, 4]),
    "naïve \"name\"\n": Safetensors.Entry(dtype: .uint8, shape: [1], bytes: [255]),
  ]

  private func decode(_ bytes: [UInt8]) throws -> Safetensors.Contents {
    try SafetensorsReader(bytes: Data(bytes)).contents()
  }

  private func file(header: String, data: [UInt8] = []) -> [UInt8] {
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8) + data
  }

  @Test("what is written can be read again, with its notes")
  func roundTrip() throws {
    let contents = Safetensors.Contents(entries: sample, metadata: ["format": "martlet", "é": "\t\\"])
    #expect(try decode(Safetensors.encoded(contents.entries, metadata: contents.metadata)) == contents)
  }

  @Test("a file of one number is these bytes")
  func bytes() {
    let header = #"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
    let padded = header + String(repeating: " ", count: 56 - header.utf8.count)
    #expect(
      Safetensors.encoded(["x": Safetensors.Entry(floats: [1], shape: [1])])
        == file(header: padded, data: [0, 0, 0x80, 0x3F]))
  }

  @Test("the order of writing follows element size and name, and data begin at a multiple of 64 bytes")
  func order() throws {
    let bytes = Safetensors.encoded(sample)
    let headerLength = Int(bytes[0]) + Int(bytes[1]) << 8
    let header = String(decoding: bytes[8..<8 + headerLength], as: UTF8.self)
    #expect((8 + headerLength).isMultiple(of: 64))
    let positions = ["\"a\"", "\"b\"", "\"empty\"", "\"mask\"", "\"na"].compactMap { header.range(of: $0)?.lowerBound }
    #expect(positions.count == 5 && positions == positions.sorted())
  }

  @Test("a truncated file is refused at every length")
  func truncated() {
    let bytes = Safetensors.encoded(sample)
    for count in 0..<bytes.count {
      #expect(throws: SafetensorsError.self) { try decode(Array(bytes.prefix(count))) }
    }
  }

  @Test("any single damaged byte of the header is refused or harmless, never a crash")
  func damaged() {
    let bytes = Safetensors.encoded(sample)
    for position in 0..<min(bytes.count, 400) {
      for value: UInt8 in [0, 0x22, 0x2C, 0x39, 0x5B, 0x7D, 0xFF] {
        var damaged = bytes
        damaged[position] = value
        _ = try? decode(damaged)
      }
    }
  }

  static let faults: [(header: String, dataCount: Int, reason: String)] = [
    ("", 0, "ends in the middle"),
    ("[]", 0, "'{' has to stand here"),
    ("{} {}", 0, "follows"),
    (
      #"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
      8, "twice"
    ),
    (#"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}"#, 8, "takes 4 bytes, its place has 8"),
    (#"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 4, "end at 8"),
    (#"{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, 4, "not a beginning and an end"),
    (#"{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8, "belong to no array"),
    (#"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 5, "1 bytes at the end"),
    (
      #"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"y":{"dtype":"U8","shape":[3],"data_offsets":[3,6]}}"#, 6,
      "overlap"
    ),
    (#"{"x":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}"#, 2, "'F16' is not one that can be read"),
    (#"{"x":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4, "whole number"),
    (#"{"x":{"dtype":"F32","shape":[9999999999999999999],"data_offsets":[0,4]}}"#, 4, "too large"),
    (#"{"x":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]}}"#, 4, "more elements than"),
    (#"{"x":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}}"#, 4, "9 axes"),
    (#"{"x":{"shape":[1],"data_offsets":[0,4]}}"#, 4, "needs dtype"),
    (#"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"z":1}}"#, 4, "unexpected or doubled member 'z'"),
    (#"{"\ud800x":{}}"#, 0, "has to stand here"),
  ]

  @Test("an unsound header is refused with the reason", arguments: faults)
  func fault(_ fault: (header: String, dataCount: Int, reason: String)) {
    let bytes = file(header: fault.header, data: [UInt8](repeating: 0, count: fault.dataCount))
    let error = #expect(throws: SafetensorsError.self) { try decode(bytes) }
    #expect(error?.reason.contains(fault.reason) == true, "\(error?.description ?? "no error")")
  }

  @Test("a header that claims to be larger than the file allocates nothing")
  func oversized() {
    #expect(
      throws: SafetensorsError(position: 0, reason: "the header would take 4096 bytes, the file has 2 after its length")
    ) {
      try decode([0, 0x10, 0, 0, 0, 0, 0, 0, 0x7B, 0x7D])
    }
    #expect(throws: SafetensorsError.self) { try decode([UInt8](repeating: 0xFF, count: 16)) }
  }

  @Test("writing replaces the file as a whole, leaves nothing beside it, and reading names the file")
  func files() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("safetensors-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let url = folder.appendingPathComponent("weights.safetensors")
    try Data([1, 2, 3]).write(to: url)
    let unsound = #expect(throws: SafetensorsError.self) { try Safetensors.read(url) }
    #expect(unsound?.description.contains(url.path) == true)

    try Safetensors.write(sample, to: url)
    let first = try Data(contentsOf: url)
    try Safetensors.write(sample, to: url)
    #expect(try Data(contentsOf: url) == first)
    #expect(try Safetensors.read(url) == sample)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["weights.safetensors"])

    let missing = #expect(throws: FileError.self) { try Safetensors.read(folder.appendingPathComponent("none")) }
    #expect(missing?.description.contains("No such file") == true, "\(missing?.description ?? "")")
    #expect(throws: FileError.self) { try Safetensors.write(sample, to: folder.appendingPathComponent("no/where")) }
  }
}
