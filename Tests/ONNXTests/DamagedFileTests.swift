import Foundation
import MartletBackend
import MartletLayers
import MartletONNX
import MartletTensor
import MartletTestSupport
import Testing

@Suite("Damaged ONNX files") struct DamagedFileTests {
  private static func files() throws -> [[UInt8]] {
    try withDevice(.reference) {
      let pictures = try Sequential(input: [6, 6, 2]) {
        Conv2D(3, kernel: 3, activation: .relu)
        BatchNorm()
        MaxPool2D()
        UpSampling2D()
        ConvTransposed2D(2, kernel: 2)
        Flatten()
        Dense(2, activation: .softmax())
      }
      let sequences = try Sequential(input: [4]) {
        Embedding(5, 3, masksZero: true)
        GRU(2, returnsSequences: true)
        LayerNorm()
        LSTM(2, activation: .softsign)
      }
      return [try ONNX.bytes(of: pictures), try ONNX.bytes(of: sequences)]
    }
  }

  /// Reads bytes as a fuzzer does: a small model is tried out, and anything but a typed error is a fault.
  private func read(_ bytes: [UInt8]) throws -> Bool {
    do {
      let model = try withDevice(.reference) {
        try ONNX.model(of: Data(bytes), folder: nil, channelsLast: false, trialElements: 1 << 14)
      }
      // What was tried out runs; what is left open says so by an error.
      try withDevice(.reference) { _ = try model.outputShape(for: [6, 6, 2]) }
      return true
    } catch is ONNXError {
      return false
    } catch is ShapeError {
      return false
    }
  }

  @Test("that end too early are refused, wherever they end")
  func truncated() throws {
    for file in try Self.files() {
      var refused = 0
      for length in stride(from: 0, to: file.count, by: 37) where try !read(Array(file.prefix(length))) { refused += 1 }
      #expect(refused > file.count / 37 / 2)
    }
  }

  @Test("with flipped bits are read or refused, but never end the process")
  func flipped() throws {
    var generator = PhiloxGenerator(seed: 11)
    for file in try Self.files() {
      for _ in 0..<1500 {
        var damaged = file
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
          damaged[Int.random(in: 0..<file.count, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        }
        _ = try read(damaged)
      }
    }
  }

  @Test(
    "of other exporters, with loops, conditions and the like, as well",
    arguments: PyTorchTests.files + KerasTests.files.map { "Keras/" + $0 }
  )
  func others(_ name: String) throws {
    var generator = PhiloxGenerator(seed: 12)
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Models")
    let file = [UInt8](try Data(contentsOf: folder.appending(path: name)))
    for _ in 0..<40 {
      var damaged = file
      damaged[Int.random(in: 0..<file.count, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      _ = try read(damaged)
    }
  }

  @Test("that are no models say so")
  func strangers() {
    #expect(throws: ONNXError.self) { try ONNX.load([]) }
    #expect(throws: ONNXError.self) { try ONNX.load(Array("PK\u{3}\u{4} and so on".utf8)) }
    #expect(throws: ONNXError.self) { try ONNX.load([UInt8](repeating: 0xFF, count: 1000)) }
  }
}
