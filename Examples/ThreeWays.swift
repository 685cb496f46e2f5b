import Martlet

// The same task in three ways: a list of layers, a graph, and a layer and a loop of one's own.

/// A list of layers; `fit` does the rest.
func listOfLayers() throws {
  let data = PlanarData.spiral.dataset(count: 500, seed: 1)
  let model = try Sequential(input: [2], seed: 1) {
    Dense(32, activation: .tanh)
    Dense(2)
  }
  let trainer = Trainer(
    model, loss: .softmaxCrossEntropy, optimizer: Adam(learningRate: 0.03), metrics: [.accuracy])
  try trainer.fit(data, epochs: 100, seed: 1)
}

/// A graph: what the first layer made is looked at twice.
func graphOfLayers() throws {
  let point = Symbol.input([2])
  let first = Dense(32, activation: .tanh)(point)
  let second = Dense(32, activation: .tanh)(first)
  let answer = Dense(2)(Concatenate()([first, second]))
  let model = try Model(inputs: [point], outputs: [answer], seed: 1)
  print(model.summary())
  print(try NetworkDrawing(of: model).terminalPicture())
  let trainer = Trainer(
    model, loss: .softmaxCrossEntropy, optimizer: Adam(learningRate: 0.03), metrics: [.accuracy])
  try trainer.fit(PlanarData.spiral.dataset(count: 500, seed: 1), epochs: 100, seed: 1)
}

/// A layer of one's own is a struct with one function; parameters and layers among its properties are found.
struct Skipping: Layer {
  let inner = Dense(32, activation: .tanh)
  func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor { x + inner(x, mode: mode) }
}

/// The loop by hand: forward, backward, a step along the gradient.
func loopByHand() throws {
  let data = PlanarData.spiral.dataset(count: 500, seed: 1)
  let model = try Sequential(input: [2], seed: 1) {
    Dense(32, activation: .tanh)
    Skipping()
    Dense(2)
  }
  var optimizer: any Optimizer = Adam(learningRate: 0.03)
  for epoch in 1...100 {
    for (step, batch) in data.batches(size: 50).enumerated() {
      guard let labels = batch.targetTensor() else { continue }
      let loss = model(batch.inputTensor(), mode: .training(seed: 1, step: step))
        .softmaxCrossEntropy(labels: labels, averaged: true)
      optimizer.update(model, along: loss.gradients())
      if step == 0 && epoch.isMultiple(of: 20) { print("epoch \(epoch): loss \(try loss.item())") }
    }
  }
}
