import Foundation
import MartletArchive
import MartletInterchange
import Testing

@Suite("The command, with archives") struct ArchiveCommandTests {
  private func run(_ arguments: [String], status: Int32 = 0) throws -> MartletProcess.Outcome {
    let outcome = try MartletProcess.run(arguments)
    #expect(outcome.status == status, "\(arguments): \(outcome.errors)")
    return outcome
  }

  @Test("a network is trained into an archive, which the other commands take without being told the recipe")
  func life() throws {
    let folder = try TemporaryFolder()
    let (file, weights) = (folder.path("net.martlet"), folder.path("net.safetensors"))
    let (npz, again) = (folder.path("net.npz"), folder.path("again.martlet"))
    _ = try run(
      ["train", "mnist-mlp", "--limit", "200", "--epochs", "1", "--device", "cpu", "--quiet", "--save", file])
    let archive = try Archive.load(URL(fileURLWithPath: file))
    #expect(archive.preprocessing == .digit && archive.classNames.count == 10 && archive.notes["recipe"] == "mnist-mlp")
    #expect(archive.metrics["test_accuracy"] != nil && archive.loss == "softmax_cross_entropy")

    let summary = try run(["summary", file, "--json"])
    let facts = try #require(try JSONSerialization.jsonObject(with: Data(summary.output.utf8)) as? [String: Any])
    #expect(facts["parameters"] as? Int == 101_770 && facts["classes"] as? [String] == archive.classNames)
    #expect(try run(["summary", file]).output.contains("Self-test passed."))
    let evaluation = ["evaluate", file, "--limit", "50", "--device", "cpu", "--json", "-"]
    let measured = try run(evaluation).output

    // To weights, to NumPy, and back into an archive: the same network.
    _ = try run(["convert", file, weights])
    _ = try run(["convert", weights, npz])
    #expect(try NPZ.read(URL(fileURLWithPath: npz)) == Safetensors.read(URL(fileURLWithPath: weights)))
    _ = try run(["convert", npz, again, "--like", file])
    #expect(try run(["evaluate", again] + evaluation.dropFirst(2)).output == measured)
    _ = try run(["convert", npz, folder.path("other.martlet"), "--like", "mnist-mlp", "--json"])
    #expect(try run(["convert", npz, folder.path("no.martlet")], status: 64).errors.contains("--like"))
    #expect(try run(["convert", file, folder.path("net.onx")], status: 64).errors.contains("did you mean '.onnx'"))

    // Samples of one's own.
    let values = (0..<3 * 784).map { Float($0 % 19) / 19 }
    try NPY.write(
      Safetensors.Entry(floats: values, shape: [3, 28, 28]), to: URL(fileURLWithPath: folder.path("x.npy")))
    try NPY.write(Safetensors.Entry(int32s: [1, 2, 3], shape: [3]), to: URL(fileURLWithPath: folder.path("y.npy")))
    let table = folder.path("predictions.csv")
    _ = try run(["predict", file, folder.path("x.npy"), "--device", "cpu", "--output", table])
    let rows = try String(contentsOfFile: table, encoding: .utf8).split(separator: "\n")
    #expect(rows.count == 4 && rows[0].hasPrefix("sample,prediction,0,1,2") && rows[3].contains("x.npy [2],"))
    let own = ["evaluate", file, folder.path("x.npy"), "--device", "cpu"]
    #expect(try run(own + ["--labels", folder.path("y.npy")]).output.contains("3 test samples"))
    #expect(try run(own, status: 64).errors.contains("--labels"))
    try NPY.write(Safetensors.Entry(int32s: [1, 2, 99], shape: [3]), to: URL(fileURLWithPath: folder.path("z.npy")))
    #expect(try run(own + ["--labels", folder.path("z.npy")], status: 1).errors.contains("none of the classes"))
    let predictions = try run(["predict", file, "0", "1", "--limit", "20", "--device", "cpu", "--json"])
    let json = try #require(try JSONSerialization.jsonObject(with: Data(predictions.output.utf8)) as? [String: Any])
    #expect((json["predictions"] as? [Any])?.count == 2)
  }

  @Test("networks go from every format into every other, and are the same there")
  func everyFormat() throws {
    let folder = try TemporaryFolder()
    let archive = folder.path("a.martlet")
    _ = try run(["train", "gauss", "--epochs", "1", "--device", "cpu", "--quiet", "--save", archive])
    let evaluation = ["--limit", "50", "--device", "cpu", "--json", "-"]
    func figures(_ file: String) throws -> [Double] {
      let output = try run(["evaluate", file] + evaluation).output
      let json = try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
      #expect(json["recipe"] as? String == "gauss")
      return [try #require(json["test_loss"] as? Double), try #require(json["test_accuracy"] as? Double)]
    }
    let expected = try figures(archive)
    func path(_ name: String) -> String { folder.path(name) }
    let conversions: [(from: String, to: String, like: String?)] = [
      ("a.martlet", "b.onnx", nil), ("b.onnx", "c.martlet", nil), ("c.martlet", "d.onnx", nil),
      ("b.onnx", "e.onnx", nil),
      ("b.onnx", "f.safetensors", nil), ("c.martlet", "g.npz", nil), ("f.safetensors", "h.onnx", "b.onnx"),
      ("g.npz", "i.martlet", "a.martlet"), ("f.safetensors", "j.martlet", "c.martlet"),
      ("f.safetensors", "k.onnx", "gauss"),
    ]
    for (source, target, like) in conversions {
      _ = try run(
        ["convert", path(source), path(target)] + (like.map { ["--like", $0 == "gauss" ? $0 : path($0)] } ?? []))
      guard !target.hasSuffix("s"), !target.hasSuffix("z"), like != "gauss" else { continue }
      for (found, wanted) in zip(try figures(path(target)), expected) {
        #expect(abs(found - wanted) < 1e-5, "\(target)")
      }
    }
    #expect(try Data(contentsOf: URL(filePath: path("b.onnx"))) == Data(contentsOf: URL(filePath: path("d.onnx"))))

    let answer = try run(["predict", path("b.onnx"), "0.5,-1", "--device", "cpu"]).output
    #expect(try run(["predict", archive, "0.5,-1", "--device", "cpu"]).output == answer)
    let summary = try run(["summary", path("b.onnx")]).output
    #expect(summary.contains("(Gemm)") && summary.contains("operator set 17") && summary.contains("Total params"))
    let facts = try #require(
      try JSONSerialization.jsonObject(with: Data(run(["summary", path("b.onnx"), "--json"]).output.utf8))
        as? [String: Any])
    #expect((facts["nodes"] as? [String: Int])?["Gemm"] == 2)
    #expect(try run(["convert", path("f.safetensors"), path("x.onnx")], status: 1).errors.contains("--like"))
    #expect(try run(["convert", archive, path("x.onnx"), "--classes", "a,b"], status: 64).errors.contains("ONNX"))
    #expect(
      try run(["convert", path("b.onnx"), path("x.martlet"), "--input", "2,x"], status: 64).errors.contains("--input"))
    #expect(try run(["convert", path("b.onnx"), path("x.martlet"), "--input", "3"], status: 1).errors.contains("[2]"))
    #expect(
      try run(["convert", path("b.onnx"), path("x.martlet"), "--classes", "a,b,c"], status: 1).errors.contains(
        "3 classes"))
    #expect(try run(["generate", path("b.onnx")], status: 1).errors.contains("b.onnx"))
    try Data("no model".utf8).write(to: URL(filePath: path("broken.onnx")))
    for command in [["summary"], ["evaluate"], ["predict", "1,2"]] {
      let arguments = [command[0], path("broken.onnx")] + command.dropFirst()
      let errors = try run(arguments, status: 1).errors
      #expect(errors.contains("no ONNX model") && errors.contains("broken.onnx"))
    }
  }

  @Test("a network that no recipe made is used by what its archive says")
  func withoutRecipe() throws {
    let folder = try TemporaryFolder()
    let file = folder.path("line.martlet")
    let note = """
      {"version":1,"inputs":[[2]],"classes":[],"loss":"mean_squared_error","preprocessing":{"numbers":["x","y"]},
      "model":{"type":"Sequential","input":[2],"layers":[{"type":"Dense","units":1,"activation":"linear"}]}}
      """
    try Safetensors.write(
      [
        "0.kernel": Safetensors.Entry(floats: [1, 2], shape: [2, 1]),
        "0.bias": Safetensors.Entry(floats: [0.5], shape: [1]),
        "self-test:input.0": Safetensors.Entry(floats: [1, 10], shape: [2]),
        "self-test:output.0": Safetensors.Entry(floats: [21.5], shape: [1]),
      ], metadata: ["martlet.archive": note], to: URL(fileURLWithPath: file))
    #expect(try run(["predict", file, "3,4", "--device", "cpu"]).output.contains("11.5"))
    let refused = try run(["evaluate", file, "--device", "cpu"], status: 1)
    #expect(refused.errors.contains("it has none of its own"))
  }

  @Test("an unknown name is answered with the nearest")
  func suggestions() throws {
    #expect(try run(["train", "mnits-cnn"], status: 64).errors.contains("did you mean 'mnist-cnn'"))
    #expect(try run(["summary", "titanik"], status: 64).errors.contains("did you mean 'titanic'"))
  }
}
