import MartletAutograd
import MartletBackend
import MartletTensor

/// Brings each channel to mean 0 and variance 1, then scales and shifts it by learned amounts.
///
///     y = gamma · (x - mean) / √(variance + epsilon) + beta
///
/// While learning, mean and (population) variance are those of the batch, over all axes but the last, and move the moving
/// statistics: `moving = moving · momentum + batch · (1 - momentum)`. Otherwise the moving statistics are used.
///
/// - Shape: `[batch, …, channels]` in, the same out; all parameters are `[channels]`.
/// - Source: Ioffe and Szegedy 2015. Keras' choices: population variance for the moving variance too, momentum 0.99,
///   epsilon 1e-3 under the root.
public struct BatchNorm: Layer {
  /// How much of the old moving statistics stays in each step.
  public let momentum: Float
  /// Keeps the root away from 0.
  public let epsilon: Float
  /// The scale; starts at 1.
  public let gamma: Parameter?
  /// The shift; starts at 0.
  public let beta: Parameter?
  /// Collected while learning, used for predictions.
  public let movingMean = Parameter(.zeros, role: .statistic)
  /// Collected while learning, used for predictions.
  public let movingVariance = Parameter(.ones, role: .statistic)
  /// What it is called in paths and summaries.
  public let name: String?

  /// - Parameters:
  ///   - center: Whether there is a shift, `beta`.
  ///   - scale: Whether there is a scale, `gamma`.
  /// - Precondition: `momentum` is in 0...1, `epsilon` is positive.
  public init(
    momentum: Float = 0.99, epsilon: Float = 1e-3, center: Bool = true, scale: Bool = true, name: String? = nil
  ) {
    require(
      (0...1).contains(momentum) && epsilon > 0,
      "BatchNorm: need momentum in 0...1 and epsilon > 0; got \(momentum), \(epsilon)")
    self.momentum = momentum
    self.epsilon = epsilon
    self.name = name
    gamma = scale ? Parameter(.ones) : nil
    beta = center ? Parameter(.zeros) : nil
  }

  /// Keras' name of the type.
  public static var typeName: String { "BatchNormalization" }

  /// The shape of the result; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape {
    guard input.rank > 0 else {
      throw ShapeError("BatchNorm needs samples with a channel axis, the last; got \(input)")
    }
    return input
  }

  /// Makes the parameters for an input; see `Layer`.
  public func initializeParameters(for input: Shape) throws {
    guard let channels = input.last else { throw ShapeError("BatchNorm needs a channel axis; got \(input)") }
    for parameter in [gamma, beta, movingMean, movingVariance] { try parameter?.initialize(shape: [channels]) }
  }

  /// The result for a batch.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor {
    prepare(for: x, movingMean)
    guard mode.isTraining else {
      return x.normalized(
        mean: movingMean.value, variance: movingVariance.value, epsilon: epsilon, scale: gamma?.value,
        offset: beta?.value)
    }
    let (y, mean, variance) = x.normalized(
      alongAxes: Array(0..<x.rank - 1), epsilon: epsilon, scale: gamma?.value, offset: beta?.value)
    let channels: Shape = [x.shape[x.rank - 1]]
    move(movingMean, towards: mean.reshaped(to: channels))
    move(movingVariance, towards: variance.reshaped(to: channels))
    return y
  }

  private static let movingAverage = ElementwiseProgram(
    inputs: [.float32, .float32], parameters: [.float32, .float32]
  ) { x, p in [x[0] * p[0] + x[1] * p[1]] }

  private func move(_ moving: Parameter, towards batch: Tensor) {
    moving.update { value in
      Tensor.update(
        &value, with: Self.movingAverage, inputs: [batch.detached],
        parameters: [.float32(momentum), .float32(1 - momentum)])
    }
  }
}
