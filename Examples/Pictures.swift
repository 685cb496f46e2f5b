import Martlet

/// Ten kinds of clothes, in files of MNIST's form.
func fashion() throws {
  func samples(_ part: String) throws -> Dataset {
    try Dataset(
      idxImages: dataFile("fashion-mnist/\(part)-images-idx3-ubyte.gz"),
      labels: dataFile("fashion-mnist/\(part)-labels-idx1-ubyte.gz"), classNames: (0..<10).map(String.init))
  }
  let training = try samples("train")
  let model = try Sequential(input: [28, 28, 1], seed: 1) {
    Conv2D(32, kernel: 3, activation: .relu)
    MaxPool2D(2)
    Flatten()
    Dense(10)
  }
  let trainer = Trainer(model, loss: .softmaxCrossEntropy, metrics: [.accuracy])
  try trainer.fit(training, validation: .split(0.1), epochs: 5, batchSize: 128, seed: 1)
  print("test", try trainer.evaluate(samples("t10k")))
}

/// Drawn faces; `ImageFolder.load("pets", width: 32, height: 32)` reads photographs instead.
func catsAndDogs() throws {
  let (training, test) = try AnimalFaces.dataset(count: 1200, seed: 1).split(holdingOut: 0.2, seed: 1)
  let model = try Sequential(input: [32, 32, 3], seed: 1) {
    RandomTransform(shift: 0.05)
    Conv2D(16, kernel: 3, padding: .same, activation: .relu)
    MaxPool2D(2)
    Conv2D(32, kernel: 3, padding: .same, activation: .relu)
    MaxPool2D(2)
    Flatten()
    Dense(2)
  }
  let trainer = Trainer(model, loss: .softmaxCrossEntropy, metrics: [.accuracy])
  try trainer.fit(training, epochs: 10, batchSize: 20, seed: 1)
  print("test", try trainer.evaluate(test))
}
