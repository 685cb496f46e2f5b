import MartletAutograd
import MartletBackend
import MartletLayers
import MartletTensor

extension Operators {
  static let normalizations: [String: Function] = [
    "BatchNormalization": batchNormalization,
    "InstanceNormalization": one { node in
      let x = try channelled(node)
      return x.normalized(
        alongAxes: Array(2..<x.rank), epsilon: try epsilon(node), scale: try perChannel(node, 1, of: x),
        offset: try perChannel(node, 2, of: x)
      ).result
    },
    "GroupNormalization": one { node in
      let x = try channelled(node)
      let (groups, channels) = (try node.int("num_groups", 1), x.shape[1])
      guard groups > 0, channels.isMultiple(of: groups) else {
        throw ShapeError("\(channels) channels do not divide into \(groups) groups")
      }
      let normalized = x.reshaped(to: [x.shape[0], groups, x.elementCount / x.shape[0] / groups])
        .normalized(alongAxes: [2], epsilon: try epsilon(node)).result
      // Version 18 has numbers per group, 21 per channel.
      let perGroup = try node.floats(1).elementCount == groups && groups != channels
      func stretched(_ index: Int) throws -> Tensor {
        let values = try node.floats(index)
        guard values.elementCount == (perGroup ? groups : channels) else {
          throw ShapeError("input \(index + 1) has shape \(values.shape) for \(channels) channels in \(groups) groups")
        }
        if perGroup { return values.reshaped(to: [groups, 1]) }
        return values.reshaped(to: Shape([channels] + Array(repeating: 1, count: x.rank - 2)))
      }
      let (scale, offset) = (try stretched(1), try stretched(2))
      if perGroup { return (normalized * scale + offset).reshaped(to: x.shape) }
      return normalized.reshaped(to: x.shape) * scale + offset
    },
    "LayerNormalization": { node in
      let x = try node.floats(0)
      _ = try node.allowed(Array(x.shape))
      let axis = try node.axis(try node.int("axis", -1), rank: x.rank)
      func fitting(_ values: Tensor?) throws -> Tensor? {
        guard let values else { return nil }
        guard try values.shape.broadcast(with: x.shape, for: "LayerNormalization") == x.shape else {
          throw ShapeError("a scale or shift of shape \(values.shape) for \(x.shape)")
        }
        return values
      }
      let (y, mean, variance) = x.normalized(
        alongAxes: Array(axis..<x.rank), epsilon: try epsilon(node), scale: try fitting(try node.optionalFloats(1)),
        offset: try fitting(try node.optionalFloats(2)))
      if node.node.results.count == 1 { return [.tensor(y)] }
      return [y, mean, (variance + (try epsilon(node))).reciprocalSquareRoot()].map { .tensor($0) }
    },
    "RMSNormalization": one { node in
      let (x, scale) = (try node.floats(0), try node.floats(1))
      let axis = try node.axis(try node.int("axis", -1), rank: x.rank)
      guard try scale.shape.broadcast(with: x.shape, for: "RMSNormalization") == x.shape else {
        throw ShapeError("a scale of shape \(scale.shape) for \(x.shape)")
      }
      _ = try node.allowed(Array(x.shape))
      let square = x.squared().mean(alongAxes: Array(axis..<x.rank), keepingRank: true)
      return x * (square + (try epsilon(node))).reciprocalSquareRoot() * scale
    },
    "LRN": one { node in
      let x = try channelled(node)
      let (size, channels) = (try node.int("size", 0), x.shape[1])
      guard (1...1 << 20).contains(size) else { throw ShapeError("'size' is \(size)") }
      let (before, after) = ((size - 1) / 2, size - 1 - (size - 1) / 2)
      var pairs = Array(repeating: (before: 0, after: 0), count: x.rank)
      pairs[1] = (before, after)
      _ = try node.allowed([x.elementCount, size])
      let squares = x.squared().padded(pairs)
      let sum = (1..<size).reduce(squares.sliced(axis: 1, from: 0, count: channels)) {
        $0 + squares.sliced(axis: 1, from: $1, count: channels)
      }
      let factor = try node.float("alpha", 1e-4) / Float(size)
      return x / (sum * factor + (try node.float("bias", 1))).power(try node.float("beta", 0.75))
    },
    "LpNormalization": one { node in
      let x = try node.floats(0)
      _ = try node.allowed(Array(x.shape))
      let axis = try node.axis(try node.int("axis", -1), rank: x.rank)
      switch try node.int("p", 2) {
      case 1:
        let norm = x.abs().sum(alongAxes: [axis], keepingRank: true)
        return Tensor.select((norm .== 0).broadcast(to: x.shape), 0, x / norm)
      case 2:
        let norm = x.squared().sum(alongAxes: [axis], keepingRank: true).squareRoot()
        return Tensor.select((norm .== 0).broadcast(to: x.shape), 0, x / norm)
      case let p: throw ShapeError("'p' is \(p); 1 and 2 are possible")
      }
    },
    "MeanVarianceNormalization": one { node in
      let x = try node.floats(0)
      _ = try node.allowed(Array(x.shape))
      let axes = try node.axes(try node.ints("axes") ?? [0, 2, 3], rank: x.rank)
      return x.normalized(alongAxes: axes, epsilon: 1e-18).result
    },
  ]

  private static func epsilon(_ node: Invocation) throws -> Float {
    let epsilon = try node.float("epsilon", 1e-5)
    guard epsilon >= 0 else { throw ShapeError("'epsilon' is \(epsilon)") }
    return epsilon
  }

  private static func channelled(_ node: Invocation) throws -> Tensor {
    let x = try node.floats(0)
    guard x.rank >= 3 else { throw ShapeError("arrays [batch, channels, …] are needed, got \(x.shape)") }
    _ = try node.allowed(Array(x.shape))
    return x
  }

  /// A number for each channel, stretched over the axes behind it.
  private static func perChannel(_ node: Invocation, _ index: Int, of x: Tensor) throws -> Tensor {
    let values = try node.floats(index)
    guard x.rank >= 2, values.shape == [x.shape[1]] else {
      throw ShapeError("input \(index + 1) has shape \(values.shape), for \(x.shape) one number per channel is needed")
    }
    return values.reshaped(to: Shape([x.shape[1]] + Array(repeating: 1, count: x.rank - 2)))
  }

  /// With the statistics of the file; while learning with those of the batch, which also move them.
  private static func batchNormalization(_ node: Invocation) throws -> [Operand] {
    let x = try node.floats(0)
    _ = try node.allowed(Array(x.shape))
    guard x.rank >= 2 else { throw ShapeError("arrays [batch, channels, …] are needed, got \(x.shape)") }
    let (scale, offset) = (try perChannel(node, 1, of: x), try perChannel(node, 2, of: x))
    let (mean, variance) = (try perChannel(node, 3, of: x), try perChannel(node, 4, of: x))
    let epsilon = try epsilon(node)
    let alwaysLearns = try node.int("training_mode", 0) != 0
    guard alwaysLearns || node.mode.isTraining && node.statistics != nil else {
      return [
        .tensor(x.normalized(mean: mean, variance: variance, epsilon: epsilon, scale: scale, offset: offset))
      ]
    }
    let batch = x.normalized(
      alongAxes: [0] + (2..<x.rank), epsilon: epsilon, scale: scale, offset: offset)
    let momentum = try node.float("momentum", 0.9)
    let moved = zip([mean, variance], [batch.mean, batch.variance]).map { old, new in
      old.detached.reshaped(to: [x.shape[1]]) * momentum
        + new.detached.reshaped(to: [x.shape[1]]) * (1 - momentum)
    }
    if node.mode.isTraining, let moving = node.statistics {
      for (parameter, value) in zip(moving, moved) { parameter.assign(value) }
    }
    return [.tensor(batch.result)] + moved.map { .tensor($0) }
  }
}
