import MartletAutograd
import MartletLayers
import MartletOptimizers
import MartletTensor

let optimizerMakers: [String: @Sendable (Attributes) throws -> any Optimizer] = [
  "sgd": { a in
    SGD(
      learningRate: try learningRate(a), momentum: try a.double("momentum", default: 0),
      nesterov: try a.bool("nesterov", default: false), weightDecay: try a.double("weight_decay", default: 0),
      clipping: try clipping(a))
  },
  "rmsprop": { a in
    RMSprop(
      learningRate: try learningRate(a), rho: try a.double("rho", default: 0.9),
      momentum: try a.double("momentum", default: 0), epsilon: try a.double("epsilon", default: 1e-7),
      centered: try a.bool("centered", default: false), weightDecay: try a.double("weight_decay", default: 0),
      clipping: try clipping(a))
  },
  "adam": { a in
    Adam(
      learningRate: try learningRate(a), beta1: try a.double("beta_1", default: 0.9),
      beta2: try a.double("beta_2", default: 0.999), epsilon: try a.double("epsilon", default: 1e-7),
      amsgrad: try a.bool("amsgrad", default: false), weightDecay: try a.double("weight_decay", default: 0),
      clipping: try clipping(a))
  },
  "adamw": { a in
    AdamW(
      learningRate: try learningRate(a), weightDecay: try a.double("weight_decay", default: 0.004),
      beta1: try a.double("beta_1", default: 0.9), beta2: try a.double("beta_2", default: 0.999),
      epsilon: try a.double("epsilon", default: 1e-7), amsgrad: try a.bool("amsgrad", default: false),
      clipping: try clipping(a))
  },
  "adagrad": { a in
    Adagrad(
      learningRate: try learningRate(a), initialAccumulator: try a.double("initial_accumulator_value", default: 0.1),
      epsilon: try a.double("epsilon", default: 1e-7),
      weightDecay: try a.double("weight_decay", default: 0), clipping: try clipping(a))
  },
  "adadelta": { a in
    Adadelta(
      learningRate: try learningRate(a), rho: try a.double("rho", default: 0.95),
      epsilon: try a.double("epsilon", default: 1e-7),
      weightDecay: try a.double("weight_decay", default: 0), clipping: try clipping(a))
  },
  "adamax": { a in
    Adamax(
      learningRate: try learningRate(a), beta1: try a.double("beta_1", default: 0.9),
      beta2: try a.double("beta_2", default: 0.999), epsilon: try a.double("epsilon", default: 1e-7),
      weightDecay: try a.double("weight_decay", default: 0), clipping: try clipping(a))
  },
  "nadam": { a in
    Nadam(
      learningRate: try learningRate(a), beta1: try a.double("beta_1", default: 0.9),
      beta2: try a.double("beta_2", default: 0.999), epsilon: try a.double("epsilon", default: 1e-7),
      weightDecay: try a.double("weight_decay", default: 0), clipping: try clipping(a))
  },
  "lion": { a in
    Lion(
      learningRate: try learningRate(a), beta1: try a.double("beta_1", default: 0.9),
      beta2: try a.double("beta_2", default: 0.99),
      weightDecay: try a.double("weight_decay", default: 0), clipping: try clipping(a))
  },
  "ftrl": { a in
    FTRL(
      learningRate: try learningRate(a), learningRatePower: try a.double("learning_rate_power", default: -0.5),
      initialAccumulator: try a.double("initial_accumulator_value", default: 0.1), l1: try a.double("l1", default: 0),
      l2: try a.double("l2", default: 0), l2Shrinkage: try a.double("l2_shrinkage", default: 0),
      beta: try a.double("beta", default: 0),
      weightDecay: try a.double("weight_decay", default: 0), clipping: try clipping(a))
  },
]

let scheduleMakers: [String: @Sendable (Attributes) throws -> any LearningRateSchedule] = [
  "exponential_decay": { a in
    ExponentialDecay(
      try a.double("initial_learning_rate"), decaySteps: try a.int("decay_steps"),
      decayRate: try a.double("decay_rate"), staircase: try a.bool("staircase", default: false))
  },
  "step_decay": { a in
    StepDecay(
      try a.double("initial_learning_rate"), stepSize: try a.int("step_size"), factor: try a.double("factor"))
  },
  "piecewise_constant_decay": { a in
    PiecewiseConstantDecay(boundaries: try a.ints("boundaries"), values: try a.doubles("values"))
  },
  "inverse_time_decay": { a in
    InverseTimeDecay(
      try a.double("initial_learning_rate"), decaySteps: try a.int("decay_steps"),
      decayRate: try a.double("decay_rate"), staircase: try a.bool("staircase", default: false))
  },
  "polynomial_decay": { a in
    PolynomialDecay(
      try a.double("initial_learning_rate"), decaySteps: try a.int("decay_steps"),
      end: try a.double("end_learning_rate", default: 0.0001), power: try a.double("power", default: 1),
      cyclic: try a.bool("cycle", default: false))
  },
  "cosine_decay": { a in
    CosineDecay(
      try a.double("initial_learning_rate"), decaySteps: try a.int("decay_steps"),
      alpha: try a.double("alpha", default: 0), warmupTarget: try a.optionalDouble("warmup_target"),
      warmupSteps: try a.int("warmup_steps", default: 0))
  },
  "cosine_decay_restarts": { a in
    CosineDecayRestarts(
      try a.double("initial_learning_rate"), firstDecaySteps: try a.int("first_decay_steps"),
      periodFactor: try a.double("t_mul", default: 2), peakFactor: try a.double("m_mul", default: 1),
      alpha: try a.double("alpha", default: 0))
  },
  "linear_warmup": { a in
    LinearWarmup(
      try a.double("initial_learning_rate"), target: try a.double("warmup_target"),
      warmupSteps: try a.int("warmup_steps"))
  },
]

let optimizerDefinitions: Definitions = optimizerMakers.mapValues(updates).merging(scheduleMakers.mapValues(rates)) {
  first, _ in first
}

/// The values of `p0`, `p1`, … after each update with the gradients `grads_p0`, `grads_p1`, ….
private func updates(_ make: @escaping @Sendable (Attributes) throws -> any Optimizer) -> Definition {
  { run in
    var optimizer = try make(run.attributes)
    let parameters = try run.inputs("p").map { Parameter($0) }
    let gradients = try run.inputs("grads_p")
    var history = parameters.map { _ in [Tensor]() }
    for step in 0..<(gradients.first?.shape[0] ?? 0) {
      // The gradient of Σ p · g for p is g.
      let terms = zip(parameters, gradients).map { ($0.value * $1[step]).sum() }
      guard let first = terms.first else { throw GoldenError.malformed("there are no parameters") }
      optimizer.update(parameters, along: terms.dropFirst().reduce(first) { $0 + $1 }.gradients())
      for index in parameters.indices { history[index].append(parameters[index].value.detached) }
    }
    return Dictionary(
      uniqueKeysWithValues: history.enumerated().map { ("p\($0.offset)", .tensor(Tensor.stacked($0.element))) })
  }
}

/// The learning rate at each of `steps`.
private func rates(_ make: @escaping @Sendable (Attributes) throws -> any LearningRateSchedule) -> Definition {
  { run in
    let schedule = try make(run.attributes)
    let steps = try run.host("steps")
    return ["y": .host(HostArray(steps.values.map { schedule.rate(atStep: Int($0)) }, shape: steps.shape))]
  }
}

private func learningRate(_ a: Attributes) throws -> any LearningRateSchedule {
  guard case .object(let members) = a.value("learning_rate") else { return try a.double("learning_rate") }
  let schedule = Attributes(members)
  let name = try schedule.string("schedule")
  guard let make = scheduleMakers[name] else { throw GoldenError.unsupported("schedule \(name)") }
  return try make(schedule)
}

private func clipping(_ a: Attributes) throws -> GradientClipping {
  let (value, norm) = (try a.optionalDouble("clipvalue"), try a.optionalDouble("clipnorm"))
  let globalNorm = try a.optionalDouble("global_clipnorm")
  switch (value, norm, globalNorm) {
  case (nil, nil, nil): return .none
  case (let limit?, nil, nil): return .value(limit)
  case (nil, let limit?, nil): return .norm(limit)
  case (nil, nil, let limit?): return .globalNorm(limit)
  default: throw GoldenError.unsupported("several kinds of clipping at once")
  }
}
