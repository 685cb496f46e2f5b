import Foundation
import MartletAutograd
import MartletBackend
import MartletClassics
import MartletData
import MartletLayers
import MartletLosses
import MartletOptimizers
import MartletTensor
import MartletTestSupport
import MartletTraining
import Testing

/// A machine of 3 visible and 2 hidden units, small enough to go through all 32 states.
private struct TinyMachine {
  let weight: [[Double]] = [[0.8, -0.5], [-1.1, 0.4], [0.3, 0.9]]
  let visibleBias: [Double] = [0.2, -0.3, 0.1]
  let hiddenBias: [Double] = [-0.4, 0.6]

  static func bits(_ number: Int, _ count: Int) -> [Double] { (0..<count).map { Double(number >> $0 & 1) } }

  func energy(_ v: [Double], _ h: [Double]) -> Double {
    var sum = 0.0
    for i in 0..<3 { sum -= v[i] * visibleBias[i] }
    for j in 0..<2 { sum -= h[j] * hiddenBias[j] }
    for i in 0..<3 { for j in 0..<2 { sum -= v[i] * weight[i][j] * h[j] } }
    return sum
  }

  /// The mean of vᵢ·hⱼ over all states, those with a given v only where one is given.
  func expectation(given visible: [Double]? = nil) -> [[Double]] {
    var (total, sums) = (0.0, [[Double]](repeating: [0, 0], count: 3))
    for a in 0..<8 {
      let v = Self.bits(a, 3)
      if let visible, visible != v { continue }
      for b in 0..<4 {
        let h = Self.bits(b, 2)
        let p = exp(-energy(v, h))
        total += p
        for i in 0..<3 { for j in 0..<2 { sums[i][j] += p * v[i] * h[j] } }
      }
    }
    return sums.map { $0.map { $0 / total } }
  }

  func machine(on device: Device) throws -> RestrictedBoltzmannMachine {
    let machine = RestrictedBoltzmannMachine(visible: 3, hidden: 2)
    machine.weight.assign(Tensor(weight.flatMap(\.self).map(Float.init), shape: [3, 2]))
    machine.visibleBias.assign(Tensor(visibleBias.map(Float.init)))
    machine.hiddenBias.assign(Tensor(hiddenBias.map(Float.init)))
    try machine.move(to: device)
    return machine
  }
}

@Suite("A restricted Boltzmann machine") struct BoltzmannTests {
  private static let tiny = TinyMachine()
  private static let states: [Float] = (0..<8).flatMap { TinyMachine.bits($0, 3).map(Float.init) }

  @Test("has the free energy that summing over all hidden states gives", arguments: Device.underTest)
  func freeEnergy(on device: Device) throws {
    let machine = try Self.tiny.machine(on: device)
    let expected = (0..<8).map { a -> Float in
      let v = TinyMachine.bits(a, 3)
      return Float(-log((0..<4).reduce(0.0) { $0 + exp(-Self.tiny.energy(v, TinyMachine.bits($1, 2))) }))
    }
    expectClose(machine.freeEnergy(Tensor(Self.states, shape: [8, 3], on: device)), expected, shape: [8], within: 1e-6)
  }

  @Test("learns along the gradient of -log P(v), by enumeration of all states", arguments: Device.underTest)
  func gradient(on device: Device) throws {
    let machine = try Self.tiny.machine(on: device)
    let copies = 4000
    let data: [Float] = (0..<copies).flatMap { _ in [1, 0, 1, 0, 1, 1] as [Float] }
    let x = Tensor(data, shape: [2 * copies, 3], on: device)
    let gradients = machine.contrastiveDivergence(x, steps: 30, key: RandomKey(seed: 5))
    let found = try #require(gradients[machine.weight])
    let first = Self.tiny.expectation(given: [1, 0, 1])
    let second = Self.tiny.expectation(given: [0, 1, 1])
    let model = Self.tiny.expectation()
    let expected = (0..<6).map { index -> Float in
      let (i, j) = (index / 2, index % 2)
      let data: Double = (first[i][j] + second[i][j]) / 2
      return Float(model[i][j] - data)
    }
    // 8000 draws of numbers between 0 and 1: a standard error below 0.5 / √8000 = 0.0056; four of them.
    for (a, e) in zip(try found.floats(), expected) { #expect((a - e).magnitude < 0.023, "\(a) and \(e)") }
  }

  @Test("is at rest, on average, where the data have the model's distribution: any bias of the estimate would show")
  func rest() throws {
    let machine = try Self.tiny.machine(on: .cpu)
    // Samples of the model after a long walk from anywhere.
    let start = Tensor([Float](repeating: 0, count: 3 * 8000), shape: [8000, 3], on: .cpu)
    let x = machine.sampled(from: start, steps: 50, key: RandomKey(seed: 1))
    let gradients = machine.contrastiveDivergence(x, steps: 1, key: RandomKey(seed: 2))
    let found = try #require(gradients[machine.weight]).floats()
    #expect(found.allSatisfy { $0.magnitude < 0.023 }, "\(found)")
  }

  @Test("draws the same states everywhere", arguments: Device.underTest)
  func determinism(on device: Device) throws {
    let machine = try Self.tiny.machine(on: device)
    let x = Tensor(Self.states, shape: [8, 3], on: device)
    let drawn = try machine.sampled(from: x, steps: 5, key: RandomKey(seed: 9)).floats()
    let reference = try Self.tiny.machine(on: .reference)
    let expected = try reference.sampled(
      from: Tensor(Self.states, shape: [8, 3], on: .reference), steps: 5, key: RandomKey(seed: 9)
    ).floats()
    #expect(drawn == expected)
    #expect(drawn.allSatisfy { $0 == 0 || $0 == 1 })
  }

  /// Two patterns and their complement-free noise: bars that a machine can learn.
  private static func bars() throws -> Dataset {
    let patterns: [[Float]] = [
      [1, 1, 1, 0, 0, 0, 0, 0, 0], [0, 0, 0, 1, 1, 1, 0, 0, 0], [0, 0, 0, 0, 0, 0, 1, 1, 1],
    ]
    return try Dataset(
      inputs: (0..<300).flatMap { patterns[$0 % 3] }, shape: [3, 3, 1], labels: (0..<300).map { $0 % 3 })
  }

  @Test("learns patterns: they get less free energy than others, and come back", arguments: Device.underTest)
  func patterns(on device: Device) throws {
    let machine = RestrictedBoltzmannMachine(visible: 9, hidden: 6, seed: 1)
    let history = try machine.fit(
      Self.bars(), epochs: 40, batchSize: 30, seed: 1, on: device, progress: .silent)
    #expect(history["reconstruction_error"].last ?? 1 < 0.05)
    let seen = Tensor([1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0], shape: [2, 9], on: device)
    let energies = try machine.freeEnergy(seen).floats()
    #expect(energies[0] < energies[1] - 1, "\(energies)")
  }

  @Test("stacked and fine-tuned, tells the patterns apart, with the pretrained weights shared")
  func beliefNetwork() throws {
    let data = try Self.bars()
    let network = DeepBeliefNetwork(visible: 9, hidden: [6, 4], seed: 1)
    let histories = try network.pretrain(data, epochs: 5, batchSize: 30, seed: 1, progress: .silent)
    #expect(histories.count == 2)
    let before = try network.machines[0].weight.value.floats()
    let classifier = try network.classifier(input: [3, 3, 1], classCount: 3, seed: 1)
    #expect(try network.machines[0].weight.value.floats() == before)
    let trainer = Trainer(
      classifier, loss: .softmaxCrossEntropy, optimizer: Adam(learningRate: 0.01), metrics: [.accuracy])
    try trainer.fit(data, epochs: 30, batchSize: 30, seed: 1, progress: .silent)
    #expect(try trainer.evaluate(data)["accuracy"] == 1)
    #expect(try network.machines[0].weight.value.floats() != before)
  }

  @Test("throws where samples do not fit")
  func misfit() throws {
    let machine = RestrictedBoltzmannMachine(visible: 4, hidden: 2)
    #expect(throws: TrainingError.self) { try machine.fit(try Self.bars(), progress: .silent) }
  }
}
