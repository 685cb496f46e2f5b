import Foundation
import MartletAutograd
import MartletBackend
import MartletLayers
import MartletLosses
import MartletOptimizers
import MartletTensor
import MartletTestSupport
import Testing

@Suite("Optimizers") struct OptimizerTests {
  /// The values of a parameter after each step along given gradients.
  private func path(
    _ optimizer: some Optimizer, from start: [Float], along gradients: [[Float]], on device: Device
  ) throws -> [[Float]] {
    var optimizer = optimizer
    let parameter = Parameter(Tensor(start, on: device))
    return try gradients.map { gradient in
      // The gradient of Σ g · p is g.
      let loss = (parameter.value * Tensor(gradient, on: device)).sum()
      optimizer.update([parameter], along: loss.gradients())
      return try parameter.value.floats()
    }
  }

  private func expectPath(
    _ optimizer: some Optimizer, from start: [Float] = [1], along gradients: [[Float]], is expected: [[Double]],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for device in Device.underTest {
      let actual = try path(optimizer, from: start, along: gradients, on: device)
      for (a, e) in zip(actual.joined(), expected.joined()) {
        #expect(abs(Double(a) - e) < 2e-6 * max(1, abs(e)), "\(device): \(actual)", sourceLocation: sourceLocation)
      }
    }
  }

  @Test("SGD steps against the gradient, with momentum and Nesterov's lookahead")
  func sgd() throws {
    try expectPath(
      SGD(learningRate: 0.1), from: [1, -1], along: [[2, 4], [1, 0]], is: [[0.8, -1.4], [0.7, -1.4]])
    // m: -0.2, then 0.9 · -0.2 - 0.1 = -0.28.
    try expectPath(SGD(learningRate: 0.1, momentum: 0.9), along: [[2], [1]], is: [[0.8], [0.52]])
    // p += 0.9 m - 0.1 g: 1 - 0.18 - 0.2 = 0.62, then 0.62 - 0.252 - 0.1.
    try expectPath(SGD(learningRate: 0.1, momentum: 0.9, nesterov: true), along: [[2], [1]], is: [[0.62], [0.268]])
  }

  @Test("RMSprop divides by the root of the running mean square")
  func rmsprop() throws {
    // v: 0.1 · 4 = 0.4, then 0.36 + 0.1 = 0.46.
    let (first, second) = (1 - 0.1 * 2 / 0.4.squareRoot(), 0.1 / 0.46.squareRoot())
    try expectPath(RMSprop(learningRate: 0.1), along: [[2], [1]], is: [[first], [first - second]])
    // Centered: a = 0.2, d = 0.4 - 0.04 = 0.36; m = 0.1 · 2 / 0.6.
    try expectPath(
      RMSprop(learningRate: 0.1, momentum: 0.5, centered: true), along: [[2]], is: [[1 - 0.2 / 0.6]])
  }

  @Test("Adam's first step is the learning rate, whatever the gradient's size")
  func adam() throws {
    try expectPath(Adam(learningRate: 0.1), from: [1, 1, 1], along: [[40, 5, -300]], is: [[0.9, 0.9, 1.1]])
    // Second step, in Double: m = 0.9 · 0.2 + 0.1, v = 0.999 · 0.004 + 0.001.
    let (m, v) = (0.28, 0.004_996)
    let rate = 0.1 * (1 - 0.999 * 0.999).squareRoot() / (1 - 0.81)
    try expectPath(
      Adam(learningRate: 0.1), along: [[2], [1]], is: [[0.9], [0.9 - rate * m / (v.squareRoot() + 1e-7)]])
    // AMSGrad keeps v = 0.1 · 4 (beta2 0.9) when the gradient vanishes: v would fall to 0.36.
    let kept = 0.1 * 0.19.squareRoot() / 0.19 * 0.18 / 0.4.squareRoot()
    try expectPath(Adam(learningRate: 0.1, beta2: 0.9, amsgrad: true), along: [[2], [0]], is: [[0.9], [0.9 - kept]])
  }

  @Test("Adagrad, Adadelta, Adamax and Lion follow their formulas")
  func others() throws {
    // a: 0.1 + 4, then 5.1.
    let adagrad = 1 - 0.2 / 4.1.squareRoot()
    try expectPath(
      Adagrad(learningRate: 0.1), along: [[2], [1]], is: [[adagrad], [adagrad - 0.1 / 5.1.squareRoot()]])
    // a = 0.1 · 4 = 0.4, u = √(0.01 / 0.41) · 2.
    try expectPath(
      Adadelta(learningRate: 1, rho: 0.9, epsilon: 0.01), along: [[2]], is: [[1 - 2 * (0.01 / 0.41).squareRoot()]])
    // The first step is the learning rate; then m = 0.9 · 0.2 + 0.1, u = 0.999 · 2, 1 - beta1² = 0.19.
    try expectPath(
      Adamax(learningRate: 0.1), along: [[2], [1]], is: [[0.9], [0.9 - 0.1 / 0.19 * 0.28 / 1.998]])
    // Signs: +, then of 0.9 · 0.02 - 0.1 · 0.5 < 0, and none for nothing.
    try expectPath(Lion(learningRate: 0.1), from: [1, 1], along: [[2, 0], [-0.5, 0]], is: [[0.9, 1], [1, 1]])
  }

  @Test("Nadam looks ahead, and its products of momenta may vanish")
  func nadam() throws {
    // u₁ = 0.9 · (1 - 0.48), u₂ = 0.9 · (1 - 0.5 · 0.96²); m = 0.2, v = 0.004, √(v / 0.001) = 2.
    let (first, second) = (0.9 * 0.52, 0.9 * (1 - 0.5 * 0.9216))
    let step = 0.1 * (second * 0.2 / (1 - first * second) + (1 - first) * 2 / (1 - first)) / 2
    try expectPath(Nadam(learningRate: 0.1), along: [[2]], is: [[1 - step]])
    let late = Nadam().scalars(step: 1_000_000, learningRate: 1)
    #expect(abs(late[0] - 0.9) < 1e-12 && abs(late[1] - 0.1) < 1e-12)
  }

  @Test("FTRL follows its formula and leaves exact zeros where the penalty is larger than what was learned")
  func ftrl() throws {
    // n: 0.1, then 4.1; z = 2 - (√4.1 - √0.1) / 0.1 · 1; p = -z / (√4.1 / 0.1).
    let z = 2 - (4.1.squareRoot() - 0.1.squareRoot()) * 10
    try expectPath(FTRL(learningRate: 0.1), along: [[2]], is: [[-z / (4.1.squareRoot() * 10)]])
    try expectPath(FTRL(learningRate: 0.1, l1: 5), from: [0], along: [[2]], is: [[0]])
  }

  @Test("weight decay comes before the step and is decoupled from it")
  func weightDecay() throws {
    // 2 - 2 · 0.5 · 0.1 = 1.9, then -0.1.
    try expectPath(AdamW(learningRate: 0.1, weightDecay: 0.5), from: [2], along: [[7]], is: [[1.8]])
    try expectPath(SGD(learningRate: 0.1, weightDecay: 0.5), from: [2], along: [[3]], is: [[1.6]])
  }

  @Test("clipping bounds elements, the norm of each gradient, or the norm of all together")
  func clipping() throws {
    try expectPath(SGD(learningRate: 1, clipping: .value(2)), from: [0, 0], along: [[-5, 1]], is: [[2, -1]])
    try expectPath(
      SGD(learningRate: 1, clipping: .norm(1)), from: [0, 0], along: [[3, 4], [0.3, 0.4]],
      is: [[-0.6, -0.8], [-0.9, -1.2]])
    try expectPath(SGD(learningRate: 1, clipping: .norm(1)), from: [0, 0], along: [[0, 0]], is: [[0, 0]])
    for device in Device.underTest {
      var optimizer = SGD(learningRate: 1, clipping: .globalNorm(2.5))
      let (a, b) = (Parameter(Tensor([0], on: device)), Parameter(Tensor([0], on: device)))
      optimizer.update([a, b], along: (a.value * 3 + b.value * 4).sum().gradients())
      expectClose(a.value, [-1.5])
      expectClose(b.value, [-2])
    }
  }

  @Test("schedules are evaluated at step 0 for the first update")
  func schedules() throws {
    try expectPath(
      SGD(learningRate: ExponentialDecay(1, decaySteps: 1, decayRate: 0.5)), from: [0], along: [[1], [1], [1]],
      is: [[-1], [-1.5], [-1.75]])
    let smooth = ExponentialDecay(0.1, decaySteps: 4, decayRate: 0.5)
    #expect(abs(smooth.rate(atStep: 2) - 0.1 * 0.5.squareRoot()) < 1e-15)
    #expect(ExponentialDecay(0.1, decaySteps: 4, decayRate: 0.5, staircase: true).rate(atStep: 7) == 0.05)
    #expect(StepDecay(0.8, stepSize: 10, factor: 0.5).rate(atStep: 25) == 0.2)
    #expect(CustomSchedule { Double($0) * 2 }.rate(atStep: 3) == 6)
    #expect(Float(0.001).rate(atStep: 9) == 0.001)
  }

  @Test("one cycle goes up and down as PyTorch's OneCycleLR of 11 steps does")
  func oneCycle() {
    let expected = [
      0.020000000000000018, 0.2111705568673679, 0.4801307123613087, 0.48987328391065077, 0.4422378623843152,
      0.36304352464876416, 0.2652913540437999, 0.16502901449364746, 0.07871625639975394, 0.020522771603145428, 2e-06,
    ]
    let schedule = OneCycle(0.5, steps: 11)
    for (step, rate) in expected.enumerated() { #expect(abs(schedule.rate(atStep: step) - rate) < 1e-15) }
    #expect(schedule.rate(atStep: 50) == schedule.rate(atStep: 10))
    #expect(OneCycle(1, steps: 2, rise: 0).rate(atStep: 0) <= 1)
  }

  @Test("optimizers have the names that people type")
  func names() throws {
    #expect(try Optimizers.named("RMSprop").name == RMSprop().name)
    #expect(try Optimizers.named("adam_w", learningRate: 0.5).options.learningRate.rate(atStep: 0) == 0.5)
    #expect(try (Optimizers.named("nesterov") as? SGD)?.isNesterov == true)
    for optimizer in OptimizerCatalogue.all { #expect(try Optimizers.named(optimizer.name).name == optimizer.name) }
    #expect {
      try Optimizers.named("adamm")
    } throws: { "\($0)".contains("did you mean 'adam'? There are sgd, ") }
  }

  @Test("schedules by parts, by powers and by cosines pass through the values they promise")
  func moreSchedules() {
    func rates(_ schedule: some LearningRateSchedule, _ steps: [Int]) -> [Double] {
      steps.map { (schedule.rate(atStep: $0) * 1e12).rounded() / 1e12 }
    }
    #expect(
      rates(PiecewiseConstantDecay(boundaries: [2, 4], values: [3, 2, 1]), [0, 2, 3, 4, 5]) == [3, 3, 2, 2, 1])
    #expect(rates(InverseTimeDecay(1, decaySteps: 2, decayRate: 1), [0, 2, 3]) == [1, 0.5, 0.4])
    #expect(rates(InverseTimeDecay(1, decaySteps: 2, decayRate: 1, staircase: true), [1, 3]) == [1, 0.5])
    #expect(rates(PolynomialDecay(1, decaySteps: 4, end: 0.2, power: 2), [0, 2, 4, 9]) == [1, 0.4, 0.2, 0.2])
    // At step 4 the end is reached; from step 5 on the way is 8 long.
    #expect(rates(PolynomialDecay(1, decaySteps: 4, end: 0, cyclic: true), [0, 4, 6, 8]) == [1, 0, 0.25, 0])
    #expect(rates(CosineDecay(1, decaySteps: 4, alpha: 0.2), [0, 2, 4, 9]) == [1, 0.6, 0.2, 0.2])
    let warm = CosineDecay(0, decaySteps: 4, warmupTarget: 1, warmupSteps: 2)
    #expect(rates(warm, [0, 1, 2, 4, 6]) == [0, 0.5, 1, 0.5, 0])
    // Restarts at 4 and 12, each from half the height.
    let restarting = CosineDecayRestarts(1, firstDecaySteps: 4, peakFactor: 0.5)
    #expect(rates(restarting, [0, 2, 4, 8, 12]) == [1, 0.5, 0.5, 0.25, 0.25])
    #expect(rates(CosineDecayRestarts(1, firstDecaySteps: 4, periodFactor: 1), [4, 6, 8]) == [1, 0.5, 1])
    #expect(rates(LinearWarmup(target: 1, warmupSteps: 4), [0, 1, 4, 9]) == [0, 0.25, 1, 1])
  }

  @Test("leaves parameters without a gradient, and frozen ones, alone")
  func untouched() throws {
    let model = try Sequential(input: [2]) {
      Dense(2)
      Dense(1)
    }
    model.layers[0].freeze()
    let before = try model.parameters.map { try $0.value.floats() }
    var optimizer = Adam()
    optimizer.update(model, along: model(Tensor([1, 2], shape: [1, 2])).sum().gradients())
    let after = try model.parameters.map { try $0.value.floats() }
    #expect(zip(before, after).map { $0 == $1 } == [true, true, false, false])
    #expect(
      optimizer.stateTensors.keys.sorted() == [
        "1.bias/momentum", "1.bias/velocity", "1.kernel/momentum", "1.kernel/velocity",
      ])
  }

  @Test("never changes a tensor that somebody else holds", arguments: Device.underTest)
  func sharedStorage(on device: Device) throws {
    let parameter = Parameter(Tensor([1, 2], on: device))
    let snapshot = parameter.value.detached
    var optimizer = SGD(learningRate: 1)
    optimizer.update([parameter], along: parameter.value.sum().gradients())
    #expect(try snapshot.floats() == [1, 2])
    #expect(try parameter.value.floats() == [0, 1])
  }

  @Test("a copy, and a saved state, go on as the original does")
  func state() throws {
    let model = try Sequential(input: [2]) { Dense(1) }
    let x = Tensor([1, 2], shape: [1, 2])
    var original = Adam(learningRate: 0.1)
    original.update(model, along: model(x).sum().gradients())
    var copy = original
    let (weights, saved) = (model.weights, original.stateTensors)
    original.update(model, along: model(x).squared().sum().gradients())
    let expected = try model.parameters[0].value.floats()

    try model.restore(weights)
    copy.update(model, along: model(x).squared().sum().gradients())
    #expect(try model.parameters[0].value.floats() == expected)

    try model.restore(weights)
    var restored = Adam(learningRate: 0.1)
    try restored.restore(step: 1, tensors: saved, for: model)
    restored.update(model, along: model(x).squared().sum().gradients())
    #expect(try model.parameters[0].value.floats() == expected)
    #expect(throws: ModelError.self) {
      try restored.restore(step: 1, tensors: ["0.kernel/momentum": Tensor([1])], for: model)
    }
  }

  @Test("every optimizer fits a plane through points", arguments: OptimizerCatalogue.all.indices, Device.underTest)
  func plane(index: Int, device: Device) throws {
    try withDevice(device) {
      var optimizer = OptimizerCatalogue.all[index]
      let model = try Sequential(input: [2]) { Dense(1) }
      let x = sample([32, 2], seed: 3)
      let targets = x.matmul(Tensor([0.5, -0.25], shape: [2, 1])) + 0.3
      for _ in 0..<300 {
        optimizer.update(
          model, along: MeanSquaredError()(model(x, mode: .training(seed: 0, step: 0)), targets).gradients())
      }
      #expect(try MeanSquaredError()(model(x), targets).item() < 1e-3, "\(optimizer.name)")
    }
  }
}
