import MartletAutograd
import MartletBackend
import MartletTensor

extension Operators {
  static let reductions: [String: Function] = [
    "ReduceSum": reduction({ try numbers($0).sum(alongAxes: $1, keepingRank: $2) }) { $0.reduce(0, &+) },
    "ReduceMean": reduction { try float($0).mean(alongAxes: $1, keepingRank: $2) },
    "ReduceMax": reduction({ x, axes, keeps in
      // Booleans: whether any holds.
      x.dtype == .bool
        ? x.cast(to: .int32).max(alongAxes: axes, keepingRank: keeps).cast(to: .bool)
        : x.max(alongAxes: axes, keepingRank: keeps)
    }) { $0.max() ?? .min },
    "ReduceMin": reduction({ x, axes, keeps in
      x.dtype == .bool
        ? x.cast(to: .int32).min(alongAxes: axes, keepingRank: keeps).cast(to: .bool)
        : x.min(alongAxes: axes, keepingRank: keeps)
    }) { $0.min() ?? .max },
    "ReduceProd": reduction({ try numbers($0).product(alongAxes: $1, keepingRank: $2) }) { $0.reduce(1, &*) },
    "ReduceL1": reduction { try float($0).abs().sum(alongAxes: $1, keepingRank: $2) },
    "ReduceL2": reduction { try float($0).squared().sum(alongAxes: $1, keepingRank: $2).squareRoot() },
    "ReduceSumSquare": reduction { try float($0).squared().sum(alongAxes: $1, keepingRank: $2) },
    "ReduceLogSum": reduction { try float($0).sum(alongAxes: $1, keepingRank: $2).log() },
    "ReduceLogSumExp": reduction { try float($0).logSumExp(alongAxes: $1, keepingRank: $2) },
    "ArgMax": argument { $0.argmax(alongAxis: $1, keepingRank: $2) },
    "ArgMin": argument { $0.argmin(alongAxis: $1, keepingRank: $2) },
  ]

  private static func float(_ x: Tensor) throws -> Tensor {
    guard x.dtype == .float32 else { throw ShapeError("floating-point numbers are needed, not \(x.dtype)") }
    return x
  }

  private static func numbers(_ x: Tensor) throws -> Tensor {
    guard x.dtype != .bool else { throw ShapeError("numbers are needed, not booleans") }
    return x
  }

  /// - Parameter onIntegers: For all elements of an array that is known in host memory.
  private static func reduction(
    _ body: @escaping @Sendable (Tensor, [Int], Bool) throws -> Tensor,
    _ onIntegers: (@Sendable ([Int]) -> Int)? = nil
  ) -> Function {
    { node in
      let keeps = try node.int("keepdims", 1) != 0
      let named = try node.ints("axes", orInput: 1) ?? []
      let operand = try node.operand(0)
      if named.isEmpty, try node.int("noop_with_empty_axes", 0) != 0 { return [operand] }
      let rank = operand.shape.count
      let axes = try named.isEmpty ? Array(0..<rank) : node.axes(named, rank: rank)
      if let onIntegers, let array = operand.host, array.kind == .integer, axes.count == rank {
        let shape = keeps ? Array(repeating: 1, count: rank) : []
        return [.host(HostArray(integers: [onIntegers(array.integers)], shape: shape))]
      }
      let x = try node.tensor(0)
      _ = try node.allowed(Array(x.shape))
      return [.tensor(try body(x, axes, keeps))]
    }
  }

  private static func argument(_ body: @escaping @Sendable (Tensor, Int, Bool) -> Tensor) -> Function {
    one { node in
      let x = try node.tensor(0).detached
      guard x.dtype != .bool, x.rank > 0 else { throw ShapeError("an array of numbers is needed") }
      let axis = try node.axis(try node.int("axis", 0), rank: x.rank)
      _ = try node.allowed(Array(x.shape))
      let keeps = try node.int("keepdims", 1) != 0
      guard try node.int("select_last_index", 0) != 0 else { return body(x, axis, keeps) }
      let last = x.shape[axis] - 1
      return Float(last) - body(x.flipped(alongAxes: [axis]), axis, keeps)
    }
  }
}
