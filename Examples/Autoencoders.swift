import Martlet

/// Pictures told again in 32 numbers: the samples are their own targets.
func mnistAutoencoder() throws {
  let mnist = try MNIST.load()
  try rebuild(mnist.train.reconstructing, mnist.test.reconstructing)
}

/// The same network takes noise away when it is given noisy pictures and clean targets.
func mnistDenoising() throws {
  let mnist = try MNIST.load()
  try rebuild(mnist.train.denoising(deviation: 0.4, seed: 1), mnist.test.denoising(deviation: 0.4, seed: 2))
}

private func rebuild(_ training: Dataset, _ test: Dataset) throws {
  let model = try Sequential(input: [28, 28, 1], seed: 1) {
    Flatten()
    Dense(128, activation: .relu)
    Dense(32, activation: .relu, name: "code")
    Dense(128, activation: .relu)
    Dense(784, activation: .sigmoid)
    Reshape([28, 28, 1])
  }
  let trainer = Trainer(model, loss: .meanSquaredError, optimizer: Adam())
  try trainer.fit(training, epochs: 10, batchSize: 128, seed: 1)
  print("test", try trainer.evaluate(test))
  let made = try trainer.predict(test.prefix(8))
  let pictures =
    (0..<8).compactMap { test.picture(at: $0) }
    + (0..<8).map { GrayPicture(width: 28, height: 28, values: made.output(at: $0)) }
  try GrayPicture.contactSheet(of: pictures, columns: 8).writePNG(to: "reconstructions.png")
}
