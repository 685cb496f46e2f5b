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

@Suite("The doctor", .serialized) struct DoctorTests {
  /// Leaves the other class no chance.
  private struct Favouring: Layer {
    func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor { x * 0.01 + Tensor([2, 0], on: x.device) }
  }

  /// Two clouds in the plane, far enough apart to be told apart.
  private func clouds(_ count: Int = 200, scale: Float = 1, rare: Int = 2, seed: UInt64 = 1) throws -> Dataset {
    var generator = PhiloxGenerator(seed: seed)
    let labels = (0..<count).map { $0 % rare == 0 ? 1 : 0 }
    let inputs = labels.flatMap { label -> [Float] in
      (0..<6).map { _ in scale * (Float(label) + Float.random(in: -1...1, using: &generator)) }
    }
    return try Dataset(inputs: inputs, shape: [6], labels: labels, classNames: ["a", "b"])
  }

  private func network(outputs: Int = 2, last: Activation = .linear, hidden: Initializer = .glorotUniform) throws
    -> Sequential
  {
    try Sequential(input: [6], seed: 1) {
      Dense(16, activation: .relu, kernelInitializer: hidden)
      Dense(outputs, activation: last)
    }
  }

  private func concerns(
    _ model: Sequential, _ data: Dataset, loss: any Loss = CategoricalCrossEntropy(fromLogits: true),
    validation: Validation? = nil, classWeights: [Float]? = nil
  ) throws -> [Finding.Concern] {
    try Trainer(model, loss: loss, on: .cpu).examine(data, validation: validation, classWeights: classWeights).map(
      \.concern)
  }

  @Test("finds nothing wrong with a sound task, also on pictures and tokens")
  func sound() throws {
    #expect(try concerns(network(), clouds(), validation: .split(0.2)) == [])
    let digits = StrokeDigits(seed: 1).dataset(of: 0..<200)
    let cnn = try Sequential(input: [28, 28, 1]) {
      Conv2D(4, kernel: 3, activation: .relu)
      Flatten()
      Dense(10)
    }
    #expect(try concerns(cnn, digits, validation: .split(0.2)) == [])
    let words = try Dataset(inputs: (0..<100).map { Float($0 * 37 % 50) }, shape: [5], labels: (0..<20).map { $0 % 2 })
    let reader = try Sequential(input: [5]) {
      Embedding(50, 4)
      Flatten()
      Dense(2)
    }
    #expect(try concerns(reader, words) == [])
  }

  @Test("notices inputs that are unscaled, constant or no numbers")
  func inputs() throws {
    #expect(try concerns(network(), clouds(scale: 100)) == [.inputsNotScaled])
    let normalized = try Sequential(input: [6]) {
      BatchNorm()
      Dense(2)
    }
    #expect(try concerns(normalized, clouds(scale: 100)) == [])
    let constant = try Dataset(inputs: [Float](repeating: 0.5, count: 60), shape: [6], labels: (0..<10).map { $0 % 2 })
    #expect(try concerns(network(), constant) == [.inputsConstant])
    var values = [Float](repeating: 0.5, count: 60)
    values[17] = .nan
    let broken = try Dataset(inputs: values, shape: [6], labels: (0..<10).map { $0 % 2 })
    #expect(try concerns(network(), broken) == [.inputsNotFinite])
    let pixels = try Dataset(
      inputs: (0..<160).map { Float($0 * 7 % 256) }, shape: [4, 4, 1], labels: (0..<10).map { $0 % 2 })
    let model = try Sequential(input: [4, 4, 1]) {
      Flatten()
      Dense(2)
    }
    let findings = try Trainer(model, loss: .softmaxCrossEntropy, on: .cpu).examine(pixels)
    #expect(findings.first?.remedy.contains("divisor: 255") == true)
  }

  @Test("notices classes that are missing or rare, unless they are weighted")
  func labels() throws {
    let shifted = try Dataset(
      inputs: (0..<60).map { Float($0 * 7 % 11) / 11 }, shape: [6], labels: (0..<10).map { $0 % 2 + 1 })
    #expect(try concerns(network(outputs: 3), shifted) == [.classWithoutSamples])
    let alike = try Dataset(
      inputs: (0..<60).map { Float($0 * 7 % 11) / 11 }, shape: [6], labels: [Int](repeating: 1, count: 10),
      classNames: ["no", "yes"])
    #expect(
      try Trainer(network(), loss: .softmaxCrossEntropy, on: .cpu).examine(alike).first?.message.contains(
        "every sample")
        == true)
    let rare = try clouds(240, rare: 20)
    #expect(try concerns(network(), rare) == [.classesImbalanced])
    #expect(try concerns(network(), rare, classWeights: rare.balancedClassWeights) == [])
  }

  @Test("notices samples on both sides of a split")
  func leakage() throws {
    let data = try clouds()
    let findings = try Trainer(network(), loss: .softmaxCrossEntropy, on: .cpu)
      .examine(data, validation: .dataset(data.prefix(30)))
    #expect(findings.map(\.concern) == [.leakage] && findings[0].message.hasPrefix("30 of the 30 samples"))
    #expect(try concerns(network(), data, validation: .dataset(clouds(40, seed: 2))) == [])
  }

  @Test("notices softmax and sigmoid applied twice or not at all, and a loss for numbers")
  func loss() throws {
    #expect(try concerns(network(last: .softmax()), clouds()) == [.doubleActivation])
    #expect(
      try concerns(network(outputs: 1, last: .sigmoid), clouds(), loss: BinaryCrossEntropy(fromLogits: true))
        == [.doubleActivation])
    #expect(try concerns(network(), clouds(), loss: CategoricalCrossEntropy()) == [.notProbabilities])
    #expect(try concerns(network(last: .softmax()), clouds(), loss: CategoricalCrossEntropy()) == [])
    #expect(try concerns(network(outputs: 1, last: .sigmoid), clouds(), loss: BinaryCrossEntropy()) == [])
    #expect(try concerns(network(outputs: 1), clouds(), loss: MeanSquaredError()) == [.lossForNumbers])
    #expect(try concerns(network(outputs: 10), clouds()) == [.tooManyOutputs])
    #expect(
      try concerns(network(hidden: .randomNormal(standardDeviation: 30)), clouds()) == [.highFirstLoss])
  }

  private func findings(
    _ model: Sequential, _ data: Dataset, rate: Double, epochs: Int, validation: Validation? = nil, doctor: Bool = true
  ) throws -> [Finding.Concern] {
    let trainer = Trainer(
      model, loss: .softmaxCrossEntropy, optimizer: SGD(learningRate: rate), metrics: [.accuracy], on: .cpu)
    return try trainer.fit(
      data, validation: validation, epochs: epochs, batchSize: 20, seed: 1, doctor: doctor, progress: .silent
    ).findings.map(\.concern)
  }

  @Test("follows training: a rate that is too high, a loss that stands still, learning by heart, and says each once")
  func course() throws {
    #expect(try findings(network(), clouds(), rate: 0.1, epochs: 8) == [])
    let noisy = try clouds(rare: 3)
    #expect(try findings(network(), noisy, rate: 16, epochs: 6).contains(.rateTooHigh))
    #expect(try findings(network(), noisy, rate: 16, epochs: 6, doctor: false) == [])
    #expect(try findings(network(), clouds(), rate: 1e-7, epochs: 8) == [.plateau])
    // Labels without rhyme or reason: what is learned does not hold for others.
    var generator = PhiloxGenerator(seed: 9)
    let noise = try Dataset(
      inputs: (0..<240).map { _ in Float.random(in: -1...1, using: &generator) }, shape: [6],
      labels: (0..<40).map { _ in Int.random(in: 0...1, using: &generator) }, classNames: ["a", "b"])
    let wide = try Sequential(input: [6], seed: 1) {
      Dense(128, activation: .relu)
      Dense(2)
    }
    let found = try findings(wide, noise, rate: 0.1, epochs: 150, validation: .split(0.4))
    #expect(found == [.overfitting])
  }

  @Test("notices units that are dead and a model that says the same about everything")
  func model() throws {
    let dead = try Sequential(input: [6], seed: 1) {
      Dense(16, activation: .relu, biasInitializer: .constant(-100))
      Dense(2)
    }
    #expect(try findings(dead, clouds(), rate: 0.01, epochs: 1) == [.deadUnits])
    let collapsed = try Sequential(input: [6], seed: 1) {
      Dense(2)
      Favouring()
    }
    let found = try findings(collapsed, clouds(), rate: 1e-9, epochs: 1)
    #expect(found == [.collapsed])
  }
}
