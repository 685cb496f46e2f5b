import MartletBackend

/// Why a model cannot be trained or evaluated as asked.
public enum TrainingError: Error, Hashable, CustomStringConvertible {
  /// There are no samples.
  case noSamples(purpose: String)
  /// A number such as the batch size is not one that can be used.
  case invalidSetting(name: String, value: String, rule: String)
  /// The model is made for samples of another shape.
  case inputDoesNotFit(model: Shape, data: Shape)
  /// Samples have no targets to learn from.
  case noTargets
  /// What the model gives and what the data want, or the loss and the data, do not fit.
  case targetsDoNotFit(reason: String)
  /// A metric does not make sense for these targets.
  case metricDoesNotFit(metric: String, reason: String)
  /// The loss became infinite or not a number. Epoch and batch count from 1.
  case lossIsNotFinite(value: String, epoch: Int, batch: Int, detail: String)

  /// What is wrong, with the values that are, and what to do.
  public var description: String {
    switch self {
    case .noSamples(let purpose):
      "there are no samples to \(purpose)"
    case .invalidSetting(let name, let value, let rule):
      "\(name) is \(value): \(rule)"
    case .inputDoesNotFit(let model, let data):
      "the model is made for samples of shape \(model), the data have \(data); "
        + "make it with input: \(data), or bring the samples into shape"
    case .noTargets:
      "the samples have no targets; training and evaluating need labels or values to compare with"
    case .targetsDoNotFit(let reason):
      reason
    case .metricDoesNotFit(let metric, let reason):
      "the metric \(metric) cannot be measured: \(reason)"
    case .lossIsNotFinite(let value, let epoch, let batch, let detail):
      "the loss became \(value) in epoch \(epoch), batch \(batch); \(detail). "
        + "Try a smaller learning rate, scaled inputs, or gradient clipping"
    }
  }
}
