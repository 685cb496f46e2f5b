import MartletBackend

/// What a model says about some samples.
public struct Predictions: Hashable, Sendable {
  /// The number of samples.
  public let count: Int
  /// The shape of the model's result for one sample.
  public let outputShape: Shape
  /// The results, row-major, sample after sample.
  public let outputs: [Float]
  /// The same as probabilities of classes, where the loss the model was trained with says how; otherwise empty.
  public let probabilities: [Float]

  /// The result for one sample.
  ///
  /// - Precondition: `index` is in `0..<count`.
  public func output(at index: Int) -> [Float] { row(index, of: outputs) }

  /// The probability of each class for one sample; empty for models that do not classify. A single probability is that of yes.
  ///
  /// - Precondition: `index` is in `0..<count`.
  public func probabilities(at index: Int) -> [Float] { probabilities.isEmpty ? [] : row(index, of: probabilities) }

  /// The most probable class of each sample, the first of equals; with a single output, 1 for a probability above ½. Empty for models
  /// that do not classify.
  public var labels: [Int] {
    if probabilities.isEmpty || outputShape.rank != 1 { return [] }
    return (0..<count).map { index in
      let row = probabilities(at: index)
      if row.count == 1 { return row[0] > 0.5 ? 1 : 0 }
      return row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 }
    }
  }

  private func row(_ index: Int, of values: [Float]) -> [Float] {
    let size = outputShape.elementCount
    return Array(values[index * size..<(index + 1) * size])
  }
}
