import MartletBackend
import MartletTensor

/// "Follow the regularized leader": steps after which parameters of little use are exactly 0. For wide, sparse linear models.
///
///     L2 = l2 + beta / (2 lr);  n' = n + g²
///     z += g + 2 · l2Shrinkage · p - (n'^-power - n^-power) / lr · p
///     p = (clip(z, ±l1) - z) / (n'^-power / lr + 2 · L2)
///
/// - Source: McMahan et al. 2013, "Ad click prediction: a view from the trenches"; the form of Keras.
public struct FTRL: Optimizer {
  /// What all optimizers have in common.
  public var options: OptimizerOptions
  /// What is remembered.
  public var state = OptimizerState()
  /// How the learning rate falls with the gradients seen; -½ is the usual one.
  public let learningRatePower: Double
  /// What the sum of squares starts at.
  public let initialAccumulator: Double
  /// The penalty on absolute values.
  public let l1: Double
  /// The penalty on squares.
  public let l2: Double
  /// A penalty on squares that acts through the gradient.
  public let l2Shrinkage: Double
  /// The paper's beta.
  public let beta: Double

  /// - Precondition: `learningRatePower` is not positive, all others are not negative, `initialAccumulator` is positive.
  public init(
    learningRate: any LearningRateSchedule = 0.001, learningRatePower: Double = -0.5, initialAccumulator: Double = 0.1,
    l1: Double = 0, l2: Double = 0, l2Shrinkage: Double = 0, beta: Double = 0, weightDecay: Double = 0,
    clipping: GradientClipping = .none
  ) {
    require(
      learningRatePower <= 0 && initialAccumulator > 0 && min(l1, l2, l2Shrinkage, beta) >= 0,
      "FTRL: need learningRatePower <= 0, initialAccumulator > 0 and l1, l2, l2Shrinkage, beta >= 0; "
        + "got \(learningRatePower), \(initialAccumulator), \(l1), \(l2), \(l2Shrinkage), \(beta)")
    options = OptimizerOptions(learningRate: learningRate, weightDecay: weightDecay, clipping: clipping)
    self.learningRatePower = learningRatePower
    self.initialAccumulator = initialAccumulator
    self.l1 = l1
    self.l2 = l2
    self.l2Shrinkage = l2Shrinkage
    self.beta = beta
  }

  /// What it is called in messages and files.
  public var name: String { "ftrl" }
  /// What is kept per element.
  public var slotNames: [String] { ["accumulator", "linear"] }

  /// The numbers of an update; see `Optimizer`.
  public func scalars(step: Int, learningRate: Double) -> [Double] {
    // What is kept starts at 0, so the start of the sum is added when it is used.
    [
      1 / learningRate, -learningRatePower, initialAccumulator, l1, 2 * l2 + beta / learningRate, 2 * l2Shrinkage,
    ]
  }

  /// The rule for one element; see `Optimizer`.
  public func step(
    parameter p: Lane, gradient g: Lane, slots: [Lane], scalars: [Lane]
  ) -> (parameter: Lane, slots: [Lane]) {
    let (inverseRate, power, start, l1, l2, shrinkage) = (
      scalars[0], scalars[1], scalars[2], scalars[3], scalars[4], scalars[5]
    )
    let sum = slots[0] + g * g
    let (before, after) = (Lane.power(slots[0] + start, power), Lane.power(sum + start, power))
    let z = slots[1] + (g + shrinkage * p - (after - before) * inverseRate * p)
    let clipped = Lane.minimum(.maximum(z, -l1), l1)
    return ((clipped - z) / (after * inverseRate + l2), [sum, z])
  }
}
