import MartletBackend

/// Samples of one shape, each with what a network should say about it, in host memory.
///
/// A dataset is a value: taking a part of it (`prefix`, `subset`, `split`, `folds`) makes another dataset that shares the
/// samples and copies none of them. Bytes stay bytes (60,000 MNIST images are 47 MB) until a `Batch` is made from them.
public struct Dataset: Sendable {
  /// The shape of one input, for example `[28, 28, 1]`: `[height, width, channels]`.
  public let sampleShape: [Int]
  /// The names of the classes; empty where targets are not class labels.
  public let classNames: [String]
  /// What each sample has as target.
  public let targetKind: TargetKind

  private let inputs: StoredInputs
  private let labels: [Int32]
  private let targetValues: StoredInputs
  /// What each sample of this dataset counts in the loss; `nil` where all count the same.
  private var weights: [Float]?
  /// The stored sample behind each sample of this dataset; `nil` stands for all of them in the order stored.
  private let rows: [Int]?
  private let storedCount: Int

  /// The kinds of target a sample may have.
  public enum TargetKind: Hashable, Sendable {
    /// None: the samples are only to be predicted.
    case none
    /// The index of a class.
    case label
    /// Float values of the given shape.
    case values(shape: [Int])
  }

  /// The number of samples.
  public var count: Int { rows?.count ?? storedCount }
  /// Whether there are no samples.
  public var isEmpty: Bool { count == 0 }
  /// The number of classes; zero where targets are not class labels.
  public var classCount: Int { classNames.count }

  /// Makes a dataset of samples whose targets are class labels.
  ///
  /// - Parameters:
  ///   - inputs: All samples one after another, each row-major.
  ///   - shape: The shape of one sample.
  ///   - labels: The class of each sample, counted from 0.
  ///   - classNames: One name per class. Without it the classes are named `0`, `1`, … up to the largest label.
  /// - Throws: `DatasetError`, naming the sample at fault.
  public init(inputs: [Float], shape: [Int], labels: [some BinaryInteger], classNames: [String]? = nil) throws {
    try self.init(.floats(inputs), valueCount: inputs.count, shape: shape, labels: labels, classNames: classNames)
  }

  /// Makes a dataset of byte samples (pixels) whose targets are class labels; batches hold `byte / divisor`.
  ///
  /// - Throws: `DatasetError`, naming the sample at fault.
  public init(
    bytes: [UInt8], divisor: Float = 255, shape: [Int], labels: [some BinaryInteger], classNames: [String]? = nil
  ) throws {
    let inputs = StoredInputs.bytes(bytes, divisor: divisor)
    try self.init(inputs, valueCount: bytes.count, shape: shape, labels: labels, classNames: classNames)
  }

  /// Makes a dataset of samples whose targets are float values, as in regression.
  ///
  /// - Parameters:
  ///   - inputs: All samples one after another, each row-major.
  ///   - shape: The shape of one sample.
  ///   - targets: All targets one after another, each row-major.
  ///   - targetShape: The shape of one target, for example `[1]` for one number.
  /// - Throws: `DatasetError`.
  public init(inputs: [Float], shape: [Int], targets: [Float], targetShape: [Int] = [1]) throws {
    self.storedCount = try Self.sampleCount(in: inputs.count, shape: shape, what: "inputs")
    let targetCount = try Self.sampleCount(in: targets.count, shape: targetShape, what: "targets")
    guard targetCount == storedCount else {
      throw DatasetError.countMismatch(inputs: storedCount, targets: targetCount)
    }
    self.inputs = .floats(inputs)
    self.sampleShape = shape
    self.targetKind = .values(shape: targetShape)
    self.targetValues = .floats(targets)
    self.labels = []
    self.classNames = []
    self.rows = nil
  }

  /// Makes a dataset of samples without targets, to be predicted.
  ///
  /// - Throws: `DatasetError`.
  public init(inputs: [Float], shape: [Int]) throws {
    try self.init(unlabelled: .floats(inputs), valueCount: inputs.count, shape: shape)
  }

  /// Makes a dataset of byte samples (pixels) without targets; batches hold `byte / divisor`.
  ///
  /// - Throws: `DatasetError`.
  public init(bytes: [UInt8], divisor: Float = 255, shape: [Int]) throws {
    try self.init(unlabelled: .bytes(bytes, divisor: divisor), valueCount: bytes.count, shape: shape)
  }

  private init(
    _ inputs: StoredInputs, valueCount: Int, shape: [Int], labels: [some BinaryInteger], classNames: [String]?
  ) throws {
    self.storedCount = try Self.sampleCount(in: valueCount, shape: shape, what: "inputs")
    guard labels.count == storedCount else {
      throw DatasetError.countMismatch(inputs: storedCount, targets: labels.count)
    }
    // Without names the largest label decides, but a stray label must not make a billion names.
    let classCount = classNames?.count ?? Int(clamping: labels.max() ?? -1).clamped(to: -1...0xFFFF) + 1
    self.labels = try labels.enumerated().map { index, label in
      guard label >= 0 && label < classCount else {
        throw DatasetError.labelOutOfRange(index: index, label: "\(label)", classCount: classCount)
      }
      return Int32(label)
    }
    self.inputs = inputs
    self.sampleShape = shape
    self.targetKind = .label
    self.targetValues = .floats([])
    self.classNames = classNames ?? (0..<classCount).map(String.init)
    self.rows = nil
  }

  /// Makes a dataset of bytes and labels that this module made itself and that need no checking.
  init(trustedBytes bytes: [UInt8], shape: [Int], labels: [Int32], classNames: [String]) {
    assert(
      bytes.count == labels.count * shape.reduce(1, *) && labels.allSatisfy { classNames.indices.contains(Int($0)) })
    self.inputs = .bytes(bytes, divisor: 255)
    self.labels = labels
    self.sampleShape = shape
    self.targetKind = .label
    self.targetValues = .floats([])
    self.classNames = classNames
    self.rows = nil
    self.storedCount = labels.count
  }

  private init(unlabelled inputs: StoredInputs, valueCount: Int, shape: [Int]) throws {
    self.storedCount = try Self.sampleCount(in: valueCount, shape: shape, what: "inputs")
    self.inputs = inputs
    self.sampleShape = shape
    self.targetKind = .none
    self.targetValues = .floats([])
    self.labels = []
    self.classNames = []
    self.rows = nil
  }

  private init(rows: [Int], of whole: Dataset) {
    self.sampleShape = whole.sampleShape
    self.classNames = whole.classNames
    self.targetKind = whole.targetKind
    self.inputs = whole.inputs
    self.labels = whole.labels
    self.targetValues = whole.targetValues
    self.storedCount = whole.storedCount
    self.rows = rows
  }

  /// Samples whose targets are what other samples look like.
  private init(_ inputs: StoredInputs, targets: StoredInputs, rows: [Int]?, of whole: Dataset) {
    self.inputs = inputs
    self.sampleShape = whole.sampleShape
    self.targetKind = .values(shape: whole.sampleShape)
    self.targetValues = targets
    self.labels = []
    self.classNames = []
    self.rows = rows
    self.storedCount = whole.storedCount
    self.weights = whole.weights
  }

  /// How many samples of the shape the values are.
  private static func sampleCount(in valueCount: Int, shape: [Int], what: String) throws -> Int {
    var size = 1
    for length in shape {
      let (product, overflow) = size.multipliedReportingOverflow(by: length)
      guard length > 0 && !overflow else { throw DatasetError.impossibleShape(what: what, shape: shape) }
      size = product
    }
    guard valueCount.isMultiple(of: size) else {
      throw DatasetError.valuesDoNotFillShape(what: what, valueCount: valueCount, shape: shape)
    }
    return valueCount / size
  }
}

extension Dataset {
  /// The values of one input, row-major in `sampleShape`.
  ///
  /// - Precondition: `index` is in `0..<count`.
  public func input(at index: Int) -> [Float] {
    batch(of: CollectionOfOne(index)).inputs
  }

  /// The class label of one sample; `nil` where targets are not class labels.
  ///
  /// - Precondition: `index` is in `0..<count`.
  public func label(at index: Int) -> Int? {
    let row = row(at: index)
    return targetKind == .label ? Int(labels[row]) : nil
  }

  /// How many samples there are of each class; empty where targets are not class labels.
  public var sampleCountsByClass: [Int] {
    var counts = [Int](repeating: 0, count: classCount)
    for index in 0..<count {
      if let label = label(at: index) { counts[label] += 1 }
    }
    return counts
  }

  /// The first `limit` samples, or all if there are fewer.
  ///
  /// - Precondition: `limit` is not negative.
  public func prefix(_ limit: Int) -> Dataset {
    precondition(limit >= 0, "Dataset.prefix: need a limit of at least 0; got \(limit)")
    return limit >= count ? self : subset(Array(0..<limit))
  }

  /// The samples at the given indices, in that order; an index may occur more than once.
  ///
  /// - Precondition: every index is in `0..<count`.
  public func subset(_ indices: [Int]) -> Dataset {
    var part = Dataset(rows: indices.map(row(at:)), of: self)
    part.weights = weights.map { weights in indices.map { weights[$0] } }
    return part
  }

  /// The samples at the given indices as one batch, in that order.
  ///
  /// - Precondition: every index is in `0..<count`.
  public func batch(of indices: some Collection<Int>) -> Batch {
    let chosen = indices.map(row(at:))
    return Batch(
      rows: chosen, of: inputs, inputShape: [chosen.count] + sampleShape, targets: targets(ofRows: chosen),
      sampleWeights: weights.map { weights in indices.map { weights[$0] } })
  }

  /// The same samples, each counting so much in the loss of training and evaluation; metrics count all the same. The weights stay with
  /// the samples in subsets, splits and shuffled batches.
  ///
  /// - Parameter sampleWeights: One for each sample, in order. They are not scaled: with a mean of 1 losses compare to those
  ///   without weights.
  /// - Throws: `DatasetError` where there are not as many as samples, or one is negative or not finite.
  public func weighted(by sampleWeights: [Float]) throws -> Dataset {
    guard sampleWeights.count == count else {
      throw DatasetError.weightCountMismatch(samples: count, weights: sampleWeights.count)
    }
    if let index = sampleWeights.firstIndex(where: { !($0 >= 0 && $0.isFinite) }) {
      throw DatasetError.impossibleWeight(index: index, weight: sampleWeights[index])
    }
    var result = self
    result.weights = sampleWeights
    return result
  }

  /// The same samples, each with itself as target: for networks that learn to tell samples again in fewer numbers. Shares the samples.
  public var reconstructing: Dataset { Dataset(inputs, targets: inputs, rows: rows, of: self) }

  /// The samples with noise, each with itself free of noise as target: for networks that learn to clean. Values stay in 0…1, and are
  /// as coarse as bytes.
  ///
  /// - Parameters:
  ///   - deviation: The standard deviation of the noise, which is nearly normal: the sum of four bytes.
  ///   - seed: Decides the noise.
  /// - Precondition: `deviation` is not negative.
  public func denoising(deviation: Float, seed: UInt64) -> Dataset {
    precondition(deviation >= 0, "Dataset.denoising: need a deviation of at least 0; got \(deviation)")
    let clean = inputs.values(ofRows: Array(0..<storedCount), size: sampleShape.reduce(1, *))
    var generator = PhiloxGenerator(seed: seed, stream: 0xDA7A_0200)
    // Four bytes have the mean 510 and the standard deviation 147.8.
    let scale = deviation * 255 / 147.8
    let noisy = clean.map { value in
      let word = UInt32(truncatingIfNeeded: generator.next() >> 32)
      let sum = (word & 255) + (word >> 8 & 255) + (word >> 16 & 255) + word >> 24
      return UInt8(min(max(value * 255 + (Float(sum) - 510) * scale, 0), 255).rounded())
    }
    return Dataset(.bytes(noisy, divisor: 255), targets: inputs, rows: rows, of: self)
  }

  private func row(at index: Int) -> Int {
    precondition(0..<count ~= index, "Dataset: sample \(index) is not in 0..<\(count)")
    return rows?[index] ?? index
  }

  private func targets(ofRows rows: [Int]) -> Batch.Targets {
    switch targetKind {
    case .none:
      return .none
    case .label:
      return .labels(rows.map { labels[$0] })
    case .values(let shape):
      let values = targetValues.values(ofRows: rows, size: shape.reduce(1, *))
      return .values(values, shape: [rows.count] + shape)
    }
  }
}

extension Int {
  fileprivate func clamped(to range: ClosedRange<Int>) -> Int {
    Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
  }
}
