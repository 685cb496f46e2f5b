import MartletBackend
import MartletTensor

/// Steps that shrink with everything an element has seen: good where some gradients are rare.
///
///     a += g²;  p -= lr · g / √(a + epsilon)
///
/// - Source: Duchi, Hazan and Singer 2011; epsilon inside the root, as in Keras.
public struct Adagrad: Optimizer {
  /// What all optimizers have in common.
  public var options: OptimizerOptions
  /// What is remembered.
  public var state = OptimizerState()
  /// What the sum of squares starts at.
  public let initialAccumulator: Double
  /// Keeps the root away from 0.
  public let epsilon: Double

  /// - Precondition: `initialAccumulator` is not negative, `epsilon` is positive.
  public init(
    learningRate: any LearningRateSchedule = 0.001, initialAccumulator: Double = 0.1, epsilon: Double = 1e-7,
    weightDecay: Double = 0, clipping: GradientClipping = .none
  ) {
    require(
      initialAccumulator >= 0 && epsilon > 0,
      "Adagrad: need initialAccumulator >= 0 and epsilon > 0; got \(initialAccumulator), \(epsilon)")
    options = OptimizerOptions(learningRate: learningRate, weightDecay: weightDecay, clipping: clipping)
    self.initialAccumulator = initialAccumulator
    self.epsilon = epsilon
  }

  /// What it is called in messages and files.
  public var name: String { "adagrad" }
  /// What is kept per element.
  public var slotNames: [String] { ["accumulator"] }

  /// The numbers of an update; see `Optimizer`.
  public func scalars(step: Int, learningRate: Double) -> [Double] {
    // What is kept starts at 0, so the start of the sum is added when it is used.
    [learningRate, initialAccumulator + epsilon]
  }

  /// The rule for one element; see `Optimizer`.
  public func step(
    parameter p: Lane, gradient g: Lane, slots: [Lane], scalars: [Lane]
  ) -> (parameter: Lane, slots: [Lane]) {
    let sum = slots[0] + g * g
    return (p - scalars[0] * g / (sum + scalars[1]).squareRoot(), [sum])
  }
}
