import Martlet  // 1. import

func mnistInSixSteps() throws {
  let mnist = try MNIST.load()  // 2. load
  let model = try Sequential(input: [28, 28, 1]) {  // 3. layers: 101,770 parameters
    Flatten()
    Dense(128, activation: .relu)
    Dense(10, activation: .softmax())
  }
  print(model.summary())
  let trainer = Trainer(  // 4. optimizer, loss, metric
    model, loss: .categoricalCrossEntropy, optimizer: Adam(), metrics: [.accuracy])
  try trainer.fit(mnist.train, epochs: 5)  // 5. fit
  print("test", try trainer.evaluate(mnist.test))  // 6. evaluate and predict
  let predictions = try trainer.predict(mnist.test.prefix(3))
  print(predictions.labels, predictions.probabilities(at: 0))
}
