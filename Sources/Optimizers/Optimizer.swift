import MartletAutograd
import MartletBackend
import MartletLayers
import MartletTensor

/// A rule that moves parameters along their gradients, and what it remembers from step to step. A value: a copy goes on from the
/// same state.
///
///     var optimizer = Adam(learningRate: 0.001)
///     optimizer.update(model, along: loss.gradients())
///
/// A step on one parameter is one element-wise program in place, on whatever device the parameter is: first clipping, then
/// decoupled weight decay `p -= p · weightDecay · learningRate`, then the rule (Keras' order). A rule of your own says what it
/// remembers per element (`slotNames`), which numbers change from step to step (`scalars`), and the formula (`step`).
public protocol Optimizer: Sendable {
  /// What it is called in messages and files.
  var name: String { get }
  /// What all rules have in common.
  var options: OptimizerOptions { get set }
  /// What is remembered.
  var state: OptimizerState { get set }

  /// Names of the arrays kept for each parameter, at most three; they start at 0.
  var slotNames: [String] { get }

  /// The numbers of an update that depend on the step, computed in Double.
  ///
  /// - Parameters:
  ///   - step: 1 for the first update.
  ///   - learningRate: The rate of this step.
  func scalars(step: Int, learningRate: Double) -> [Double]

  /// The rule for one element.
  ///
  /// - Parameters:
  ///   - parameter: Its value, after weight decay.
  ///   - gradient: Its gradient, after clipping.
  ///   - slots: What was kept, in the order of `slotNames`.
  ///   - scalars: The numbers of `scalars(step:learningRate:)`.
  /// - Returns: The new value and what to keep.
  func step(parameter: Lane, gradient: Lane, slots: [Lane], scalars: [Lane]) -> (parameter: Lane, slots: [Lane])
}

/// What all optimizers have in common.
public struct OptimizerOptions: Sendable {
  /// How far a step goes, constant or by schedule.
  public var learningRate: any LearningRateSchedule
  /// What every rate of the schedule is multiplied by; training lowers it where a model has stopped learning.
  public var rateFactor = 1.0
  /// The share of a parameter that goes away in each step, times the learning rate; decoupled from the gradient.
  public var weightDecay: Double
  /// What is done about large gradients.
  public var clipping: GradientClipping

  /// The options.
  public init(
    learningRate: any LearningRateSchedule, weightDecay: Double = 0, clipping: GradientClipping = .none
  ) {
    self.learningRate = learningRate
    self.weightDecay = weightDecay
    self.clipping = clipping
  }
}

/// What is done about large gradients.
public enum GradientClipping: Hashable, Sendable {
  /// Nothing.
  case none
  /// Every element is held in ±limit.
  case value(Double)
  /// The gradient of each parameter is scaled so that its Euclidean norm is at most the limit.
  case norm(Double)
  /// All gradients together are scaled so that their Euclidean norm is at most the limit.
  case globalNorm(Double)
}

extension Optimizer {
  /// How far a step goes, constant or by schedule.
  public var learningRate: any LearningRateSchedule {
    get { options.learningRate }
    set { options.learningRate = newValue }
  }

  /// The rate of the next update.
  public var currentLearningRate: Double { options.learningRate.rate(atStep: state.step) * options.rateFactor }

  /// Moves the trainable parameters of a model along their gradients. Parameters without a gradient stay.
  ///
  /// - Precondition: at least one of them has a gradient.
  public mutating func update(_ model: some Layer, along gradients: Gradients) {
    update(model.trainableParameters, along: gradients)
  }

  /// Moves parameters along their gradients. Parameters without a gradient stay.
  ///
  /// - Precondition: at least one of them has a gradient.
  public mutating func update(_ parameters: [Parameter], along gradients: Gradients) {
    let pairs = parameters.compactMap { parameter in
      gradients[parameter].map { (parameter: parameter, gradient: $0.detached) }
    }
    require(
      !pairs.isEmpty,
      "\(name): none of the \(parameters.count) trainable parameters has a gradient; was the loss computed from this model?"
    )
    let rate = currentLearningRate
    state.step += 1
    let scalars = scalars(step: state.step, learningRate: rate)
    let slotCount = slotNames.count
    let recipe = StepRecipe(slotCount: slotCount, scalarCount: scalars.count, options: options)
    let program = state.programs[recipe] ?? recipe.program(rule: self)
    state.programs[recipe] = program
    let arguments = recipe.arguments(scalars: scalars, options: options, rate: rate)
    let factors = withoutGradient { options.clipping.factors(for: pairs.map(\.gradient)) }
    let steps = pairs.enumerated().map { index, pair in
      (parameter: pair.parameter, inputs: factors.map { [pair.gradient, $0[index]] } ?? [pair.gradient])
    }
    state.step(steps, slotCount: slotCount, with: program, parameters: arguments)
  }
}

/// What is part of the program of a step besides the rule itself.
struct StepRecipe: Hashable {
  let slotCount: Int
  let scalarCount: Int
  let decays: Bool
  let clipsValues: Bool
  let scales: Bool

  init(slotCount: Int, scalarCount: Int, options: OptimizerOptions) {
    self.slotCount = slotCount
    self.scalarCount = scalarCount
    decays = options.weightDecay != 0
    switch options.clipping {
    case .none: (clipsValues, scales) = (false, false)
    case .value: (clipsValues, scales) = (true, false)
    case .norm, .globalNorm: (clipsValues, scales) = (false, true)
    }
  }

  /// Inputs: parameter, slots, gradient, and a factor for it where gradients are scaled. Outputs: parameter, slots.
  /// Arguments: those of the rule, then decay and limit where there are any.
  func program(rule: some Optimizer) -> ElementwiseProgram {
    ElementwiseProgram(
      inputs: [LaneType](repeating: .float32, count: 2 + slotCount + (scales ? 1 : 0)),
      parameters: [LaneType](repeating: .float32, count: scalarCount + (decays ? 1 : 0) + (clipsValues ? 1 : 0))
    ) { inputs, arguments in
      var parameter = inputs[0]
      var gradient = inputs[1 + slotCount]
      if scales { gradient = gradient * inputs[2 + slotCount] }
      if clipsValues, let limit = arguments.last { gradient = .minimum(.maximum(gradient, -limit), limit) }
      if decays { parameter = parameter - parameter * arguments[scalarCount] }
      let result = rule.step(
        parameter: parameter, gradient: gradient, slots: Array(inputs[1..<1 + slotCount]),
        scalars: Array(arguments[..<scalarCount]))
      return [result.parameter] + result.slots
    }
  }

  func arguments(scalars: [Double], options: OptimizerOptions, rate: Double) -> [Scalar] {
    var values = scalars
    if decays { values.append(options.weightDecay * rate) }
    if case .value(let limit) = options.clipping { values.append(limit) }
    return values.map { .float32(Float($0)) }
  }
}

extension GradientClipping {
  /// What each gradient is to be multiplied by, as tensors that stay on the device; `nil` where nothing is scaled.
  fileprivate func factors(for gradients: [Tensor]) -> [Tensor]? {
    func factor(_ limit: Double, squaredNorm: Tensor) -> Tensor {
      let limit = Float(limit)
      return limit / Tensor.maximum(squaredNorm.squareRoot(), Tensor(filling: [], with: limit, on: squaredNorm.device))
    }
    switch self {
    case .none, .value: return nil
    case .norm(let limit): return gradients.map { factor(limit, squaredNorm: $0.squared().sum()) }
    case .globalNorm(let limit):
      guard let first = gradients.first else { return [] }
      let total = gradients.dropFirst().reduce(first.squared().sum()) { $0 + $1.squared().sum() }
      return [Tensor](repeating: factor(limit, squaredNorm: total), count: gradients.count)
    }
  }
}
