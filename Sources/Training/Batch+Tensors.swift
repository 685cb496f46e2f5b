import MartletBackend
import MartletData
import MartletTensor

// Batches as tensors.
extension Batch {
  /// The inputs, `[samples, …]`. Samples go from where they are stored straight to the memory of the device; bytes go as bytes
  /// and become numbers there.
  public func inputTensor(on device: Device = .current) -> Tensor {
    let shape = Shape(inputShape)
    switch inputForm {
    case .values:
      return Tensor(.float32, shape, on: device) { writeInputs(to: $0) }
    case .bytes(let divisor):
      let bytes = Tensor(.uint8, shape, on: device) { writeInputs(to: $0) }
      return Tensor.map(Self.byteQuotient, bytes, parameters: [.float32(divisor)], for: "inputs")
    }
  }

  private static let byteQuotient = ElementwiseProgram(inputs: [.int32], parameters: [.float32]) { x, p in
    [x[0].cast(to: .float32) / p[0]]
  }

  /// The targets: labels as int32 `[samples]`, values as float32; `nil` where there are none.
  public func targetTensor(on device: Device = .current) -> Tensor? {
    switch targets {
    case .none: nil
    case .labels(let labels): Tensor(labels, shape: [count], on: device)
    case .values(let values, let shape): Tensor(values, shape: Shape(shape), on: device)
    }
  }

  /// What each sample counts, `[samples]`; `nil` where all count the same.
  public func weightTensor(on device: Device = .current) -> Tensor? {
    sampleWeights.map { Tensor($0, shape: [count], on: device) }
  }
}
