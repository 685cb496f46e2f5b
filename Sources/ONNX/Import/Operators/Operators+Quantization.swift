import MartletAutograd
import MartletBackend
import MartletTensor

// Numbers in steps: computed with floating-point numbers that lie on the steps.
extension Operators {
  static let quantization: [String: Function] = [
    "QuantizeLinear": one { node in
      let x = try node.floats(0)
      let (scale, zero) = try steps(node, along: x.shape)
      let type = try node.node.int("output_dtype") ?? node.optional(2)?.host?.storedType ?? 2
      let range = try limits(of: type)
      _ = try node.allowed(Array(x.shape))
      return Tensor.minimum(Tensor.maximum((x / scale).round() + zero, range.lowest), range.highest).cast(to: .int32)
    },
    "DequantizeLinear": one { node in
      let x = try node.tensor(0)
      guard x.dtype == .int32 || x.dtype == .uint8 else { throw ShapeError("steps of type \(x.dtype)") }
      let (scale, zero) = try steps(node, along: x.shape)
      _ = try node.allowed(Array(x.shape))
      return (x.cast(to: .float32) - zero) * scale
    },
  ]

  /// How large a step is and which number stands for 0: one for all, or one per place along an axis.
  private static func steps(_ node: Invocation, along shape: Shape) throws -> (scale: Tensor, zero: Tensor) {
    guard try node.int("block_size", 0) == 0 else { throw ShapeError("'block_size' is not supported") }
    func broadcast(_ tensor: Tensor) throws -> Tensor {
      if tensor.elementCount == 1 { return tensor.reshaped(to: []) }
      let axis = try node.axis(try node.int("axis", 1), rank: shape.rank)
      guard tensor.shape == [shape[axis]] else { throw ShapeError("steps of shape \(tensor.shape) for \(shape)") }
      var along = Shape(repeating: 1, rank: shape.rank)
      along[axis] = shape[axis]
      return tensor.reshaped(to: along)
    }
    let scale = try broadcast(node.floats(1))
    guard node.optional(2) != nil else { return (scale, Tensor.zeros([], on: node.device)) }
    return (scale, try broadcast(try node.tensor(2).cast(to: .float32)))
  }

  /// The ends of an integer type, by its number in files.
  private static func limits(of type: Int) throws -> (lowest: Float, highest: Float) {
    switch type {
    case 2: (0, 255)
    case 3: (-128, 127)
    case 4: (0, 65535)
    case 5: (-32768, 32767)
    default: throw ShapeError("steps of ONNX's type \(type) are not supported; int8, uint8, int16 and uint16 are")
    }
  }
}
