import Foundation
import MartletInterchange
import MartletTestSupport
import Testing

@Suite("NumPy", .enabled(if: Peer.isThere, Comment(rawValue: Peer.reason)))
struct NumPyPeerTests {
  private func inFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "numpy-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  @Test("reads what we write, and saves it again with the same bytes")
  func ours() throws {
    try inFolder { folder in
      let entries: [String: Safetensors.Entry] = [
        "kernel": Safetensors.Entry(floats: [1.5, -2, 0.25, .infinity], shape: [2, 2]),
        "naïve name": Safetensors.Entry(int32s: [7, -1], shape: [2, 1]),
        "mask": Safetensors.Entry(dtype: .bool, shape: [3], bytes: [1, 0, 1]),
        "pixels": Safetensors.Entry(dtype: .uint8, shape: [2], bytes: [0, 255]),
        "empty": Safetensors.Entry(floats: [], shape: [0, 4]),
        "scalar": Safetensors.Entry(floats: [3], shape: []),
      ]
      let (plain, packed) = (folder.appending(path: "a.npz"), folder.appending(path: "b.npz"))
      try NPZ.write(entries, to: plain)
      try NPZ.write(entries, compressing: true, to: packed)
      let script = """
        import sys, io, zipfile, numpy as np
        for path in sys.argv[1:]:
          arrays = np.load(path, allow_pickle=False)
          raw = zipfile.ZipFile(path)
          assert raw.testzip() is None
          for name in sorted(arrays.files):
            a = arrays[name]
            again = io.BytesIO()
            np.save(again, a)
            print(name, a.dtype, a.shape, a.tolist(), again.getvalue() == raw.read(name + ".npy"))
        """
      let expected = """
        empty float32 (0, 4) [] True
        kernel float32 (2, 2) [[1.5, -2.0], [0.25, inf]] True
        mask bool (3,) [True, False, True] True
        naïve name int32 (2, 1) [[7], [-1]] True
        pixels uint8 (2,) [0, 255] True
        scalar float32 () 3.0 True

        """
      #expect(try Peer.run(script, plain.path, packed.path) == expected + expected)
    }
  }

  @Test("writes every type, order and version, and we read all of it")
  func theirs() throws {
    try inFolder { folder in
      let printed = try Peer.run(
        """
        import sys, numpy as np
        folder = sys.argv[1]
        arrays = {}
        for kind in ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"]:
          for order in "<>":
            for layout in "CF":
              a = np.asarray((np.arange(24) * 5 % 7).reshape(2, 3, 4), dtype=order + kind, order=layout)
              arrays[order + kind + layout] = a
        np.savez(folder + "/plain.npz", **arrays)
        np.savez_compressed(folder + "/packed.npz", **arrays)
        for version in [(1, 0), (2, 0), (3, 0)]:
          with open(f"{folder}/v{version[0]}.npy", "wb") as file:
            np.lib.format.write_array(file, arrays[">f4F"], version=version)
        print(len(arrays))
        """, folder.path)
      #expect(printed == "48\n")
      let expected = (0..<24).map { Float($0 * 5 % 7) }
      for file in ["plain.npz", "packed.npz"] {
        let arrays = try NPZ.read(folder.appending(path: file))
        #expect(arrays.count == 48)
        for (name, array) in arrays {
          #expect(array.shape == [2, 3, 4])
          switch array.dtype {
          case .float32: #expect(array.floats == expected, "\(name)")
          case .int32: #expect(array.int32s == expected.map { Int32($0) }, "\(name)")
          case .uint8: #expect(array.bytes == expected.map { UInt8($0) }, "\(name)")
          case .bool: #expect(array.bytes == expected.map { $0 == 0 ? 0 : 1 }, "\(name)")
          }
        }
      }
      for version in 1...3 {
        #expect(try NPY.read(folder.appending(path: "v\(version).npy")).floats == expected)
      }
    }
  }
}
