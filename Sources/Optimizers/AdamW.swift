import MartletBackend
import MartletTensor

/// Adam with decoupled weight decay: `p -= p · weightDecay · lr` before each step, so that decay is not divided by the gradient's
/// size.
///
/// - Source: Loshchilov and Hutter 2019; default decay 0.004 from Keras.
public struct AdamW: Optimizer {
  /// Learning rate, weight decay and clipping.
  public var options: OptimizerOptions
  /// What is remembered from step to step.
  public var state = OptimizerState()
  /// The settings shared with `Adam`.
  public let moments: AdamMoments

  /// - Precondition: the betas are in 0..<1, `epsilon` is positive.
  public init(
    learningRate: any LearningRateSchedule = 0.001, weightDecay: Double = 0.004, beta1: Double = 0.9,
    beta2: Double = 0.999, epsilon: Double = 1e-7, amsgrad: Bool = false, clipping: GradientClipping = .none
  ) {
    options = OptimizerOptions(learningRate: learningRate, weightDecay: weightDecay, clipping: clipping)
    moments = AdamMoments(beta1: beta1, beta2: beta2, epsilon: epsilon, amsgrad: amsgrad)
  }

  /// What it is called in messages and files.
  public var name: String { "adamw" }
  /// The arrays kept for each parameter.
  public var slotNames: [String] { moments.slotNames }

  /// The numbers of an update; see `Optimizer`.
  public func scalars(step: Int, learningRate: Double) -> [Double] {
    moments.scalars(step: step, learningRate: learningRate)
  }

  /// The rule for one element; see `Optimizer`.
  public func step(
    parameter: Lane, gradient: Lane, slots: [Lane], scalars: [Lane]
  ) -> (parameter: Lane, slots: [Lane]) {
    moments.step(parameter: parameter, gradient: gradient, slots: slots, scalars: scalars)
  }
}
