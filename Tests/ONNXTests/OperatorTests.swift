import Foundation
import MartletAutograd
import MartletBackend
import MartletInterchange
import MartletONNX
import MartletTensor
import MartletTestSupport
import Testing

/// The test models of the ONNX project itself: one operator each, with inputs and outputs.
@Suite("ONNX's own tests of operators", .enabled(if: Peer.isThere, Comment(rawValue: Peer.reason)))
struct OperatorTests {
  @Test("pass, or are refused with a reason; none gives other numbers and none crashes")
  func all() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "onnx-operators-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let names = try Peer.run(Self.script, folder.path).split(separator: "\n").map(String.init)
    var passed: [String] = []
    var refused: [String: String] = [:]
    var wrong: [String] = []
    for name in names {
      do {
        let found = try withDevice(.reference) { try RecordedRun(folder.appending(path: "\(name).onnx")).differences() }
        if found.isEmpty { passed.append(name) } else { wrong += found.map { "\(name): \($0)" } }
      } catch {
        refused[name] = "\(error)"
      }
    }
    if let report = environment("MARTLET_ONNX_REPORT") {
      let lines =
        ["\(passed.count) of \(names.count) pass"] + passed.map { "pass \($0)" }
        + refused.sorted { $0.key < $1.key }.map { "refused \($0): \($1)" } + wrong.map { "wrong \($0)" }
      try lines.joined(separator: "\n").write(toFile: report, atomically: true, encoding: .utf8)
    }
    #expect(wrong.sorted() == [])
    #expect(passed.count >= 500, "\(passed.count) of \(names.count)")
  }

  /// Writes every test whose arrays are numbers, as float32, int32 or bool.
  private static let script = """
    import sys, pathlib, warnings, numpy
    warnings.simplefilter("ignore")
    from onnx.backend.test.case.node import collect_testcases
    from safetensors.numpy import save_file
    def plain(array):
      if not isinstance(array, numpy.ndarray): return None
      if array.dtype == bool: return array
      if array.dtype in (numpy.float32, numpy.float64, numpy.float16): return array.astype(numpy.float32)
      if array.dtype.name in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"):
        wide = numpy.asarray(array, dtype=object) if array.dtype == numpy.uint64 else array.astype(numpy.int64)
        return numpy.clip(wide, -2**31, 2**31 - 1).astype(numpy.int32)
      return None
    folder = pathlib.Path(sys.argv[1])
    for case in collect_testcases(None):
      if case.model is None or not case.data_sets: continue
      inputs, outputs = case.data_sets[0]
      arrays = {f"input{i}": plain(x) for i, x in enumerate(inputs)}
      arrays |= {f"output{i}": plain(x) for i, x in enumerate(outputs)}
      if any(array is None for array in arrays.values()): continue
      halves = any(array.dtype == numpy.float16 for array in [*inputs, *outputs])
      arrays["tolerance"] = numpy.array([2e-3 if halves else case.rtol, 2e-3 if halves else case.atol], dtype=numpy.float32)
      (folder / f"{case.name}.onnx").write_bytes(case.model.SerializeToString())
      save_file({name: numpy.array(array, order="C") for name, array in arrays.items()}, folder / f"{case.name}.safetensors")
      print(case.name)
    """
}
