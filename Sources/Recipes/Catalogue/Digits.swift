import Martlet

// Handwritten digits, of which everybody can see whether the answer is right.
extension Recipe {
  static let digits: [Recipe] = [
    Recipe(
      "mnist-cnn", in: .pictures, "two convolutions with pooling, then a dense layer; about 99 % on MNIST",
      task: classifier(epochs: 3, batchSize: 128, learningRate: 0.003) { form in
        [
          Conv2D(32, kernel: 3, activation: .relu), MaxPool2D(2), Conv2D(64, kernel: 3, activation: .relu),
          MaxPool2D(2), Flatten(), Dense(form.outputs),
        ]
      }),
    Recipe(
      "mnist-mlp", in: .pictures, "one hidden layer of 128; about 97.5 % on MNIST",
      task: classifier(epochs: 5, batchSize: 32, learningRate: 0.001) { form in
        [Flatten(), Dense(128, activation: .relu), Dense(form.outputs)]
      }),
    Recipe(
      "mnist-lstm", in: .pictures, "an LSTM of 128 units over the rows of the picture, one row a step; about 98.5 %",
      task: classifier(epochs: 5, batchSize: 128, learningRate: 0.003) { form in
        [Reshape([28, 28]), LSTM(128), Dense(form.outputs)]
      }),
  ]

  /// A network that tells grey pictures of 28×28 apart, a tenth of which judges each epoch.
  static func classifier(
    of data: DataSource = .mnist, epochs: Int, batchSize: Int, learningRate: Float,
    layers: @escaping @Sendable (SampleForm) -> [any Layer]
  ) -> SupervisedTask {
    SupervisedTask(
      data: data, form: SampleForm([28, 28, 1], outputs: 10), network: .layers(layers), loss: .softmaxCrossEntropy,
      optimizer: .settlingAdam(learningRate), metrics: [.accuracy], epochs: epochs, batchSize: batchSize,
      heldOut: .share(0.1), subject: .digit)
  }
}
