import Foundation
import MartletONNX
import MartletTensor
import MartletTestSupport
import Testing

/// Models of Keras 3 that tf2onnx wrote, with what they gave there; Tests/Peers/keras-models.py makes them.
@Suite("Models of Keras, by tf2onnx") struct KerasTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(
    path: "Models/Keras")

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
}
