import Foundation
import MartletBackend
import MartletLayers
import MartletONNX
import MartletTensor
import MartletTestSupport
import Testing

/// Models that PyTorch 2 exported, by both of its exporters, with what they gave there; Tests/Peers/pytorch-models.py makes them.
@Suite("Models of PyTorch") struct PyTorchTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Models")

  static let files: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.filter { $0.hasSuffix(".onnx") }.sorted()
  }()

  @Test("give the same numbers here, on every device", arguments: files)
  func numbers(_ file: String) throws {
    for device in Device.underTest {
      let differences = try withDevice(device) { try RecordedRun(Self.folder.appending(path: file)).differences() }
      #expect(differences == [], "\(device.name)")
    }
  }

  @Test("take images with their channels last where that is asked for, and any number of them")
  func channelsLast() throws {
    let file = Self.folder.appending(path: "cnn.onnx")
    let (plain, turned) = (try ONNX.load(file), try ONNX.load(file, channelsLast: true))
    #expect(turned.inputShapes == [[17, 17, 1]] && plain.inputShapes == [[1, 17, 17]])
    let x = sample([5, 17, 17, 1])
    expectClose(try turned.run([x])[0], try plain.run([x.transposed([0, 3, 1, 2])])[0].floats())
    // As a layer in front of others.
    let model = try Sequential(input: [17, 17, 1]) {
      turned
      Dense(2)
    }
    #expect(model(x).shape == [5, 2])
    #expect(model.parameters.map(\.name).contains("0.c1.weight") || model.parameters.count > 2)
  }

  @Test("refuse what does not fit with a reason")
  func misfits() throws {
    let model = try ONNX.load(Self.folder.appending(path: "cnn.onnx"))
    #expect(throws: ONNXError.self) { try model.run([sample([2, 3, 17, 17])]) }
    #expect(throws: ONNXError.self) { try model.run([sample([2, 17])]) }
    #expect(throws: ONNXError.self) { try model.run([]) }
    #expect(throws: ONNXError.self) { try model.run(["y": sample([2, 1, 17, 17])]) }
    #expect(throws: ShapeError.self) { try model.outputShape(for: [3]) }
  }
}
