import Foundation
import MartletInterchange
import MartletTestSupport
import Testing

@Suite("The safetensors package for Python", .enabled(if: Peer.isThere, Comment(rawValue: Peer.reason)))
struct SafetensorsPeerTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "safetensors-\(UUID().uuidString)")

  @Test("reads what we write, and we read what it writes")
  func bothWays() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (ours, theirs) = (folder.appending(path: "ours.safetensors"), folder.appending(path: "theirs.safetensors"))
    let entries: [String: Safetensors.Entry] = [
      "kernel": Safetensors.Entry(floats: [1.5, -2, 0.25, .infinity], shape: [2, 2]),
      "naïve name": Safetensors.Entry(int32s: [7, -1], shape: [2, 1]),
      "mask": Safetensors.Entry(dtype: .bool, shape: [3], bytes: [1, 0, 1]),
      "empty": Safetensors.Entry(floats: [], shape: [0, 4]),
      "scalar": Safetensors.Entry(floats: [3], shape: []),
    ]
    try Safetensors.write(entries, metadata: ["made by": "Martlet"], to: ours)
    let printed = try Peer.run(
      """
      import sys
      from safetensors import safe_open
      from safetensors.numpy import save_file
      with safe_open(sys.argv[1], framework="numpy") as file:
        arrays = {name: file.get_tensor(name) for name in file.keys()}
        print(file.metadata())
      for name in sorted(arrays):
        print(name, arrays[name].dtype, arrays[name].shape, arrays[name].tolist())
      save_file(arrays, sys.argv[2], metadata={"made by": "Python"})
      """, ours.path, theirs.path)
    #expect(
      printed == """
        {'made by': 'Martlet'}
        empty float32 (0, 4) []
        kernel float32 (2, 2) [[1.5, -2.0], [0.25, inf]]
        mask bool (3,) [True, False, True]
        naïve name int32 (2, 1) [[7], [-1]]
        scalar float32 () 3.0

        """)
    let returned = try Safetensors.contents(of: theirs)
    #expect(returned.entries == entries && returned.metadata == ["made by": "Python"])
  }
}
