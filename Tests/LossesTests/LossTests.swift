import MartletAutograd
import MartletBackend
import MartletLosses
import MartletTensor
import MartletTestSupport
import Testing

@Suite("Losses") struct LossTests {
  // log Σ eˣ of [1, 2, 3] is 3.407606; of [0, 0, 0] it is log 3 = 1.098612.
  private func logits(_ device: Device) -> Tensor { Tensor([1, 2, 3, 0, 0, 0], shape: [2, 3], on: device) }
  private func labels(_ device: Device) -> Tensor { Tensor([2, 0] as [Int32], shape: [2], on: device) }

  @Test("cross-entropy from logits is log Σ eˣ - x of the label", arguments: Device.underTest)
  func softmax(on device: Device) {
    let loss = CategoricalCrossEntropy(fromLogits: true)
    expectClose(loss(logits(device), labels(device), reduction: .none), [0.407606, 1.098612], shape: [2])
    expectClose(loss(logits(device), labels(device)), [0.753109], shape: [])
    expectClose(loss(logits(device), labels(device), reduction: .sum), [1.506218], shape: [])
    let dense = Tensor([0, 0, 1, 1, 0, 0], shape: [2, 3], on: device)
    expectClose(loss(logits(device), dense), [0.753109])
    let far = Tensor([1000, 0, -1000, 0, 1000, 0], shape: [2, 3], on: device)
    expectClose(loss(far, labels(device), reduction: .none), [2000, 1000])
  }

  @Test("cross-entropy from probabilities divides by their sum and holds them away from 0", arguments: Device.underTest)
  func probabilities(on device: Device) {
    let loss = CategoricalCrossEntropy()
    let predictions = Tensor([1, 1, 2, 0, 3, 1], shape: [2, 3], on: device)
    // -log(2/4) = 0.693147; -log(1e-7) = 16.118096.
    expectClose(loss(predictions, labels(device), reduction: .none), [0.693147, 16.118096])
    let leaf = predictions.requiringGradient()
    let gradients = loss(leaf, labels(device), reduction: .sum).gradients()
    // ∂/∂pⱼ of -log(p₂/Σp): 1/Σp - [j = 2]/p₂ = ¼, ¼, ¼ - ½; where the clip holds: 0.
    expectClose(gradients[leaf] ?? leaf, [0.25, 0.25, -0.25, 0, 0, 0])
  }

  @Test("label smoothing spreads a share over all classes", arguments: Device.underTest)
  func smoothing(on device: Device) {
    let loss = CategoricalCrossEntropy(fromLogits: true, labelSmoothing: 0.3)
    // t = [0.1, 0.1, 0.8]; -Σ t (x - 3.407606) = 3.407606 - (0.1 + 0.2 + 2.4).
    expectClose(loss(logits(device), labels(device), reduction: .none), [0.707606, 1.098612])
    // t = 1 · 0.8 + 0.1 = 0.9; softplus(-2) = 0.126928, softplus(2) = 2.126928.
    let binary = BinaryCrossEntropy(fromLogits: true, labelSmoothing: 0.2)
    expectClose(
      binary(Tensor([2], shape: [1, 1], on: device), Tensor([1], shape: [1, 1], on: device)),
      [0.9 * 0.126928 + 0.1 * 2.126928])
  }

  @Test("binary cross-entropy from logits is exact for any size of them", arguments: Device.underTest)
  func sigmoid(on device: Device) {
    let loss = BinaryCrossEntropy(fromLogits: true)
    let predictions = Tensor([2, -1, 500, -500], shape: [4, 1], on: device)
    let targets = Tensor([1, 1, 0, 0] as [Int32], shape: [4], on: device)
    expectClose(loss(predictions, targets, reduction: .none), [0.126928, 1.313262, 500, 0], shape: [4])
  }

  @Test("binary cross-entropy from probabilities averages the last axis", arguments: Device.underTest)
  func binary(on device: Device) {
    let loss = BinaryCrossEntropy()
    let predictions = Tensor([0.5, 0.8, 0, 1, 0, 1], shape: [3, 2], on: device)
    let targets = Tensor([1, 0, 1, 1, 0, 0], shape: [3, 2], on: device)
    // (0.693147 + 1.609438) / 2; then -log(1e-7) / 2, for a yes and for a no that were certainly excluded.
    expectClose(loss(predictions, targets, reduction: .none), [1.151293, 8.059048, 8.059048], within: 1e-6)
  }

  @Test("squared and absolute errors average the last axis", arguments: Device.underTest)
  func errors(on device: Device) throws {
    let predictions = Tensor([1, 2, 3, 4], shape: [2, 2], on: device)
    let targets = Tensor([1, 4, 0, 4], shape: [2, 2], on: device)
    expectClose(MeanSquaredError()(predictions, targets, reduction: .none), [2, 4.5], shape: [2])
    expectClose(MeanAbsoluteError()(predictions, targets, reduction: .none), [1, 1.5], shape: [2])
    let leaf = predictions.requiringGradient()
    expectClose(try #require(MeanAbsoluteError()(leaf, targets).gradients()[leaf]), [0, -0.25, 0.25, 0])
    expectClose(try #require(MeanSquaredError()(leaf, targets).gradients()[leaf]), [0, -1, 1.5, 0])
  }

  @Test("errors that are squared near 0 and straight further out", arguments: Device.underTest)
  func robust(on device: Device) {
    let predictions = Tensor([1, 0.5, 4, -200], shape: [4, 1], on: device)
    let targets = Tensor([1, 0, 0, 0], shape: [4, 1], on: device)
    expectClose(Huber()(predictions, targets, reduction: .none), [0, 0.125, 3.5, 199.5])
    expectClose(Huber(delta: 2)(predictions, targets, reduction: .none), [0, 0.125, 6, 398])
    // log cosh 0.5 = 0.120115, log cosh 4 = 3.307188, and |x| - log 2 far away.
    expectClose(LogCosh()(predictions, targets, reduction: .none), [0, 0.120115, 3.307188, 199.306853])
  }

  @Test("errors relative to size", arguments: Device.underTest)
  func relative(on device: Device) {
    let predictions = Tensor([3, 5], shape: [1, 2], on: device)
    let targets = Tensor([2, -4], shape: [1, 2], on: device)
    // (1/2 + 9/4) / 2, in percent; then (log 4 - log 3)², and (log 6 - log 1)² since -4 counts as 1e-7.
    expectClose(MeanAbsolutePercentageError()(predictions, targets), [137.5])
    expectClose(MeanSquaredLogarithmicError()(predictions, targets), [(0.287682 * 0.287682 + 1.791759 * 1.791759) / 2])
  }

  @Test("hinges want the right side by a margin, whether labels are signs or 0 and 1", arguments: Device.underTest)
  func hinges(on device: Device) {
    let predictions = Tensor([0.25, -2, 3], shape: [3, 1], on: device)
    let signs = Tensor([1, 1, -1], shape: [3, 1], on: device)
    expectClose(Hinge()(predictions, signs, reduction: .none), [0.75, 3, 4])
    expectClose(SquaredHinge()(predictions, signs, reduction: .none), [0.5625, 9, 16])
    let labels = Tensor([1, 1, 0] as [Int32], shape: [3], on: device)
    expectClose(Hinge()(predictions, labels, reduction: .none), [0.75, 3, 4])
    // The best wrong score is 2, the right one 1.5; then the right one is ahead by more than 1.
    let scores = Tensor([1.5, 2, 0, 0, 3, 1], shape: [2, 3], on: device)
    let oneHot = Tensor([1, 0, 0, 0, 1, 0], shape: [2, 3], on: device)
    expectClose(CategoricalHinge()(scores, oneHot, reduction: .none), [1.5, 0])
  }

  @Test("distributions, counts and directions", arguments: Device.underTest)
  func distributions(on device: Device) {
    let targets = Tensor([0.5, 0.5, 1, 0], shape: [2, 2], on: device)
    let predictions = Tensor([0.25, 0.75, 0.5, 0.5], shape: [2, 2], on: device)
    // ½ log 2 + ½ log ⅔; log 2.
    expectClose(KullbackLeiblerDivergence()(predictions, targets, reduction: .none), [0.143841, 0.693146])
    // 2 - 3 log 2 and 1.
    expectClose(
      Poisson()(
        Tensor([2, 1], shape: [2, 1], on: device), Tensor([3, 0], shape: [2, 1], on: device), reduction: .none),
      [-0.079442, 1])
    let vectors = Tensor([3, 4, 0, 0, -2, 0], shape: [3, 2], on: device)
    let directions = Tensor([6, 8, 1, 1, 1, 0], shape: [3, 2], on: device)
    expectClose(CosineSimilarity()(vectors, directions, reduction: .none), [-1, 0, 1])
    // Down the columns: (18 - 2) / (√13 · √38) and 32 / (4 · √65).
    expectClose(CosineSimilarity(axis: 0)(vectors, directions, reduction: .none), [-0.719874, -0.992278])
  }

  @Test(
    "weights multiply values; the mean divides by their number, or by the weights where asked",
    arguments: Device.underTest)
  func weights(on device: Device) {
    let loss = CategoricalCrossEntropy(fromLogits: true)
    let (logits, labels) = (logits(device), labels(device))
    let samples = Tensor([3, 1], on: device)
    let classes = Tensor([2, 9, 0.5], on: device)
    let sum: Float = 3 * 0.407606 + 1.098612
    expectClose(loss(logits, labels, reduction: .none, sampleWeights: samples), [1.222818, 1.098612])
    expectClose(loss(logits, labels, sampleWeights: samples), [sum / 2])
    expectClose(loss(logits, labels, reduction: .meanWithSampleWeight, sampleWeights: samples), [sum / 4])
    expectClose(loss(logits, labels, reduction: .none, classWeights: classes), [0.203803, 2.197224])
    expectClose(
      loss(logits, labels, reduction: .sum, sampleWeights: samples, classWeights: classes), [0.611409 + 2.197224])
    let oneHot = Tensor([0, 0, 1, 1, 0, 0], shape: [2, 3], on: device)
    expectClose(loss(logits, oneHot, reduction: .none, classWeights: classes), [0.203803, 2.197224])
  }

  // Values of Keras 3.15 for the same inputs.
  @Test("focal losses count less what is already right", arguments: Device.underTest)
  func focal(on device: Device) {
    let labels = Tensor([1, 0] as [Int32], shape: [2], on: device)
    let oneHot = Tensor([0, 1, 0, 1, 0, 0], shape: [2, 3], on: device)
    let probabilities = Tensor([0.2, 0.7, 0.1, 0.6, 0.3, 0.1], shape: [2, 3], on: device)
    let logits = Tensor([1, 2, -1, 0.5, 0, 3], shape: [2, 3], on: device)
    let categorical = CategoricalFocalCrossEntropy()
    expectClose(categorical(probabilities, labels, reduction: .none), [0.00802519, 0.02043302])
    expectClose(categorical(probabilities, oneHot, reduction: .none), [0.00802519, 0.02043302])
    expectClose(
      CategoricalFocalCrossEntropy(alpha: 1, gamma: 1.5, labelSmoothing: 0.1)(probabilities, oneHot, reduction: .none),
      [0.15862057, 0.20965123])
    expectClose(
      CategoricalFocalCrossEntropy(fromLogits: true)(logits, labels, reduction: .none), [0.00757342, 0.56427467])

    let answers = Tensor([0, 1, 1, 1], shape: [2, 2], on: device)
    let beliefs = Tensor([0.3, 0.8, 0.4, 0.95], shape: [2, 2], on: device)
    expectClose(BinaryFocalCrossEntropy()(beliefs, answers, reduction: .none), [0.02051324, 0.16499645])
    expectClose(
      BinaryFocalCrossEntropy(alpha: 0.3, gamma: 1)(beliefs, answers, reduction: .none), [0.04414518, 0.08285087])
    expectClose(
      BinaryFocalCrossEntropy(fromLogits: true)(
        Tensor([-1, 2, 0.5, 3], shape: [2, 2], on: device), answers, reduction: .none), [0.01223081, 0.03384138])
    // Certainty has neither loss nor gradient, and no NaN.
    let certain = Tensor([200, 0], shape: [1, 2], on: device).requiringGradient()
    let loss = CategoricalFocalCrossEntropy(fromLogits: true, gamma: 0.5)
    let gradients = loss(certain, Tensor([0] as [Int32], shape: [1], on: device)).gradients()
    expectClose(gradients[certain] ?? certain, [0, 0])
  }

  @Test("losses have the names that Keras gives them, new and old")
  func names() throws {
    let old = [
      "mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error", "mean_squared_logarithmic_error",
      "squared_hinge", "hinge", "categorical_hinge", "logcosh", "categorical_crossentropy",
      "sparse_categorical_crossentropy", "binary_crossentropy", "kullback_leibler_divergence", "poisson",
      "cosine_proximity",
    ]
    let new = [
      "MeanSquaredError", "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanSquaredLogarithmicError",
      "SquaredHinge", "Hinge", "CategoricalHinge", "LogCosh", "CategoricalCrossentropy",
      "SparseCategoricalCrossentropy",
      "BinaryCrossentropy", "KLDivergence", "Poisson", "CosineSimilarity",
    ]
    for (old, new) in zip(old, new) { #expect(try Losses.named(old).name == Losses.named(new).name) }
    for loss in LossCatalogue.all { #expect(try Losses.named(loss.name).name == loss.name) }
    #expect(try Losses.named("categorical_crossentropy", fromLogits: true).predictionKind == .logits)
    let torch = [
      "MSELoss": "mean_squared_error", "L1Loss": "mean_absolute_error", "SmoothL1Loss": "huber",
      "BCELoss": "binary_crossentropy", "CTCLoss": "ctc", "huber_loss": "huber",
    ]
    for (theirs, ours) in torch { #expect(try Losses.named(theirs).name == Losses.named(ours).name) }
    #expect(try Losses.named("CrossEntropyLoss").predictionKind == .logits)
    #expect(try Losses.named("BCEWithLogitsLoss").predictionKind == .logits)
    let error = #expect(throws: UnknownNameError.self) { try Losses.named("sparse_categorical_crosentropy") }
    #expect(error?.suggestion == "sparse_categorical_crossentropy")
    #expect(error?.description.contains("There are mean_squared_error, ") == true)
  }

  @Test("every loss has the gradient that central differences find", arguments: LossCatalogue.all.indices)
  func gradients(index: Int) throws {
    let loss = LossCatalogue.all[index]
    let values: [Float] = [0.31, 0.52, 0.87, 0.44, 0.18, 0.73]
    let targets = Tensor([0.2, 0.1, 0.7, 0.5, 0.3, 0.2], shape: [2, 3], on: .reference)
    func value(_ values: [Float]) throws -> Float {
      try loss(Tensor(values, shape: [2, 3], on: .reference), targets, reduction: .sum).item()
    }
    let leaf = Tensor(values, shape: [2, 3], on: .reference).requiringGradient()
    let gradient = try #require(loss(leaf, targets, reduction: .sum).gradients()[leaf]).floats()
    for index in values.indices {
      var (above, below) = (values, values)
      above[index] += 0x1p-8
      below[index] -= 0x1p-8
      let difference = try (value(above) - value(below)) * 0x1p7
      #expect(abs(gradient[index] - difference) < 2e-3 * max(1, abs(difference)), "\(loss.name), element \(index)")
    }
  }

  @Test("what does not fit is said before anything is computed, with the remedy")
  func checks() {
    func message(_ loss: some Loss, _ output: Shape, _ targets: TargetForm) -> String {
      do {
        try loss.check(output: output, targets: targets)
        return "fits"
      } catch { return "\(error)" }
    }
    #expect(message(.softmaxCrossEntropy, [10], .labels(largest: 9)) == "fits")
    #expect(message(.softmaxCrossEntropy, [10], .labels(largest: 10)).contains("give the last layer 11 outputs"))
    #expect(message(.softmaxCrossEntropy, [5, 5, 10], .labels(largest: 9)).contains("put Flatten"))
    #expect(message(.categoricalCrossEntropy, [3], .values([4])).contains("give the last layer 4 outputs"))
    #expect(message(.binaryCrossEntropy, [1], .labels(largest: 1)) == "fits")
    #expect(message(.sigmoidCrossEntropy, [1], .labels(largest: 2)).contains("only 0 and 1"))
    #expect(message(.sigmoidCrossEntropy, [2], .labels(largest: 1)).contains("Dense(1)"))
    #expect(message(.meanSquaredError, [1], .values([1])) == "fits")
    #expect(message(.meanSquaredError, [1], .values([])) == "fits")
    #expect(message(.meanAbsoluteError, [2], .values([3])).contains("a layer of 3 outputs"))
  }
}
