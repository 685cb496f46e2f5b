import Foundation
import MartletCharts
import MartletData
import MartletInsight
import MartletLayers
import MartletMetrics
import MartletTensor
import MartletTraining

extension RunEvidence {
  /// Looks at a trained model and at what it makes of samples it has not learned from.
  ///
  /// - Parameters:
  ///   - samples: Samples with the right answers.
  ///   - mistakeLimit: How many mistakes are kept with their pictures.
  /// - Throws: what `Trainer.predict` throws; `BackendError` when a weight cannot be read.
  public init(of trainer: Trainer, on samples: Dataset, mistakeLimit: Int = 24) throws {
    self.init()
    for parameter in trainer.model.parameters {
      let histogram = Histogram(of: try parameter.value.detached.floats())
      weights.append(Spread(name: parameter.name, shape: parameter.shape.map(Array.init) ?? [], histogram: histogram))
    }
    if let model = trainer.model as? Sequential, model.inputShape != nil {
      summary = model.summary()
      drawing = try NetworkDrawing(of: model).svg
      try addFeatures(of: model, samples, on: trainer.device)
    } else if let model = trainer.model as? Model {
      summary = model.summary()
      drawing = try NetworkDrawing(of: model).svg
    }
    guard !samples.isEmpty else { return }
    if samples.targetKind == .label {
      try addAnswers(trainer, samples, mistakeLimit: mistakeLimit)
    } else {
      try addReconstructions(trainer, samples)
    }
  }

  private mutating func addAnswers(_ trainer: Trainer, _ samples: Dataset, mistakeLimit: Int) throws {
    let predictions = try trainer.predict(samples)
    let labels = (0..<samples.count).compactMap { samples.label(at: $0).map(Int32.init) }
    let answers = predictions.labels
    guard labels.count == answers.count, answers.allSatisfy({ 0..<samples.classCount ~= $0 }) else { return }
    classNames = samples.classNames
    confusion = ConfusionMatrix(
      labels: labels, predictions: answers.map(Int32.init), classCount: samples.classCount
    ).rows.flatMap(\.self)
    let places = predictions.mistakes(of: samples)
    mistakeCount = places.count
    mistakes = try places.prefix(mistakeLimit).map { place in
      Mistake(
        sample: place, label: Int(labels[place]), prediction: answers[place],
        probability: predictions.probability(of: answers[place], at: place),
        picture: try (try? samples.colorPicture(at: place)).map { Data(try $0.encodedPNG()) })
    }
    guard samples.classCount == 2 else { return }
    let scores = (0..<samples.count).map { Float(predictions.probability(of: 1, at: $0)) }
    let roc = ROCCurve(labels: labels, scores: scores)
    let precision = PrecisionRecallCurve(labels: labels, scores: scores)
    self.roc = Curve(x: roc.falsePositiveRates, y: roc.truePositiveRates, area: roc.area)
    precisionRecall = Curve(x: precision.recalls, y: precision.precisions, area: precision.averagePrecision)
  }

  /// Where answers are pictures like the samples: what came out.
  private mutating func addReconstructions(_ trainer: Trainer, _ samples: Dataset) throws {
    let shown = samples.prefix(10)
    guard case .values(let shape) = samples.targetKind, shape == samples.sampleShape,
      (try? shown.colorPicture(at: 0)) != nil
    else { return }
    let figure = try trainer.predict(shown).reconstructions(of: shown)
    galleries.append(
      Gallery(
        title: "Reconstructions", caption: "test samples, and what the network made of them",
        picture: Data(try figure.picture(scale: 1).encodedPNG())))
  }

  /// Kernels, and what layers make of the first sample.
  private mutating func addFeatures(of model: Sequential, _ samples: Dataset, on device: Device) throws {
    var sheets = try FeatureSheet.kernels(of: model).map { ("Weights of \($0.layer)", $0) }
    if samples.sampleShape.count == 3, let shape = model.inputShape, Array(shape) == samples.sampleShape,
      !samples.isEmpty
    {
      let input = Tensor(samples.input(at: 0), shape: shape, on: device)
      sheets += try FeatureSheet.maps(of: model, for: input).map { ("Output of \($0.layer)", $0) }
    }
    for (title, sheet) in sheets.prefix(8) where sheet.tiles.count <= 256 {
      galleries.append(Gallery(title: title, caption: sheet.caption, picture: Data(try sheet.picture.encodedPNG())))
    }
  }
}
