import Foundation
import MartletArchive
import MartletAutograd
import MartletBackend
import MartletData
import MartletInterchange
import MartletLayers
import MartletONNX
import MartletTensor
import MartletTestSupport
import Testing

@Suite("Archives and ONNX files") struct ONNXArchiveTests {
  private let folder: URL
  private static let models = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "ONNXTests/Models")

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "archives-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  private func file(_ name: String) -> URL { folder.appending(path: name) }

  @Test("an archive comes back from ONNX with everything but its layers, which are a graph there")
  func roundTrip() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try withDevice(.reference) {
      let model = try Sequential(input: [6, 5, 3], seed: 2) {
        Conv2D(4, kernel: 3, activation: .relu)
        Flatten()
        Dense(2)
      }
      let archive = try Archive(
        model, preprocessing: .picture, classNames: ["cat", "dog"], loss: "softmax_cross_entropy",
        metrics: ["test_accuracy": 0.5], notes: ["recipe": "own"])
      try archive.exportONNX(to: file("a.onnx"))
      let back = try Archive.importONNX(file("a.onnx"))
      #expect(back.model is ONNXModel && back.inputShapes == archive.inputShapes)
      #expect(back.preprocessing == .picture && back.classNames == archive.classNames && back.loss == archive.loss)
      #expect(back.metrics == archive.metrics && back.notes == archive.notes)
      let x = sample([2, 6, 5, 3])
      expectClose(back.model(x), try model(x).floats(), within: 1e-5)

      // As an archive of its own, and from that to ONNX again.
      try back.save(to: file("b.martlet"))
      let stored = try Archive.load(file("b.martlet"))
      expectClose(stored.model(x), try model(x).floats(), within: 1e-5)
      #expect(stored.model.parameters.map(\.name) == model.parameters.map(\.name))
      try stored.exportONNX(to: file("c.onnx"))
      #expect(try Data(contentsOf: file("c.onnx")) == Data(contentsOf: file("a.onnx")))
    }
  }

  @Test(
    "any imported model becomes an archive", arguments: ["cnn", "cnn-traced", "gru", "transformer", "volume", "bag"])
  func others(_ name: String) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try withDevice(.reference) {
      let archive = try Archive.importONNX(Self.models.appending(path: "\(name).onnx"))
      try archive.save(to: file("a.martlet"))
      let back = try Archive.load(file("a.martlet"))
      let (a, b) = (try #require(archive.model as? ONNXModel), try #require(back.model as? ONNXModel))
      let x = sample(Shape([2] + Array(archive.inputShapes[0])))
      #expect(try a.run([x])[0].floats() == b.run([x])[0].floats())
      #expect(a.batchSize == b.batchSize && a.inputs == b.inputs)
    }
  }

  @Test("images whose channels stand first are taken with their channels last, and told apart into classes")
  func guesses() throws {
    let archive = try Archive.importONNX(Self.models.appending(path: "cnn.onnx"))
    #expect(archive.inputShapes == [[17, 17, 1]])
    #expect(archive.loss == "softmax_cross_entropy" && archive.classNames == (0..<10).map(String.init))
    let keras = try Archive.importONNX(Self.models.appending(path: "Keras/resnet.onnx"))
    #expect(keras.inputShapes == [[12, 12, 3]] && keras.loss == "categorical_crossentropy")
    let named = try Archive.importONNX(
      Self.models.appending(path: "Keras/resnet.onnx"), classNames: ["a", "b", "c", "d", "e"])
    #expect(named.classNames == ["a", "b", "c", "d", "e"])
    // Numbers that nothing says what they mean.
    #expect(try Archive.importONNX(Self.models.appending(path: "transformer.onnx")).classNames.isEmpty)
  }

  @Test("a new head on an imported model is archived with it")
  func transfer() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try withDevice(.reference) {
      let body = try ONNX.load(Self.models.appending(path: "cnn.onnx"), channelsLast: true)
      body.freeze()
      let model = try Sequential(input: [17, 17, 1]) {
        body
        Dense(2)
      }
      try Archive(model).save(to: file("a.martlet"))
      let back = try Archive.load(file("a.martlet"))
      let x = sample([3, 17, 17, 1])
      #expect(try back.model(x).floats() == model(x).floats())
      #expect(back.model.trainableParameters.map(\.name) == ["1.kernel", "1.bias"])
    }
  }

  @Test("a graph that was damaged, or weights that do not fit it, are an error that says so")
  func damage() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try withDevice(.reference) {
      let archive = try Archive.importONNX(Self.models.appending(path: "cnn.onnx"))
      let sound = try SafetensorsReader(bytes: Data(archive.encoded())).contents()
      func reason(_ change: (inout Safetensors.Contents) throws -> Void) throws -> String {
        var contents = sound
        try change(&contents)
        do {
          _ = try Archive(contents, largestActivation: 1 << 20)
          return ""
        } catch { return "\(error)" }
      }
      func replacing(_ old: String, _ new: String) throws -> String {
        try reason { contents in
          let text = try #require(contents.metadata[Archive.key])
          #expect(text.contains(old))
          contents.metadata[Archive.key] = text.replacingOccurrences(of: old, with: new)
        }
      }
      #expect(try reason { _ in } == "")
      #expect(try replacing("\"graph\":\"", "\"graph\":\"?").contains("base 64"))
      #expect(try replacing("\"graph\":\"", "\"graph\":\"AAAA").contains("no message of the format"))
      #expect(try replacing("\"channelsLast\":true", "\"channelsLast\":7").contains("channelsLast"))
      let weight = try #require(sound.entries.keys.sorted().first { $0.hasSuffix("weight") })
      #expect(try reason { $0.entries[weight] = nil }.contains("lacks \(weight)"))
      #expect(try reason { $0.entries[weight] = Safetensors.Entry(floats: [1, 2], shape: [2]) }.contains(weight))
      #expect(try reason { $0.entries["other"] = Safetensors.Entry(floats: [1, 2], shape: [2]) }.contains("other"))
    }
  }
}
