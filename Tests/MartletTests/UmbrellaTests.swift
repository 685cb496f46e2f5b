import Foundation
import Martlet
import Testing

@Suite("import Martlet") struct UmbrellaTests {
  @Test("is all that the main job needs")
  func mainJob() throws {
    let device = try Device.named("auto")
    let digits = StrokeDigits(seed: 1)
    let model = try Sequential(input: [28, 28, 1]) {
      Conv2D(32, kernel: 3, activation: .relu)
      MaxPool2D(2)
      Conv2D(64, kernel: 3, activation: .relu)
      MaxPool2D(2)
      Flatten()
      Dense(10)
    }
    #expect(model.summary().contains("Total params: 34,826 (136.04 KB)"))
    let trainer = Trainer(model, loss: .softmaxCrossEntropy, optimizer: Adam(), metrics: [.accuracy], on: device)
    let history = try trainer.fit(
      digits.dataset(of: 0..<200), validation: .split(0.1), epochs: 3, batchSize: 128, seed: 1, progress: .silent)
    #expect(history["acc"].count == 3)
    #expect(try trainer.evaluate(digits.dataset(of: 200..<250)).sampleCount == 50)
  }

  @Test("is all that a loop of one's own needs")
  func ownLoop() throws {
    let data = try Dataset(inputs: [0, 0, 0, 1, 1, 0, 1, 1], shape: [2], labels: [0, 1, 1, 0])
    let model = try Sequential(input: [2], seed: 2) {
      Dense(8, activation: .tanh)
      Dense(2)
    }
    let loss = CategoricalCrossEntropy(fromLogits: true)
    var optimizer = Adam(learningRate: 0.05)
    for epoch in 0..<200 {
      for batch in data.batches(size: 4, shuffledBy: 1, epoch: epoch) {
        let logits = model(batch.inputTensor(), mode: .training(seed: 1, step: optimizer.state.step))
        guard let labels = batch.targetTensor() else { continue }
        optimizer.update(model, along: loss(logits, labels).gradients())
      }
    }
    let corners = Tensor([0, 0, 0, 1, 1, 0, 1, 1], shape: [4, 2])
    #expect(try model(corners).argmax(alongAxis: -1).int32s() == [0, 1, 1, 0])
  }
}
