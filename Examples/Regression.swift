import Martlet

/// One layer finds the plane that points lie on: 2, -3 and 0.5.
func linearRegression() throws {
  let x = Tensor.normal([200, 2], key: RandomKey(seed: 1))
  let y = x.matmul(Tensor([2, -3], shape: [2, 1])) + 0.5
  let data = try Dataset(inputs: x.floats(), shape: [2], targets: y.floats())
  let model = try Sequential(input: [2], seed: 1) { Dense(1) }
  let trainer = Trainer(model, loss: .meanSquaredError, optimizer: SGD(learningRate: 0.2))
  try trainer.fit(data, epochs: 100, batchSize: 200, progress: .silent)
  for parameter in model.parameters { print(parameter.name, try parameter.value.floats()) }
}

/// The same layer with a sigmoid tells two clouds apart, and says how sure it is.
func logisticRegression() throws {
  let data = PlanarData.gauss.dataset(count: 400, noise: 0.4, seed: 1)
  let model = try Sequential(input: [2], seed: 1) { Dense(1, activation: .sigmoid) }
  let trainer = Trainer(
    model, loss: .binaryCrossEntropy, optimizer: SGD(learningRate: 0.1), metrics: [.accuracy])
  try trainer.fit(data, epochs: 200, batchSize: 400, progress: .silent)
  print(try trainer.evaluate(data))
}

/// Two spirals; `PlanarData` has the other patterns of the playground.
func playground() throws {
  let model = try Sequential(input: [2], seed: 1) {
    Dense(32, activation: .tanh)
    Dense(32, activation: .tanh)
    Dense(2)
  }
  let trainer = Trainer(
    model, loss: .softmaxCrossEntropy, optimizer: Adam(learningRate: 0.01), metrics: [.accuracy])
  try trainer.fit(PlanarData.spiral.dataset(count: 500, seed: 1), epochs: 60, batchSize: 10, seed: 1)
  print("test", try trainer.evaluate(PlanarData.spiral.dataset(count: 500, noise: 0.05, seed: 2)))
}
