import Martlet

/// Two convolutions: about 99 %.
func mnistConvolutions() throws {
  try trainOnDigits(epochs: 3) {
    Conv2D(32, kernel: 3, activation: .relu)
    MaxPool2D(2)
    Conv2D(64, kernel: 3, activation: .relu)
    MaxPool2D(2)
    Flatten()
    Dense(10)
  }
}

/// The rows of the picture as steps of a sequence.
func mnistRows() throws {
  try trainOnDigits(epochs: 5) {
    Reshape([28, 28])
    LSTM(128)
    Dense(10)
  }
}

/// A residual block learns what to add to its input.
func mnistResidual() throws {
  try trainOnDigits(epochs: 1) {
    Conv2D(16, kernel: 3, stride: 2, padding: .same, useBias: false)
    BatchNorm(momentum: 0.9)
    Activation.relu
    Residual {
      Conv2D(16, kernel: 3, padding: .same, useBias: false)
      BatchNorm(momentum: 0.9)
      Activation.relu
      Conv2D(16, kernel: 3, padding: .same, useBias: false)
      BatchNorm(momentum: 0.9)
    }
    GlobalAveragePool2D()
    Dense(10)
  }
}

private func trainOnDigits(epochs: Int, @LayerBuilder _ layers: () throws -> [any Layer]) throws {
  let mnist = try MNIST.load()
  let model = try Sequential(input: [28, 28, 1], seed: 1, layers)
  let trainer = Trainer(
    model, loss: .softmaxCrossEntropy, optimizer: Adam(learningRate: 0.003), metrics: [.accuracy])
  try trainer.fit(mnist.train, validation: .split(0.1), epochs: epochs, batchSize: 128, seed: 1)
  print("test", try trainer.evaluate(mnist.test))
}
