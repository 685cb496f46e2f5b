import MartletAutograd
import MartletBackend
import MartletTensor

/// A learned vector for each of a number of indices: words, characters, categories.
///
/// - Shape: any shape of indices in, int32 or whole numbers as float32; the same with an axis `dimension` behind it out; embeddings
///   `[count, dimension]`. An index that is not below `count` gives zeros.
public struct Embedding: MaskingLayer {
  /// How many indices there are.
  public let count: Int
  /// The length of a vector.
  public let dimension: Int
  /// Whether index 0 stands for a missing step.
  public let masksZero: Bool
  /// `[count, dimension]`.
  public let embeddings: Parameter
  /// What the layer is called; `nil` lets the model number it.
  public let name: String?

  /// - Precondition: `count` and `dimension` are positive.
  public init(
    _ count: Int, _ dimension: Int, masksZero: Bool = false, initializer: Initializer = .randomUniform(),
    name: String? = nil
  ) {
    require(count > 0 && dimension > 0, "Embedding: need positive numbers; got \(count) and \(dimension)")
    self.count = count
    self.dimension = dimension
    self.masksZero = masksZero
    self.name = name
    embeddings = Parameter(initializer)
  }

  /// The shape of the result; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape {
    guard input.rank < Shape.maximumRank - 1 else {
      throw ShapeError("Embedding: \(input) has no room for another axis")
    }
    return Shape(Array(input) + [dimension])
  }

  /// Makes the parameters for an input; see `Layer`.
  public func initializeParameters(for input: Shape) throws { try embeddings.initialize(shape: [count, dimension]) }

  /// The result for a batch.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor {
    prepare(for: x, embeddings)
    return embeddings.value.gathered(indices(x))
  }

  /// The result for a batch, and which of its steps are there.
  public func masked(_ x: Tensor, mask: Tensor?, mode: Mode) -> (output: Tensor, mask: Tensor?) {
    (self(x, mode: mode), masksZero ? indices(x) .!= 0 : mask)
  }

  private func indices(_ x: Tensor) -> Tensor { x.dtype == .float32 ? x.cast(to: .int32) : x }
}
