/// The two ends of a sequence.
public enum SequenceEnd: Hashable, Sendable {
  /// Where it begins.
  case start
  /// Where it stops.
  case end
}

extension Dataset {
  /// Makes a dataset of sequences of codes, brought to one length: shorter ones are filled up with 0, longer ones cut.
  ///
  /// - Parameters:
  ///   - length: By default that of the longest.
  ///   - filling: At which end zeros are added; Keras' `pad_sequences` does so at the start.
  ///   - cutting: At which end codes are taken away.
  /// - Throws: `DatasetError`, naming the sample at fault, or where no sequence has a code and no length is given.
  public init(
    sequences: [[Int32]], length: Int? = nil, filling: SequenceEnd = .end, cutting: SequenceEnd = .end,
    labels: [some BinaryInteger], classNames: [String]? = nil
  ) throws {
    let length = length ?? sequences.map(\.count).max() ?? 0
    let inputs = sequences.flatMap { codes -> [Float] in
      let kept = cutting == .end ? codes.prefix(Swift.max(length, 0)) : codes.suffix(Swift.max(length, 0))
      let zeros = [Float](repeating: 0, count: Swift.max(length - kept.count, 0))
      let values = kept.map { Float($0) }
      return filling == .end ? values + zeros : zeros + values
    }
    try self.init(inputs: inputs, shape: [length], labels: labels, classNames: classNames)
  }

  /// Makes a dataset of windows over a long sequence of codes, each with the code that comes next as its class: to learn to go on.
  ///
  /// - Parameters:
  ///   - length: How many codes a window has.
  ///   - step: How far one window begins after the one before.
  ///   - codeCount: How many codes there are.
  /// - Throws: `DatasetError` where a code is not one of them.
  /// - Precondition: `length` and `step` are positive.
  public init(nextCodeOf codes: [Int32], length: Int, step: Int = 1, codeCount: Int) throws {
    precondition(length > 0 && step > 0, "Dataset: windows need length, step > 0; got \(length), \(step)")
    let starts = stride(from: 0, to: codes.count - length, by: step)
    try self.init(
      inputs: starts.flatMap { codes[$0..<$0 + length].map { Float($0) } }, shape: [length],
      labels: starts.map { codes[$0 + length] }, classNames: (0..<codeCount).map(String.init))
  }

  /// Makes a dataset of windows over a series of measurements, each with a later measurement as its target.
  ///
  /// - Parameters:
  ///   - series: One row per moment, one column per thing measured.
  ///   - length: How many moments a window has; samples have the shape `[length, columns]`.
  ///   - target: The column to be predicted.
  ///   - ahead: How many moments after the window's last one.
  ///   - step: How far one window begins after the one before.
  /// - Throws: `DatasetError`.
  /// - Precondition: `length`, `ahead` and `step` are positive, and there is such a column.
  public init(windowsOf series: FeatureMatrix, length: Int, target: Int, ahead: Int = 1, step: Int = 1) throws {
    precondition(
      length > 0 && ahead > 0 && step > 0 && target >= 0 && target < series.columnCount,
      "Dataset: windows need length, ahead, step > 0 and a column of \(series.columnCount); "
        + "got \(length), \(ahead), \(step) and column \(target)")
    let starts = stride(from: 0, to: series.rowCount - length - ahead + 1, by: step)
    let columns = series.columnCount
    try self.init(
      inputs: starts.flatMap { series.values[$0 * columns..<($0 + length) * columns].map { Float($0) } },
      shape: [length, columns], targets: starts.map { Float(series[$0 + length + ahead - 1, target]) })
  }
}
