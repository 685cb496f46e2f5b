import Foundation
import MartletInterchange
import Testing

@Suite("Several arrays of NumPy, .npz") struct NPZTests {
  private let sample: [String: Safetensors.Entry] = [
    "zeros": Safetensors.Entry(floats: [Float](repeating: 0, count: 500), shape: [500]),
    "naïve/name": Safetensors.Entry(int32s: [7, -7], shape: [2]),
    "empty": Safetensors.Entry(floats: [], shape: [0]),
  ]

  @Test("what is written can be read again, packed or not", arguments: [false, true])
  func roundTrip(compressing: Bool) throws {
    let bytes = try NPZ.encoded(sample, compressing: compressing)
    #expect(try NPZ.contents(of: bytes).mapValues(\.entry) == sample)
    #expect(bytes.count < 2000 || !compressing)
    #expect(try NPZ.encoded(sample, compressing: compressing) == bytes)
    #expect(try NPZ.contents(of: NPZ.encoded([:])).isEmpty)
  }

  @Test("a truncated file is refused at every length", arguments: [false, true])
  func truncated(compressing: Bool) throws {
    let bytes = try NPZ.encoded(sample, compressing: compressing)
    for count in 0..<bytes.count {
      #expect(throws: NumPyError.self) { try NPZ.contents(of: Array(bytes.prefix(count))) }
    }
  }

  @Test("any single damaged byte is refused or harmless, never a crash; damaged data never pass")
  func damaged() throws {
    let bytes = try NPZ.encoded(sample, compressing: true)
    for position in bytes.indices {
      for change: UInt8 in [0x01, 0x80, 0xFF] {
        var damaged = bytes
        damaged[position] ^= change
        if let read = try? NPZ.contents(of: damaged) {
          // Only names and dates have no checksum.
          #expect(Set(read.values.map(\.entry)) == Set(sample.values))
        }
      }
    }
  }

  @Test("members that overlap, or promise more than they can hold, are refused")
  func bombs() throws {
    let zeros = Safetensors.Entry(floats: [Float](repeating: 0, count: 500), shape: [500])
    let member = ZipFile.Member(name: "a.npy", bytes: NPY.encoded(zeros))
    let bytes = try ZipFile.encoded([member, ZipFile.Member(name: "b.npy", bytes: member.bytes)], compressing: true)
    // The second entry of the directory is led to the first member, whose name is as long.
    let entries = bytes.indices.dropLast(4).filter { Array(bytes[$0..<$0 + 4]) == [0x50, 0x4B, 1, 2] }
    var overlapping = bytes
    overlapping.replaceSubrange(entries[1] + 42..<entries[1] + 46, with: [0, 0, 0, 0])
    let error = #expect(throws: NumPyError.self) { try NPZ.contents(of: overlapping) }
    #expect(error?.reason.contains("overlap") == true)
    var promising = bytes
    promising.replaceSubrange(entries[0] + 24..<entries[0] + 28, with: [0, 0, 0, 0x7F])
    #expect(throws: NumPyError.self) { try NPZ.contents(of: promising) }
  }

  @Test("an error names file, array and position")
  func errors() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "npz-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let url = folder.appending(path: "a.npz")
    try NPZ.write(sample, to: url)
    #expect(try NPZ.read(url) == sample)
    let objects = NPYTests.file("{'descr': '|O', 'fortran_order': False, 'shape': (), }")
    try Data(ZipFile.encoded([ZipFile.Member(name: "secret.npy", bytes: objects)], compressing: false)).write(to: url)
    let error = #expect(throws: NumPyError.self) { try NPZ.read(url) }
    #expect(error?.description.contains("array 'secret', byte 10: it holds Python objects") == true)
    #expect(error?.description.hasPrefix(url.path) == true)
  }
}
