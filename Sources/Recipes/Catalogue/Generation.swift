import Martlet

// Models that make up samples of their own.
extension Recipe {
  static let generation: [Recipe] = [
    Recipe(
      "vae", in: .generation, "a variational autoencoder of digits, 20 latent numbers; -ELBO about 107 nats",
      task: VariationalTask(
        data: .mnist, hidden: 400, latentSize: 20, epochs: 10, batchSize: 128, learningRate: 0.001)),
    Recipe(
      "gan", in: .generation, "a generator and a discriminator of digits, judged by a classifier",
      task: AdversarialTask(
        data: .mnist, latentSize: 32,
        generator: {
          [
            Dense(128, activation: .leakyRelu()), Dense(256, activation: .leakyRelu()),
            Dense(784, activation: .sigmoid), Reshape([28, 28, 1]),
          ]
        },
        discriminator: {
          [
            Flatten(), Dense(256, activation: .leakyRelu()), Dropout(0.4), Dense(128, activation: .leakyRelu()),
            Dropout(0.4), Dense(1),
          ]
        }, epochs: 25, batchSize: 128, learningRate: 0.0004)),
    Recipe(
      "char-rnn", in: .generation, "an LSTM that learns a text by character and writes; 1.65 nats on Shakespeare",
      task: CharacterTask(
        units: [256], schedule: CharacterModel.Schedule(),
        places: ["tinyshakespeare/input.txt", "input.txt"])),
  ]
}
