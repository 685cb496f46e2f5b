import Foundation
import Martlet

/// An autoencoder whose code is a distribution: a point drawn from it becomes a digit nobody has written.
func variationalAutoencoder() throws {
  let mnist = try MNIST.load()
  let model = try VariationalAutoencoder(input: [28, 28, 1], hidden: 400, latentSize: 20, seed: 1)
  try model.fit(mnist.train, validation: mnist.test, epochs: 10, seed: 1)
  print("-ELBO of the test digits:", try model.negativeELBO(of: mnist.test))
  try writeSheet(of: model.samples(25, seed: 1), to: "vae.png")
}

/// Two networks that train each other, each with an optimizer of its own.
func adversarialPair() throws {
  let mnist = try MNIST.load()
  let generator = try Sequential(input: [32], seed: 1) {
    Dense(128, activation: .leakyRelu())
    Dense(256, activation: .leakyRelu())
    Dense(784, activation: .sigmoid)
    Reshape([28, 28, 1])
  }
  let discriminator = try Sequential(input: [28, 28, 1], seed: 2) {
    Flatten()
    Dense(256, activation: .leakyRelu())
    Dropout(0.4)
    Dense(1)
  }
  var pair = try AdversarialPair(
    generator: generator, discriminator: discriminator,
    generatorOptimizer: Adam(learningRate: 0.001, beta1: 0.5),
    discriminatorOptimizer: Adam(learningRate: 0.0004, beta1: 0.5))
  try pair.fit(mnist.train, epochs: 25, batchSize: 128, seed: 1)
  try writeSheet(of: pair.samples(25, seed: 1), to: "gan.png")
}

/// A text learned character by character, and gone on with.
func characters() throws {
  let text = try String(contentsOfFile: dataFile("tinyshakespeare/input.txt"), encoding: .utf8)
  let training = String(text.dropLast(text.count / 10))
  let vocabulary = try Vocabulary(fitting: [training], unit: .characters)
  let model = try CharacterModel(vocabulary: vocabulary, units: [256], seed: 1)
  try model.fit(training, heldOut: String(text.suffix(text.count / 10)), seed: 1)
  print(try model.text(continuing: "ROMEO:", count: 300, temperature: 0.7, seed: 1))
}

private func writeSheet(of samples: Tensor, to path: String) throws {
  let made = try Dataset(inputs: samples.floats(), shape: Array(samples.shape.dropFirst()))
  let pictures = (0..<made.count).compactMap { made.picture(at: $0) }
  try GrayPicture.contactSheet(of: pictures, columns: 5).writePNG(to: path)
}
