import Foundation
import MartletAutograd
import MartletBackend
import MartletData
import MartletLayers
import MartletLosses
import MartletMetrics
import MartletOptimizers
import MartletTensor
import MartletTestSupport
import MartletTraining
import Testing

@Suite("Trainer", .serialized) struct TrainerTests {
  /// Points in the plane, of class 1 where they lie to the right of a line.
  private func points(_ count: Int, seed: UInt64 = 5) throws -> Dataset {
    var generator = PhiloxGenerator(seed: seed)
    let inputs = (0..<2 * count).map { _ in Float.random(in: -1...1, using: &generator) }
    let labels = (0..<count).map { inputs[2 * $0] + 0.5 * inputs[2 * $0 + 1] > 0 ? 1 : 0 }
    return try Dataset(inputs: inputs, shape: [2], labels: labels, classNames: ["left", "right"])
  }

  private func network(seed: UInt64 = 1) throws -> Sequential {
    try Sequential(input: [2], seed: seed) {
      Dense(8, activation: .relu)
      Dropout(0.1)
      Dense(2)
    }
  }

  private func trainer(_ model: any Layer, on device: Device = .cpu) -> Trainer {
    Trainer(model, loss: .softmaxCrossEntropy, optimizer: Adam(learningRate: 0.01), metrics: [.accuracy], on: device)
  }

  private func bits(_ model: some Layer) throws -> [UInt32] {
    try model.parameters.flatMap { try $0.value.floats().map(\.bitPattern) }
  }

  /// Layers so wide that their products are shared among threads, one of which then measures.
  @Test(
    "measures on the device, in the precision and without the tape of the run, whichever thread does it",
    arguments: Device.underTest)
  func metricScope(device: Device) throws {
    let elsewhere = device == .cpu ? Device.reference : .cpu
    let metric = Metric("in_scope") { batch in
      let right =
        Device.current == device && Precision.current == .bfloat16 && batch.outputs.device == device
        && !(batch.outputs * batch.outputs.requiringGradient()).requiresGradient
      return Tensor(right ? Float(batch.outputs.shape[0]) : 0)
    }
    let model = try Sequential(input: [2], seed: 1) {
      Dense(512, activation: .relu)
      Dense(512, activation: .relu)
      Dense(2)
    }
    let trainer = Trainer(model, loss: .softmaxCrossEntropy, optimizer: SGD(), metrics: [metric], on: device)
    let history = try withDevice(elsewhere) {
      try withPrecision(.bfloat16) {
        try trainer.fit(points(320), epochs: 2, batchSize: 16, progress: .silent)
      }
    }
    #expect(history["in_scope"] == [1, 1])
  }

  @Test("learns, and says in the history what happened", arguments: Device.underTest)
  func learns(on device: Device) throws {
    let (training, test) = (try points(400), try points(100, seed: 6))
    let trainer = trainer(try network(), on: device)
    let history = try trainer.fit(
      training, validation: .split(0.2), epochs: 6, batchSize: 16, seed: 2, progress: .silent)
    #expect(history.epochs.map(\.epoch) == [1, 2, 3, 4, 5, 6])
    #expect(history.names == ["accuracy", "loss", "val_accuracy", "val_loss"])
    #expect(history["acc"] == history["accuracy"] && history["val_acc"].count == 6)
    #expect((history["loss"].last ?? 1) < (history["loss"].first ?? 0))
    #expect(!history.wasInterrupted && history.bestEpoch != nil)
    let evaluation = try trainer.evaluate(test)
    #expect((evaluation["acc"] ?? 0) > 0.9 && evaluation.sampleCount == 100)

    let predictions = try trainer.predict(test, batchSize: 33)
    let hits = (0..<100).count { predictions.labels[$0] == test.label(at: $0) }
    #expect(Double(hits) / 100 == evaluation["accuracy"])
    #expect(abs(predictions.probabilities(at: 99).reduce(0, +) - 1) < 1e-6)
    let decoded = try JSONDecoder().decode(History.self, from: JSONEncoder().encode(history))
    #expect(decoded == history)
  }

  @Test("gives the same weights bit for bit for the same seed, and others for another", arguments: Device.underTest)
  func determinism(on device: Device) throws {
    func run(_ seed: UInt64) throws -> [UInt32] {
      let model = try network()
      try trainer(model, on: device).fit(points(64), epochs: 2, batchSize: 7, seed: seed, progress: .silent)
      return try bits(model)
    }
    let first = try run(1)
    #expect(try run(1) == first)
    #expect(try run(2) != first)
  }

  @Test("is bit for bit what a loop written by hand does", arguments: Device.underTest)
  func handwritten(on device: Device) throws {
    let data = try points(50)
    let trained = try network()
    try trainer(trained, on: device).fit(data, epochs: 2, batchSize: 8, seed: 3, progress: .silent)

    let model = try network()
    try model.move(to: device)
    let loss = CategoricalCrossEntropy(fromLogits: true)
    var optimizer = Adam(learningRate: 0.01)
    for epoch in 0..<2 {
      for batch in data.batches(size: 8, shuffledBy: 3, epoch: epoch) {
        let outputs = model(batch.inputTensor(on: device), mode: .training(seed: 3, step: optimizer.state.step))
        let value = loss(outputs, try #require(batch.targetTensor(on: device)))
        optimizer.update(model, along: value.gradients())
      }
    }
    #expect(try bits(model) == bits(trained))
  }

  @Test("judges by a weighted mean, whatever the batch size")
  func evaluation() throws {
    let trainer = trainer(try network())
    let data = try points(37)
    let whole = try trainer.evaluate(data, batchSize: 37)
    let pieces = try trainer.evaluate(data, batchSize: 5)
    #expect(abs(whole.loss - pieces.loss) < 1e-6)
    #expect(whole["accuracy"] == pieces["accuracy"])
    #expect(
      whole.description
        == "accuracy: \(String(format: "%.4f", whole["accuracy"] ?? 0)) - loss: \(String(format: "%.4f", whole.loss))")
  }

  @Test("ends with the weights of the best epoch")
  func bestWeights() throws {
    // A rate this large makes later epochs worse than the first.
    let model = try network()
    let trainer = Trainer(model, loss: .softmaxCrossEntropy, optimizer: SGD(learningRate: 40))
    let held = try points(60, seed: 8)
    let history = try trainer.fit(points(60), validation: .dataset(held), epochs: 5, seed: 1, progress: .silent)
    let best = try #require(history["val_loss"].min())
    #expect(history["val_loss"].last != best)
    #expect(history.bestEpoch == (history["val_loss"].firstIndex(of: best) ?? 0) + 1)
    #expect(abs(try trainer.evaluate(held, batchSize: 32).loss - best) < 1e-6 * max(1, best))
  }

  @Test("stops when asked, between two steps, and says so")
  func interruption() throws {
    var asked = 0
    let model = try network()
    let history = try trainer(model).fit(points(80), epochs: 5, batchSize: 8, seed: 1, progress: .silent) {
      asked += 1
      return asked > 25
    }
    #expect(history.wasInterrupted && history.epochs.count == 2)
    #expect(try bits(model) != bits(network()))
  }

  @Test("weighs classes in the loss")
  func classWeights() throws {
    let data = try points(60)
    let trainer = Trainer(try network(), loss: .softmaxCrossEntropy, optimizer: Adam(learningRate: 0.05))
    try trainer.fit(data, epochs: 10, classWeights: [0, 1], progress: .silent)
    #expect(try trainer.predict(data).labels.allSatisfy { $0 == 1 })
    #expect(throws: TrainingError.self) { try trainer.fit(data, classWeights: [1], progress: .silent) }
    #expect(throws: TrainingError.self) { try trainer.fit(data, classWeights: [1, -1], progress: .silent) }
  }

  @Test("trains regressions and yes-or-no answers with the same loop")
  func otherTasks() throws {
    let numbers = try Dataset(inputs: [0, 1, 2, 3], shape: [1], targets: [1, 3, 5, 7])
    let line = Trainer(
      try Sequential(input: [1]) { Dense(1) }, loss: .meanSquaredError, optimizer: Adam(learningRate: 0.1),
      metrics: [.meanAbsoluteError])
    try line.fit(numbers, epochs: 300, batchSize: 4, progress: .silent)
    #expect(abs(try line.predict(numbers).outputs[3] - 7) < 0.2)
    #expect(try line.predict(numbers).labels.isEmpty)

    let binary = Trainer(
      try Sequential(input: [2]) { Dense(1, activation: .sigmoid) }, loss: .binaryCrossEntropy,
      optimizer: Adam(learningRate: 0.1), metrics: [.accuracy])
    try binary.fit(points(100), epochs: 10, progress: .silent)
    #expect((try binary.evaluate(points(100))["accuracy"] ?? 0) > 0.9)
    #expect(Set(try binary.predict(points(100)).labels) == [0, 1])
  }

  /// A model that is not a `Sequential`.
  private struct Residual: Layer {
    let inner = Dense(2, activation: .tanh)
    let head = Dense(2)
    func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor { head(x + inner(x, mode: mode), mode: mode) }
  }

  @Test("builds and trains models of your own")
  func ownModel() throws {
    let model = Residual()
    let trainer = trainer(model)
    let history = try trainer.fit(points(200), epochs: 5, batchSize: 8, seed: 4, progress: .silent)
    #expect((history["accuracy"].last ?? 0) > 0.9)
    #expect(model.parameters.map(\.name) == ["inner.kernel", "inner.bias", "head.kernel", "head.bias"])
  }

  /// Two models that were made before, each of which calls its parameters `0.kernel` and `0.bias`.
  private struct Chain: Layer {
    let first: Sequential
    let second: Sequential
    func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor { second(first(x, mode: mode), mode: mode) }
  }

  @Test(
    "tells the parameters of models apart that were made before and are parts now, so that the best weights come back")
  func madeBefore() throws {
    let model = try Chain(
      first: Sequential(input: [2], layers: [Dense(2, activation: .tanh)], seed: 1),
      second: Sequential(input: [2], layers: [Dense(2)], seed: 2))
    #expect(throws: ModelError.self) { try model.restore(model.weights) }
    let trainer = trainer(model)
    let history = try trainer.fit(points(200), validation: .split(0.2), epochs: 4, seed: 4, progress: .silent)
    #expect(
      Set(model.parameters.map(\.name)) == ["first.0.kernel", "first.0.bias", "second.0.kernel", "second.0.bias"])
    let (_, held) = try points(200).split(holdingOut: 0.2, seed: 4)
    #expect(abs(try trainer.evaluate(held).loss - (history["val_loss"].min() ?? 0)) < 1e-5)
  }

  @Test("learns digits drawn from strokes")
  func digits() throws {
    let digits = StrokeDigits(seed: 1).dataset(of: 0..<1000)
    let model = try Sequential(input: [28, 28, 1], seed: 1) {
      Conv2D(8, kernel: 3, activation: .relu)
      MaxPool2D(2)
      Conv2D(16, kernel: 3, activation: .relu)
      MaxPool2D(2)
      Flatten()
      Dense(10)
    }
    let trainer = Trainer(model, loss: .softmaxCrossEntropy, optimizer: Adam(learningRate: 0.003), metrics: [.accuracy])
    let history = try trainer.fit(digits, validation: .split(0.2), epochs: 6, batchSize: 32, seed: 1, progress: .silent)
    #expect((history["val_accuracy"].max() ?? 0) > 0.9, "\(history["val_accuracy"])")
  }
}

@Suite("What cannot be trained") struct TrainingCheckTests {
  private func message(
    _ model: Sequential, _ data: Dataset, loss: some Loss = .softmaxCrossEntropy, metrics: [Metric] = [],
    validation: Validation? = nil, epochs: Int = 1, batchSize: Int = 32
  ) -> String {
    do {
      try Trainer(model, loss: loss, metrics: metrics).fit(
        data, validation: validation, epochs: epochs, batchSize: batchSize, progress: .silent)
      return "fits"
    } catch { return "\(error)" }
  }

  @Test("is refused before the first step, with the reason and the remedy")
  func refusals() throws {
    let model = try Sequential(input: [2]) { Dense(2) }
    let data = try Dataset(inputs: [1, 2, 3, 4], shape: [2], labels: [0, 1])
    #expect(message(model, data) == "fits")
    #expect(message(model, data, epochs: 0).contains("epochs is 0"))
    #expect(message(model, data, batchSize: 0).contains("batch size is 0"))
    #expect(message(model, data.prefix(0)).contains("no samples to train on"))
    #expect(message(model, data, validation: .split(2)).contains("between 0 and 1"))
    #expect(message(model, data, validation: .dataset(data.prefix(0))).contains("no samples to validate with"))
    let wide = try Dataset(inputs: [1, 2, 3], shape: [3], labels: [0])
    #expect(message(model, wide).contains("made for samples of shape [2], the data have [3]"))
    #expect(message(model, data, validation: .dataset(wide)).contains("[3]"))
    let far = try Dataset(inputs: [1, 2], shape: [2], labels: [7])
    #expect(message(model, far).contains("there is a label 7, the model has outputs for the classes 0…1"))
    #expect(message(model, try Dataset(inputs: [1, 2], shape: [2])).contains("no targets"))
    let numbers = try Dataset(inputs: [1, 2], shape: [2], targets: [0.5, 2], targetShape: [2])
    #expect(message(model, numbers, loss: .meanSquaredError) == "fits")
    #expect(message(model, numbers, loss: .meanSquaredError, metrics: [.accuracy]).contains("use .meanAbsoluteError"))
    model.freeze()
    #expect(message(model, data).contains("nothing can be learned"))
    #expect(throws: TrainingError.noSamples(purpose: "evaluate")) {
      try Trainer(model, loss: .softmaxCrossEntropy).evaluate(data.prefix(0))
    }
    #expect(try Trainer(model, loss: .softmaxCrossEntropy).predict(data.prefix(0)).labels.isEmpty)
    let deep = try Dataset(inputs: [1], shape: [1, 1, 1, 1, 1, 1, 1, 1, 1], labels: [0])
    #expect(message(model, deep).contains("at most 7 axes"))
  }
}
