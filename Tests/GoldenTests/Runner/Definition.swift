import MartletTensor

/// What a definition gives: a tensor on the device, or something the library computes in host memory.
enum Output {
  case tensor(Tensor)
  case host(HostArray)

  func hostArray() throws -> HostArray {
    switch self {
    case .host(let array): return array
    case .tensor(let tensor):
      let values: [Double]
      switch tensor.dtype {
      case .float32: values = try tensor.floats().map(Double.init)
      case .int32: values = try tensor.int32s().map(Double.init)
      case .uint8: values = try tensor.bytes().map(Double.init)
      case .bool: values = try tensor.bools().map { $0 ? 1 : 0 }
      }
      return HostArray(values, shape: Array(tensor.shape), isInteger: tensor.dtype != .float32)
    }
  }
}

/// How an operation of the golden vocabulary is spelled with the library: from inputs and attributes to named outputs.
typealias Definition = @Sendable (CaseRun) throws -> [String: Output]

/// The definitions of a category by operation. Adding an operation means adding one entry.
typealias Definitions = [String: Definition]

/// The single output `y`.
func y(_ tensor: Tensor) -> [String: Output] { ["y": .tensor(tensor)] }

func y(_ value: Double) -> [String: Output] { ["y": .host(HostArray(value))] }
