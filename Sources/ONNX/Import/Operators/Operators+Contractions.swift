import MartletAutograd
import MartletBackend
import MartletTensor

extension Operators {
  static let contractions: [String: Function] = [
    "MatMul": one { node in
      let (a, b) = (try node.floats(0), try node.floats(1))
      let shape = try Shape.matmulShape(a.shape, b.shape)
      _ = try node.allowed(Array(shape), work: work(shape, times: a.shape[a.rank - 1]))
      return a.matmul(b)
    },
    "Einsum": one(Einsum.run),
    "Gemm": one { node in
      let (a, b) = (try node.floats(0), try node.floats(1))
      let (left, right) = (try node.int("transA", 0) != 0, try node.int("transB", 0) != 0)
      guard a.rank == 2 && b.rank == 2 else { throw ShapeError("matrices are needed, got \(a.shape) and \(b.shape)") }
      let shape = try Shape.matmulShape(a.shape, b.shape, transposingLeft: left, transposingRight: right)
      _ = try node.allowed(Array(shape), work: work(shape, times: a.shape[left ? 0 : 1]))
      let (alpha, beta) = (try node.float("alpha", 1), try node.float("beta", 1))
      let c = try node.optionalFloats(2)
      if let c {
        guard try c.shape.broadcast(with: shape, for: "Gemm") == shape else {
          throw ShapeError("a bias of shape \(c.shape) for a product of shape \(shape)")
        }
      }
      if alpha == 1 && beta == 1 && !left, let c, c.shape == [shape[1]] {
        return a.dense(right ? b.transposed() : b, bias: c)
      }
      var y = a.matmul(b, transposingLeft: left, transposingRight: right)
      if alpha != 1 { y = y * alpha }
      guard let c else { return y }
      return y + (beta == 1 ? c : c * beta)
    },
  ]

  /// What a contraction costs, counted in results; a result of k products counts as k / 16.
  static func work(_ shape: Shape, times k: Int) -> Int {
    let (product, overflow) = shape.elementCount.multipliedReportingOverflow(by: max(k / 16, 1))
    return overflow ? .max : product
  }
}
