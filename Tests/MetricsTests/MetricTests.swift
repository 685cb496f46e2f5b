import MartletAutograd
import MartletMetrics
import MartletTensor
import MartletTestSupport
import Testing

@Suite("Metrics while training") struct MetricTests {
  /// The value of a metric over batches of outputs and targets.
  private func value(
    _ metric: Metric, _ batches: [(outputs: Tensor, targets: Tensor)], kind: Metric.OutputKind = .probabilities
  ) throws -> Double {
    var accumulator = MetricAccumulator(metric)
    for batch in batches { accumulator.add(outputs: batch.outputs, targets: batch.targets, outputKind: kind) }
    return try accumulator.value()
  }

  @Test("accuracy weighs batches by their samples", arguments: Device.underTest)
  func accuracy(on device: Device) throws {
    let first = Tensor([0.1, 0.9, 0.8, 0.2, 0.3, 0.7], shape: [3, 2], on: device)
    let second = Tensor([0.6, 0.4], shape: [1, 2], on: device)
    // Three of three right, then none of one.
    let batches = [
      (first, Tensor([1, 0, 1] as [Int32], shape: [3], on: device)),
      (second, Tensor([1] as [Int32], shape: [1], on: device)),
    ]
    #expect(try value(.accuracy, batches) == 0.75)
  }

  @Test(
    "accuracy takes labels, labels with an axis of their own, one-hot rows and sequences", arguments: Device.underTest)
  func forms(on device: Device) throws {
    let outputs = Tensor([1, 3, 2, 5, 4, 0], shape: [2, 3], on: device)
    let labels: [Int32] = [1, 2]
    #expect(try value(.accuracy, [(outputs, Tensor(labels, shape: [2], on: device))]) == 0.5)
    #expect(try value(.accuracy, [(outputs, Tensor(labels, shape: [2, 1], on: device))]) == 0.5)
    #expect(try value(.accuracy, [(outputs, Tensor([0, 1, 0, 0, 0, 1], shape: [2, 3], on: device))]) == 0.5)
    let sequence = outputs.reshaped(to: [1, 2, 3])
    #expect(try value(.accuracy, [(sequence, Tensor(labels, shape: [1, 2], on: device))]) == 0.5)
  }

  @Test("accuracy of one output splits at probability one half, whether outputs are probabilities or logits")
  func binary() throws {
    let targets = Tensor([0, 1, 1, 0], shape: [4, 1])
    let probabilities = Tensor([0.2, 0.7, 0.4, 0.6], shape: [4, 1])
    let logits = Tensor([-1.4, 0.8, -0.4, 0.4], shape: [4, 1])
    #expect(try value(.accuracy, [(probabilities, targets)]) == 0.5)
    #expect(try value(.accuracy, [(logits, targets)], kind: .logits) == 0.5)
    // Labels of shape [batch] go with outputs [batch, 1].
    #expect(try value(.accuracy, [(logits, Tensor([0, 1, 1, 0] as [Int32], shape: [4]))], kind: .logits) == 0.5)
    // Above 0.3 are 0.7, 0.4 and 0.6.
    #expect(try value(.binaryAccuracy(threshold: 0.3), [(probabilities, targets)]) == 0.75)
    #expect(try value(.binaryAccuracy(threshold: 0.3), [(logits, targets)], kind: .logits) == 0.75)
  }

  @Test("top-k agrees with the function on arrays, ties and infinities and NaN included", arguments: Device.underTest)
  func topK(on device: Device) throws {
    let scores: [Float] = [
      0.1, 0.5, 0.4, 0.5,
      0.3, 0.3, 0.3, 0.3,
      -.infinity, 2, .infinity, 1,
      .nan, 0.7, 0.1, 0,
      1, 2, 3, .nan,
    ]
    let labels: [Int32] = [3, 1, 0, 0, 2]
    for k in 1...4 {
      let batch = (Tensor(scores, shape: [5, 4], on: device), Tensor(labels, shape: [5], on: device))
      let expected = ClassificationMetrics.topKAccuracy(labels: labels, scores: scores, k: k)
      #expect(try value(.topK(k), [batch]) == expected, "k = \(k)")
    }
  }

  @Test("errors are means over all elements; the root is taken at the end", arguments: Device.underTest)
  func errors(on device: Device) throws {
    // Errors 1, 2 and then 3: squares 1 + 4 + 9.
    let batches = [
      (Tensor([1, 4], shape: [2, 1], on: device), Tensor([2, 2], shape: [2, 1], on: device)),
      (Tensor([5], shape: [1, 1], on: device), Tensor([8], shape: [1, 1], on: device)),
    ]
    expect(try value(.meanAbsoluteError, batches), 2)
    expect(try value(.meanSquaredError, batches), 14.0 / 3)
    expect(try value(.rootMeanSquaredError, batches), (14.0 / 3).squareRoot())
    let percent = try value(.meanAbsolutePercentageError, batches)
    #expect(abs(percent - 100 * (0.5 + 1 + 0.375) / 3) < 1e-5)
  }

  @Test("precision, recall and F1 are those of everything seen", arguments: Device.underTest)
  func confusion(on device: Device) throws {
    func batch(_ labels: [Int32], _ predictions: [Int32]) -> (Tensor, Tensor) {
      let outputs = Tensor(predictions, shape: [predictions.count], on: device).oneHot(depth: 3)
      return (outputs, Tensor(labels, shape: [labels.count], on: device))
    }
    let batches = [batch([0, 0, 0, 0, 1, 1], [0, 0, 0, 1, 0, 1]), batch([1, 1, 2, 2], [1, 2, 2, 2])]
    let matrix = ConfusionMatrix(
      labels: [0, 0, 0, 0, 1, 1, 1, 1, 2, 2], predictions: [0, 0, 0, 1, 0, 1, 1, 2, 2, 2], classCount: 3)
    #expect(try value(.precision(), batches) == matrix.precision(averaging: .macro))
    #expect(try value(.recall(averaging: .weighted), batches) == matrix.recall(averaging: .weighted))
    #expect(try value(.f1(), batches) == matrix.f1(averaging: .macro))
    #expect(try value(.matthewsCorrelation, batches) == matrix.matthewsCorrelation)
    let kappa = Metric.fromConfusionMatrix("kappa") { $0.cohenKappa() }
    #expect(try value(kappa, batches) == matrix.cohenKappa())
    let binary = (Tensor([0.9, 0.2, 0.6], shape: [3, 1], on: device), Tensor([1, 1, 0], shape: [3, 1], on: device))
    #expect(try value(.precision(averaging: .binary), [binary]) == 0.5)
  }

  @Test("nothing seen is NaN")
  func empty() throws {
    var accumulator = MetricAccumulator(.accuracy)
    #expect(try accumulator.value().isNaN)
    var loss = LossAccumulator()
    #expect(try loss.value().isNaN)
  }

  @Test("asking in between changes nothing, and thousands of batches add up exactly", arguments: Device.underTest)
  func manyBatches(on device: Device) throws {
    let right = (Tensor([0, 1], shape: [1, 2], on: device), Tensor([1] as [Int32], shape: [1], on: device))
    let wrong = (Tensor([1, 0], shape: [1, 2], on: device), Tensor([1] as [Int32], shape: [1], on: device))
    var accumulator = MetricAccumulator(.accuracy)
    for step in 1...2500 {
      let (outputs, targets) = step.isMultiple(of: 5) ? right : wrong
      accumulator.add(outputs: outputs, targets: targets)
      if step == 10 { #expect(try accumulator.value() == 0.2) }
    }
    #expect(try accumulator.value() == 0.2)
    #expect(accumulator.count == 2500)
  }

  @Test("a mean loss weighs as many samples as its batch has")
  func loss() throws {
    var loss = LossAccumulator()
    loss.add(Tensor(2), sampleCount: 3)
    loss.add(Tensor(6), sampleCount: 1)
    #expect(try loss.value() == 3)
  }

  @Test("a metric of one's own is a mean per sample")
  func custom() throws {
    let near = Metric("near") { (($0.outputs - $0.targets).abs() .<= 1).cast(to: .float32).sum() }
    #expect(try value(near, [(Tensor([1, 2, 3, 4]), Tensor([1, 3, 5, 7]))]) == 0.5)
  }

  @Test("metrics have the names people type")
  func names() throws {
    let names = [
      "acc": "accuracy", "accuracy": "accuracy", "mae": "mean_absolute_error", "top_5_accuracy": "top_5_accuracy",
      "MSE": "mean_squared_error", "rmse": "root_mean_squared_error", "f1": "f1", "f1_score": "f1",
      "sparse_categorical_accuracy": "accuracy", "CategoricalAccuracy": "accuracy", "BinaryAccuracy": "binary_accuracy",
      "sparse_top_k_categorical_accuracy": "top_5_accuracy", "MeanAbsoluteError": "mean_absolute_error",
    ]
    for (typed, name) in names { #expect(try Metric.named(typed).name == name) }
    for typed in ["", "acuracy", "top_0_accuracy", "top__accuracy", "top_5_"] {
      #expect(throws: UnknownNameError.self) { try Metric.named(typed) }
    }
    let error = #expect(throws: UnknownNameError.self) { try Metric.named("acuracy") }
    #expect(error?.suggestion == "accuracy")
  }
}
