import MartletBackend
import MartletTensor

// Picking one element along axes by its position, and placing one back among zeros: each is the other's gradient. The position is
// the row-major index within the axes, int32, as reductions report it.

private let picking = ProgramCache<[Int]> { axes in
  ElementwiseProgram(inputs: [.float32, .int32], parameters: axes.map { _ in .int32 }) { x, p in
    let terms = zip(axes, p).map { Lane.coordinate(axis: $0) * $1 }
    let position = terms.dropFirst().reduce(terms.first ?? .integer(0)) { $0 + $1 }
    return [.select(position .== x[1], x[0], 0)]
  }
}

extension Tensor {
  /// `y = self` at the positions, 0 elsewhere.
  ///
  /// - Parameter position: int32; both it and this tensor have the shape with 1 at the axes.
  func placed(at position: Tensor, alongAxes axes: [Int], toGive shape: Shape) -> Tensor {
    Tensor.map(
      picking[axes], self, position, parameters: Tensor.positionStrides(axes, shape), shape: shape, for: "placed"
    ).recorded("placed", (self, { $0.picked(at: position, alongAxes: axes) }))
  }

  /// The element at each position, with 1 at the axes; 0 where there is no such position.
  func picked(at position: Tensor, alongAxes axes: [Int]) -> Tensor {
    Tensor.reduced(
      picking[axes], [.sum], [self, position], parameters: Tensor.positionStrides(axes, shape), axes: axes,
      for: "picked")[0]
      .recorded("picked", (self, { [shape] in $0.placed(at: position, alongAxes: axes, toGive: shape) }))
  }

  private static func positionStrides(_ axes: [Int], _ shape: Shape) -> [MartletBackend.Scalar] {
    Shape(axes.map { shape[$0] }).contiguousStrides.map { .int32(Int32(truncatingIfNeeded: $0)) }
  }
}
