import MartletAutograd
import MartletBackend
import MartletLayers
import MartletTensor

extension Operators {
  static let activations: [String: Function] = [
    "Relu": unary { x, _ in x.relu() },
    "LeakyRelu": unary { x, node in x.leakyRelu(negativeSlope: try node.float("alpha", 0.01)) },
    "ThresholdedRelu": unary { x, node in x.threshold(try node.float("alpha", 1)) },
    "PRelu": one { node in
      let (x, slope) = (try node.floats(0), try node.floats(1))
      guard try x.shape.broadcast(with: slope.shape, for: "PRelu") == x.shape else {
        throw ShapeError("slopes of shape \(slope.shape) for \(x.shape)")
      }
      return x.relu() - slope * (-x).relu()
    },
    "Elu": unary { x, node in x.elu(alpha: try node.float("alpha", 1)) },
    "Selu": unary { x, node in
      x.selu(alpha: try node.float("alpha", 1.673_263_2), scale: try node.float("gamma", 1.050_701))
    },
    "Celu": unary { x, node in
      let alpha = try node.float("alpha", 1)
      guard alpha != 0 else { throw ShapeError("an alpha of 0") }
      return x.celu(alpha: alpha)
    },
    "Sigmoid": unary { x, _ in x.sigmoid() },
    "HardSigmoid": unary { x, node in
      (x * (try node.float("alpha", 0.2)) + (try node.float("beta", 0.5))).clamped(to: 0...1)
    },
    "HardSwish": unary { x, _ in x.hardSwish() },
    "Tanh": unary { x, _ in x.tanh() },
    "Softplus": unary { x, _ in x.softplus() },
    "Softsign": unary { x, _ in x.softsign() },
    "Mish": unary { x, _ in x.mish() },
    "Gelu": unary { x, node in x.gelu(approximate: try node.string("approximate", "none") == "tanh") },
    "Swish": unary { x, node in x * (x * (try node.float("alpha", 1))).sigmoid() },
    "Shrink": unary { x, node in
      let (bias, threshold) = (try node.float("bias", 0), try node.float("lambd", 0.5))
      return Tensor.select(x .> threshold, x - bias, Tensor.select(x .< -threshold, x + bias, 0))
    },
    "Clip": one { node in
      let x = try node.tensor(0)
      guard x.dtype != .bool else { throw ShapeError("limits for booleans") }
      var y = x
      // A limit that is not there, in either version, is none.
      if let low = try node.number(1) ?? node.node.float("min") { y = Tensor.maximum(y, try whole(low, for: x)) }
      if let high = try node.number(2) ?? node.node.float("max") { y = Tensor.minimum(y, try whole(high, for: x)) }
      return y
    },
    "Softmax": along { $0.softmax(alongAxis: $1) },
    "LogSoftmax": along { $0.logSoftmax(alongAxis: $1) },
    "Hardmax": along { x, axis in
      let extent = x.shape[axis]
      let hot = x.detached.argmax(alongAxis: axis).oneHot(depth: extent)
      // The new last axis back to where the largest was looked for.
      return hot.transposed((0..<axis) + [x.rank - 1] + (axis..<x.rank - 1))
    },
    "Dropout": { node in
      let x = try node.tensor(0)
      let rate = try node.number(1) ?? node.float("ratio", 0.5)
      guard case .training(let key) = node.mode, x.dtype == .float32, rate > 0 else {
        // The second output says what was kept: everything.
        if node.node.results.count == 1 { return [.tensor(x)] }
        return [.tensor(x), .tensor(Tensor.ones(x.shape, on: node.device).cast(to: .bool))]
      }
      guard rate < 1 else { throw ShapeError("a share of \(rate) to be dropped") }
      let stream = node.node.name.utf8.reduce(0x811c_9dc5 as UInt32) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
      return [.tensor(x.dropout(rate: rate, key: RandomKey(seed: key.seed, stream: stream, draw: key.draw)))]
    },
  ]

  /// A limit as the type of a tensor can express it.
  private static func whole(_ limit: Float, for x: Tensor) throws -> Float {
    guard x.dtype == .int32 else { return limit }
    guard !limit.isNaN else { throw ShapeError("a limit that is no number") }
    return Swift.min(Swift.max(limit.rounded(), -0x1p31), 0x1p31 - 128)
  }

  /// A function along an axis. Before version 13 it took everything from the axis on as one.
  private static func along(_ body: @escaping @Sendable (Tensor, Int) -> Tensor) -> Function {
    one { node in
      let x = try node.floats(0)
      _ = try node.allowed(Array(x.shape))
      guard x.rank > 0 else { throw ShapeError("a single number has no axes") }
      if node.version >= 13 { return body(x, try node.axis(try node.int("axis", -1), rank: x.rank)) }
      let axis = try node.axis(try node.int("axis", 1), rank: x.rank)
      if axis == x.rank - 1 { return body(x, axis) }
      let rows = x.shape[..<axis].reduce(1, *)
      return body(x.reshaped(to: [rows, x.elementCount / rows]), 1).reshaped(to: x.shape)
    }
  }
}
