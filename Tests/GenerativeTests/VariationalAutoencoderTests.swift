import Foundation
import MartletAutograd
import MartletBackend
import MartletData
import MartletGenerative
import MartletLayers
import MartletOptimizers
import MartletTensor
import MartletTestSupport
import MartletTraining
import Testing

@Suite("A variational autoencoder") struct VariationalAutoencoderTests {
  // -½ Σ (1 + log σ² - μ² - σ²): for N(0, 1) 0; for μ = 1, σ = 1: ½; for μ = 0, σ = 2: -½ (1 + ln 4 - 4) = 0.806853.
  @Test("has the divergence of the closed form", arguments: Device.underTest)
  func divergence(on device: Device) {
    let mean = Tensor([0, 0, 1, 0, 0, 3], shape: [3, 2], on: device)
    let logVariance = Tensor([0, 0, 0, Float(log(4.0)), 0, 0], shape: [3, 2], on: device)
    expectClose(
      VariationalAutoencoder.divergence(mean: mean, logVariance: logVariance), [0, 0.5 + 0.806_853, 4.5], within: 1e-5)
  }

  @Test("has the divergence that drawing from it finds")
  func monteCarlo() throws {
    let (mean, deviation, count) = (Float(0.7), Float(0.4), 40_000)
    let z = try Tensor.normal([count], mean: mean, standardDeviation: deviation, key: RandomKey(seed: 4)).floats()
    // log q(z) - log p(z), the common constant left out.
    let values = z.map { z in
      -Double((z - mean) * (z - mean) / (2 * deviation * deviation)) - log(Double(deviation)) + Double(z * z / 2)
    }
    let found = values.reduce(0, +) / Double(count)
    let expected = VariationalAutoencoder.divergence(
      mean: Tensor([mean], shape: [1, 1]), logVariance: Tensor([2 * Elementary.log(deviation)], shape: [1, 1]))
    // The standard deviation of a value is below 1.
    #expect(abs(found - Double(try expected.item())) < 4 / Double(count).squareRoot())
  }

  @Test("sends gradients through the draw, as central differences find", arguments: Device.underTest)
  func gradient(on device: Device) throws {
    let model = try VariationalAutoencoder(input: [3], hidden: 4, latentSize: 2, seed: 3)
    try model.move(to: device)
    let x = Tensor([0.2, 0.9, 0.4, 1, 0, 0.7], shape: [2, 3], on: device)
    let key = RandomKey(seed: 1)
    func loss() -> Tensor {
      let parts = model.objective(x, key: key)
      return parts.reconstruction + parts.divergence
    }
    let gradients = loss().gradients()
    let bias = try #require(model.encoder.parameters.last)
    let found = try #require(gradients[bias]).floats()
    let value = try bias.value.floats()
    for index in value.indices {
      func shifted(_ by: Float) throws -> Double {
        var moved = value
        moved[index] += by
        bias.assign(Tensor(moved, on: device))
        return Double(try loss().item())
      }
      let slope = (try shifted(1 / 64) - shifted(-1 / 64)) * 32
      bias.assign(Tensor(value, on: device))
      #expect(abs(slope - Double(found[index])) < 2e-3, "bias \(index): \(found[index]), differences \(slope)")
    }
  }

  /// Two kinds of picture, left half or right half white.
  private static func halves() throws -> Dataset {
    try Dataset(inputs: (0..<128).flatMap { $0 % 2 == 0 ? [1, 1, 0, 0] : [0, 0, 1, 1] as [Float] }, shape: [2, 2])
  }

  @Test(
    "comes to what the data cost, ln 2, from both parts; the same seed gives the same weights",
    arguments: Device.underTest)
  func learning(on device: Device) throws {
    func trained() throws -> (VariationalAutoencoder, History) {
      let model = try VariationalAutoencoder(input: [2, 2], hidden: 16, latentSize: 1, seed: 1)
      let history = try model.fit(
        Self.halves(), epochs: 60, batchSize: 32, optimizer: Adam(learningRate: 0.02), seed: 1, on: device,
        progress: .silent)
      return (model, history)
    }
    let (model, history) = try trained()
    // No model can be better than ln 2 = 0.693 on average; one that makes no use of its code pays 4 ln 2 = 2.77. A drawn code that falls on
    // the wrong side costs some 20 nats, so the mean over 128 is noisy.
    let last = try #require(history["loss"].last)
    #expect(last > 0.6 && last < 1.8, "\(last)")
    #expect(try model.negativeELBO(of: Self.halves(), on: device) < 1.8)
    let back = try model.reconstructions(Tensor([1, 1, 0, 0], shape: [1, 2, 2], on: device)).floats()
    #expect(back[0] > 0.9 && back[3] < 0.1)
    #expect(
      try trained().0.weights.tensors.mapValues { try $0.floats() }
        == model.weights.tensors.mapValues { try $0.floats() })
  }

  @Test("names the parameters of its two models apart, so that it can be saved and comes back")
  func saving() throws {
    let (model, other) = try (
      VariationalAutoencoder(input: [2, 2, 1], hidden: 3, latentSize: 2, seed: 1),
      VariationalAutoencoder(input: [2, 2, 1], hidden: 3, latentSize: 2, seed: 2)
    )
    #expect(Set(model.parameters.map(\.name)).count == 8)
    let x = sample([3, 2, 2, 1])
    let expected = try model(x, mode: .inference).floats()
    try other.restore(model.weights)
    #expect(try other(x, mode: .inference).floats() == expected)
  }

  @Test("throws where models do not fit each other")
  func misfit() throws {
    let encoder = try Sequential(input: [4]) { Dense(3) }
    let decoder = try Sequential(input: [2]) { Dense(4) }
    #expect(throws: ShapeError.self) { try VariationalAutoencoder(encoder: encoder, decoder: decoder) }
  }
}
