import MartletData
import MartletTensor

extension Trainer {
  /// Looks data, model and loss over, as `fit` does before its first epoch: a few hundred samples, one forward pass.
  ///
  ///     for finding in try trainer.examine(data, validation: .dataset(held)) { print(finding) }
  ///
  /// - Throws: What `fit` throws before the first step.
  public func examine(
    _ dataset: Dataset, validation: Validation? = nil, classWeights: [Float]? = nil, seed: UInt64 = 0
  ) throws -> [Finding] {
    try withDevice(device) {
      let (training, held) = try checkedParts(
        of: dataset, validation: validation, batchSize: 1, seed: seed)
      return try Examination(
        trainer: self, training: training, validation: held?.dataset, classWeights: classWeights != nil
      ).findings()
    }
  }
}
