import Foundation
import MartletBackend

/// An array of numbers on its way into a file.
struct HostWeights {
  let shape: [Int]
  let values: [Float]

  func reshaped(_ shape: [Int]) -> HostWeights { HostWeights(shape: shape, values: values) }

  /// The axes in another order: axis i of the result is axis `order[i]`.
  func transposed(_ order: [Int]) -> HostWeights {
    let strides = Array(Shape(shape).contiguousStrides)
    let target = order.map { shape[$0] }
    let steps = order.map { strides[$0] }
    var result: [Float] = []
    result.reserveCapacity(values.count)
    var index = [Int](repeating: 0, count: target.count)
    var source = 0
    for _ in 0..<values.count {
      result.append(values[source])
      var axis = target.count - 1
      while axis >= 0 {
        index[axis] += 1
        source += steps[axis]
        if index[axis] < target[axis] { break }
        source -= steps[axis] * target[axis]
        index[axis] = 0
        axis -= 1
      }
    }
    return HostWeights(shape: target, values: result)
  }

  /// Blocks of equal extent along the last axis, in another order and side by side again: gates of recurrent layers.
  func reordered(blocks order: [Int]) -> HostWeights {
    let columns = shape[shape.count - 1]
    let width = columns / order.count
    var result: [Float] = []
    result.reserveCapacity(values.count)
    for row in stride(from: 0, to: values.count, by: columns) {
      for block in order { result += values[(row + block * width)..<(row + (block + 1) * width)] }
    }
    return HostWeights(shape: shape, values: result)
  }
}

extension ONNXTensorProto {
  init(name: String, _ weights: HostWeights) {
    self.init()
    self.name = name
    dims = weights.shape.map { Int64($0) }
    dataType = Int32(ONNX.Elements.float32.rawValue)
    rawData = weights.values.withUnsafeBytes { Data($0) }
  }

  init(name: String, integers: [Int], shape: [Int]) {
    self.init()
    self.name = name
    dims = shape.map { Int64($0) }
    dataType = Int32(ONNX.Elements.int64.rawValue)
    rawData = integers.map { Int64($0) }.withUnsafeBytes { Data($0) }
  }
}
