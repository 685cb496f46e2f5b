import Foundation
import MartletBackend
import MartletInterchange
import MartletONNX
import MartletTensor
import Testing

/// A model of somebody else, and beside it a file with inputs, the outputs that belong to them, and how far others may be off.
struct RecordedRun {
  let file: URL

  init(_ file: URL) { self.file = file }

  /// What differs from the expected outputs.
  func differences() throws -> [String] {
    let model = try ONNX.load(file)
    let arrays = try Safetensors.read(file.deletingPathExtension().appendingPathExtension("safetensors"))
    let inputs = try (0..<model.inputs.count).map { try tensor(#require(arrays["input\($0)"])) }
    let outputs = try model.run(inputs)
    return try outputs.enumerated().compactMap { index, output in
      let entry = try #require(arrays["output\(index)"])
      guard Array(output.shape) == entry.shape else { return "shape \(output.shape), not \(entry.shape)" }
      let (actual, expected) = (try numbers(output), try numbers(tensor(entry)))
      let tolerance = try #require(arrays["tolerance"]?.floats)
      for (a, e) in zip(actual, expected) {
        let isClose = a == e || (a.isNaN && e.isNaN) || abs(a - e) <= tolerance[0] * abs(e) + tolerance[1]
        if !isClose { return "output \(index) has \(a) where \(e) is right" }
      }
      return nil
    }
  }

  private func tensor(_ entry: Safetensors.Entry) throws -> Tensor {
    let shape = Shape(entry.shape)
    switch entry.dtype {
    case .float32: return Tensor(try #require(entry.floats), shape: shape)
    case .int32:
      return Tensor(
        entry.bytes.withUnsafeBytes { bytes in
          (0..<shape.elementCount).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self) }
        }, shape: shape)
    case .bool: return Tensor(entry.bytes.map { $0 != 0 }, shape: shape)
    case .uint8: return Tensor(entry.bytes.map { Int32($0) } as [Int32], shape: shape)
    }
  }

  private func numbers(_ tensor: Tensor) throws -> [Float] {
    switch tensor.dtype {
    case .float32: try tensor.floats()
    default: try tensor.cast(to: .float32).floats()
    }
  }
}
