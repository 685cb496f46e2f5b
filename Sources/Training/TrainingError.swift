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
  /// A callback watches something that the run does not measure.
  case notMeasured(name: String, measured: [String])
  /// A checkpoint was made by a run with other settings, or another model.
  case checkpointDoesNotFit(path: String, reason: String)
  /// A checkpoint is there, and the run is not to go on from it.
  case checkpointExists(path: String)
  /// A batch of a stream is unlike the first, or does not fit the loss. Counted from 1.
  case batchDoesNotFit(batch: Int, reason: String)
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
    case .notMeasured(let name, let measured):
      "'\(name)' is watched but not measured; there is \(measured.joined(separator: ", "))"
        + (name.hasPrefix("val_") && !measured.contains { $0.hasPrefix("val_") }
          ? ". Give fit(validation:) something to judge by" : "")
    case .checkpointDoesNotFit(let path, let reason):
      "cannot go on from \(path): \(reason). Use the settings it was made with, or another folder"
    case .checkpointExists(let path):
      "\(path) holds the checkpoint of an earlier run; go on from it by resuming, or use another folder"
    case .batchDoesNotFit(let batch, let reason):
      "batch \(batch) of the stream does not fit: \(reason)"
    case .lossIsNotFinite(let value, let epoch, let batch, let detail):
      "the loss became \(value) in epoch \(epoch), batch \(batch): \(detail)"
    }
  }
}
