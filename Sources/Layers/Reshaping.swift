import MartletAutograd
import MartletBackend
import MartletTensor

/// All values of a sample in one row, row-major.
///
/// - Shape: `[batch, …]` in, `[batch, product of the rest]` out.
public struct Flatten: Layer {
  /// What it is called in paths and summaries.
  public let name: String?

  /// Makes the layer.
  public init(name: String? = nil) { self.name = name }

  /// The shape of the result; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape { [input.elementCount] }

  /// The result for a batch.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor { x.flattened(fromAxis: 1) }
}

/// The values of a sample under another shape, in row-major order.
///
/// - Shape: `[batch, …]` in, `[batch] + shape` out.
public struct Reshape: Layer {
  /// The shape of one sample of the result; one extent may be -1, for as many as there are.
  public let shape: Shape
  /// What it is called in paths and summaries.
  public let name: String?

  /// - Precondition: extents are positive but for one -1 at most.
  public init(_ shape: Shape, name: String? = nil) {
    require(
      shape.allSatisfy { $0 > 0 || $0 == -1 } && shape.count { $0 == -1 } <= 1,
      "Reshape: extents have to be positive, one may be -1; got \(shape)")
    self.shape = shape
    self.name = name
  }

  /// The shape of the result; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape {
    let known = shape.reduce(1) { $1 == -1 ? $0 : $0 * $1 }
    guard let open = shape.firstIndex(of: -1) else {
      guard known == input.elementCount else {
        throw ShapeError("Reshape: \(input) has \(input.elementCount) elements, \(shape) needs \(known)")
      }
      return shape
    }
    guard input.elementCount.isMultiple(of: known) else {
      throw ShapeError("Reshape: the \(input.elementCount) elements of \(input) do not divide into \(shape)")
    }
    var result = shape
    result[open] = input.elementCount / known
    return result
  }

  /// The result for a batch.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor {
    let target = trapping { try outputShape(for: Shape(x.shape.dropFirst())) }
    return x.reshaped(to: Shape([x.shape[0]] + Array(target)))
  }
}
