import Martlet

/// What recipes find out at the end, beside loss and metrics.
enum Conclusions {
  /// Who was taken for whom, on the samples that results are reported on.
  static func confusion(_ trained: TrainedNetwork) throws -> (text: String, figures: [String: Double]) {
    let samples = trained.data.measured
    let labels = (0..<samples.count).compactMap { samples.label(at: $0).map(Int32.init) }
    let predicted = try trained.trainer.predict(samples).labels.map(Int32.init)
    let matrix = ConfusionMatrix(labels: labels, predictions: predicted, classCount: samples.classCount)
    return ("\n" + matrix.table(classNames: samples.classNames), [:])
  }

  /// The share of the variance that a regression explains: R².
  static func explainedVariance(_ trained: TrainedNetwork) throws -> (text: String, figures: [String: Double]) {
    let samples = trained.data.measured
    guard case .values(let targets, _) = samples.batch(of: 0..<samples.count).targets else { return ("", [:]) }
    let outputs = try trained.trainer.predict(samples).outputs
    let mean = targets.reduce(0) { $0 + Double($1) } / Double(targets.count)
    let spread = targets.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
    let rest = zip(targets, outputs).reduce(0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
    let r2 = 1 - rest / max(spread, .leastNormalMagnitude)
    return ("R²: \(ProgressText.number(r2))", ["test_r2": r2])
  }

  /// The first few answers beside what is right.
  static func examples(_ count: Int) -> SupervisedTask.Conclusion {
    { trained in
      let samples = trained.data.measured.prefix(count)
      let predictions = try trained.trainer.predict(samples)
      let lines = (0..<samples.count).map { index in
        let answer = predictions.output(at: index).map { ProgressText.number(Double($0)) }.joined(separator: ", ")
        guard case .values(let target, _) = samples.batch(of: [index]).targets else { return "  \(answer)" }
        return "  \(answer)  for  \(target.map { ProgressText.number(Double($0)) }.joined(separator: ", "))"
      }
      return (lines.joined(separator: "\n"), [:])
    }
  }

  /// Accuracy on training and, where there was any, validation data in the last epoch.
  static func lastEpoch(_ trained: TrainedNetwork) throws -> (text: String, figures: [String: Double]) {
    guard let last = trained.history.epochs.last else { return ("", [:]) }
    return ("last epoch: \(ProgressText.values(last.values))", [:])
  }
}
