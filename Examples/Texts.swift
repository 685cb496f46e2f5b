import Martlet

/// Words to codes, codes to vectors, vectors read one after the other.
func sentiment() throws {
  let (texts, labels) = Reviews.texts(count: 2000, seed: 1)
  let vocabulary = try Vocabulary(fitting: texts)
  let data = try Dataset(
    sequences: vocabulary.encoded(texts), length: 16, labels: labels, classNames: Reviews.classNames)
  let (training, test) = try data.split(holdingOut: 0.2, seed: 1)
  let model = try Sequential(input: [16], seed: 1) {
    Embedding(vocabulary.codeCount, 16, masksZero: true)
    LSTM(16)
    Dense(2)
  }
  let trainer = Trainer(
    model, loss: .softmaxCrossEntropy, optimizer: Adam(learningRate: 0.01), metrics: [.accuracy])
  try trainer.fit(training, epochs: 5, seed: 1)
  print("test", try trainer.evaluate(test))
}
