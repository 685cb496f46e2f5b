import MartletAutograd
import MartletBackend
import MartletTensor

/// Units that answer to places: each has a centre, and its output falls from 1 as a bell around it.
///
///     y[j] = exp(-gamma[j] · |x - centers[j]|²)
///
/// - Shape: `[batch, …, in]` in, `[batch, …, units]` out; centers `[units, in]`, gamma `[units]`. The differences
///   `[batch, …, units, in]` are held in memory, which is exact near the centres where expanding the square is not.
/// - Source: Broomhead and Lowe 1988, "Multivariable functional interpolation and adaptive networks".
public struct RBF: Layer {
  /// The number of outputs.
  public let units: Int
  /// The place of each unit, `[units, in]`; give it samples of the data for a good start.
  public let centers: Parameter
  /// How narrow each bell is, `[units]`.
  public let gamma: Parameter
  /// What it is called in paths and summaries.
  public let name: String?

  /// - Parameters:
  ///   - gamma: How narrow the bells are at first: 1 / (2σ²).
  ///   - centersInitializer: Where the bells stand at first.
  /// - Precondition: `units` and `gamma` are positive.
  public init(
    _ units: Int, gamma: Float = 1, centersInitializer: Initializer = .randomUniform(minimum: -1, maximum: 1),
    name: String? = nil
  ) {
    require(units > 0 && gamma > 0, "RBF: need units, gamma > 0; got \(units), \(gamma)")
    self.units = units
    self.name = name
    centers = Parameter(centersInitializer)
    self.gamma = Parameter(.constant(gamma))
  }

  /// The shape of the result; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape {
    guard input.rank > 0, input.rank + 2 <= Shape.maximumRank else {
      throw ShapeError("RBF needs samples with one to \(Shape.maximumRank - 2) axes, such as [features]; got \(input)")
    }
    var output = input
    output[input.rank - 1] = units
    return output
  }

  /// Makes the parameters for an input; see `Layer`.
  public func initializeParameters(for input: Shape) throws {
    guard let features = input.last else { throw ShapeError("RBF needs samples with at least one axis; got \(input)") }
    try centers.initialize(shape: [units, features])
    try gamma.initialize(shape: [units])
  }

  /// The result for a batch.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor {
    prepare(for: x, centers)
    let squaredDistance = (x.expanded(at: -2) - centers.value).squared().sum(alongAxes: [-1])
    return (-gamma.value * squaredDistance).exp()
  }
}
