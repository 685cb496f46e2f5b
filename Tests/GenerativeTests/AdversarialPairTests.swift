import Foundation
import MartletAutograd
import MartletBackend
import MartletData
import MartletGenerative
import MartletLayers
import MartletOptimizers
import MartletTensor
import MartletTestSupport
import Testing

@Suite("An adversarial pair") struct AdversarialPairTests {
  private static func pair(seed: UInt64 = 1) throws -> AdversarialPair {
    try AdversarialPair(
      generator: Sequential(input: [2], seed: seed) {
        Dense(16, activation: .relu)
        Dense(1)
      },
      discriminator: Sequential(input: [1], seed: seed &+ 1) {
        Dense(16, activation: .leakyRelu())
        Dense(1)
      },
      generatorOptimizer: Adam(learningRate: 0.005, beta1: 0.5),
      discriminatorOptimizer: Adam(learningRate: 0.005, beta1: 0.5))
  }

  @Test("begins with the losses of a discriminator that knows nothing", arguments: Device.underTest)
  func firstLosses(on device: Device) throws {
    var pair = try Self.pair()
    // Weights of 0: every logit is 0, so -log σ(0) = ln 2 for each of the three terms, however real samples are smoothed.
    for parameter in pair.discriminator.parameters { parameter.assign(.zeros(try #require(parameter.shape))) }
    try pair.generator.move(to: device)
    try pair.discriminator.move(to: device)
    // The discriminator's step comes first; a rate of 0 keeps it from knowing more by the time of the generator's.
    pair.discriminatorOptimizer = SGD(learningRate: 0)
    let losses = pair.step(real: Tensor([1, 2, 3], shape: [3, 1], on: device), key: RandomKey(seed: 1))
    expectClose(losses.discriminator, [Float(2 * log(2.0))])
    expectClose(losses.generator, [Float(log(2.0))])
  }

  @Test("each optimizer moves its own network only, and leaves both trainable", arguments: Device.underTest)
  func separation(on device: Device) throws {
    var pair = try Self.pair()
    try pair.generator.move(to: device)
    try pair.discriminator.move(to: device)
    let real = Tensor([1, 2, 3], shape: [3, 1], on: device)
    func values(_ model: Sequential) throws -> [[Float]] { try model.parameters.map { try $0.value.floats() } }
    let (generator, discriminator) = (try values(pair.generator), try values(pair.discriminator))
    pair.discriminatorOptimizer = SGD(learningRate: 0)
    _ = pair.step(real: real, key: RandomKey(seed: 1))
    #expect(try values(pair.discriminator) == discriminator)
    #expect(try values(pair.generator) != generator)
    #expect(pair.discriminator.trainableParameters.count == 4)
    let moved = try values(pair.generator)
    pair.generatorOptimizer = SGD(learningRate: 0)
    pair.discriminatorOptimizer = SGD(learningRate: 0.1)
    _ = pair.step(real: real, key: RandomKey(seed: 2))
    #expect(try values(pair.generator) == moved)
    #expect(try values(pair.discriminator) != discriminator)
  }

  @Test("learns where numbers lie and how far they spread; equal seeds give equal samples")
  func normal() throws {
    let data = try Dataset(
      inputs: Tensor.normal([2048], mean: 3, standardDeviation: 0.5, key: RandomKey(seed: 7)).floats(), shape: [1])
    func trained() throws -> [Float] {
      var pair = try Self.pair()
      try pair.fit(data, epochs: 25, batchSize: 64, seed: 1, progress: .silent)
      return try pair.samples(2000, seed: 3).floats()
    }
    let samples = try trained()
    let mean = samples.reduce(0, +) / 2000
    let deviation = (samples.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 2000).squareRoot()
    // Before learning the mean is near 0. A generator that collapses has deviation 0.
    #expect(abs(mean - 3) < 0.4, "mean \(mean)")
    #expect(deviation > 0.2 && deviation < 1, "deviation \(deviation)")
    #expect(try trained() == samples)
  }

  @Test("throws where the models do not fit each other")
  func misfit() throws {
    let generator = try Sequential(input: [2]) { Dense(3) }
    let discriminator = try Sequential(input: [4]) { Dense(1) }
    #expect(throws: ShapeError.self) { try AdversarialPair(generator: generator, discriminator: discriminator) }
  }

  @Test("the score is 1 for samples that are all alike, and the number of classes for sure ones of every class")
  func score() {
    #expect(SampleScore(probabilities: [1, 0, 1, 0], classCount: 2).score == 1)
    #expect(SampleScore(probabilities: [0.5, 0.5, 0.5, 0.5], classCount: 2).score == 1)
    let perfect = SampleScore(probabilities: [1, 0, 0, 0, 1, 0, 0, 0, 1], classCount: 3)
    #expect(abs(perfect.score - 3) < 1e-12)
    #expect(perfect.confidence == 1 && perfect.classShares == [1, 1, 1].map { $0 / 3 })
  }
}
