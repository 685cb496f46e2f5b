/// Some samples of a dataset side by side, ready to become tensors.
public struct Batch: Sendable {
  /// The number of samples.
  public let count: Int
  /// The shape of the inputs: `count`, then the shape of one sample.
  public let inputShape: [Int]
  /// What a network should say about the samples.
  public let targets: Targets
  /// What each sample counts in the loss; `nil` where all count the same.
  public let sampleWeights: [Float]?
  private let source: Source

  /// What a network should say about the samples of a batch.
  public enum Targets: Sendable, Equatable {
    /// Nothing: the samples are only to be predicted.
    case none
    /// The class of each sample.
    case labels([Int32])
    /// Values row-major in a shape that begins with the number of samples.
    case values([Float], shape: [Int])
  }

  /// Where the inputs are.
  private enum Source: Sendable {
    case values([Float])
    /// In a dataset still; they are gathered when, and where, they are wanted.
    case rows([Int], StoredInputs)
  }

  /// Makes a batch from values that are already laid side by side.
  ///
  /// - Parameter sampleWeights: What each sample counts in the loss.
  /// - Precondition: the values fill their shapes, and each shape begins with `count`.
  public init(count: Int, inputs: [Float], inputShape: [Int], targets: Targets, sampleWeights: [Float]? = nil) {
    precondition(
      inputShape.first == count && inputShape.reduce(1, *) == inputs.count,
      "Batch: \(inputs.count) inputs do not fill shape \(inputShape) of \(count) samples")
    switch targets {
    case .none:
      break
    case .labels(let labels):
      precondition(labels.count == count, "Batch: \(labels.count) labels for \(count) samples")
    case .values(let values, let shape):
      precondition(
        shape.first == count && shape.reduce(1, *) == values.count,
        "Batch: \(values.count) targets do not fill shape \(shape) of \(count) samples")
    }
    if let sampleWeights {
      precondition(sampleWeights.count == count, "Batch: \(sampleWeights.count) weights for \(count) samples")
    }
    self.count = count
    self.inputShape = inputShape
    self.targets = targets
    self.sampleWeights = sampleWeights
    source = .values(inputs)
  }

  /// A batch of stored samples, whose inputs stay where they are for now.
  init(rows: [Int], of inputs: StoredInputs, inputShape: [Int], targets: Targets, sampleWeights: [Float]?) {
    count = rows.count
    self.inputShape = inputShape
    self.targets = targets
    self.sampleWeights = sampleWeights
    source = .rows(rows, inputs)
  }

  /// The values of the inputs, row-major in `inputShape`. Gathered anew each time where the batch comes from a dataset.
  public var inputs: [Float] {
    switch source {
    case .values(let values): values
    case .rows(let rows, let inputs): inputs.values(ofRows: rows, size: sampleSize)
    }
  }

  /// How the inputs can be had with the least work.
  package enum InputForm {
    /// As float32 values.
    case values
    /// As bytes that are to be divided by a number.
    case bytes(divisor: Float)
  }

  /// The form in which `writeInputs` gives the inputs.
  package var inputForm: InputForm {
    if case .rows(_, .bytes(_, let divisor)) = source { return .bytes(divisor: divisor) }
    return .values
  }

  /// Writes the inputs in their form, row-major, and fills the memory with them.
  package func writeInputs(to memory: UnsafeMutableRawBufferPointer) {
    switch source {
    case .values(let values): values.withUnsafeBytes { memory.copyMemory(from: $0) }
    case .rows(let rows, let inputs): inputs.copyRows(rows, size: sampleSize, to: memory)
    }
  }

  /// A number for each sample that follows from its inputs, as they are stored: samples with different numbers differ, and those with
  /// the same are the same but for a chance in 2⁶⁴.
  package var fingerprints: [UInt64] {
    let width: Int
    switch inputForm {
    case .values: width = sampleSize * 4
    case .bytes: width = sampleSize
    }
    let stored = [UInt8](unsafeUninitializedCapacity: count * width) { memory, filled in
      writeInputs(
        to: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(memory)[..<(count * width)]))
      filled = count * width
    }
    return stored.withUnsafeBytes { bytes in
      (0..<count).map { sample in
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func take(_ word: UInt64) { hash = (hash ^ word) &* 0x0000_0100_0000_01B3 ^ hash >> 29 }
        let whole = width / 8 * 8
        for offset in stride(from: 0, to: whole, by: 8) {
          take(bytes.loadUnaligned(fromByteOffset: sample * width + offset, as: UInt64.self))
        }
        for offset in whole..<width { take(UInt64(bytes[sample * width + offset])) }
        return hash
      }
    }
  }

  /// The same batch with its inputs gathered already, for whoever prepares batches ahead of time.
  package var gathered: Batch {
    Batch(count: count, inputs: inputs, inputShape: inputShape, targets: targets, sampleWeights: sampleWeights)
  }

  private var sampleSize: Int { inputShape.dropFirst().reduce(1, *) }

  /// The class of each sample; `nil` where targets are not class labels.
  public var labels: [Int32]? {
    if case .labels(let labels) = targets { labels } else { nil }
  }
}

/// The batches of one pass over a dataset, made when they are asked for.
///
/// They can be asked for in any order and from any thread: batch `i` is the same however it is reached.
public struct Batches: RandomAccessCollection, Sendable {
  /// The number of samples in every batch but possibly the last.
  public let batchSize: Int

  private let dataset: Dataset
  private let order: [Int]?
  private let sampleCount: Int

  init(of dataset: Dataset, size: Int, order: [Int]?, droppingRemainder: Bool) {
    precondition(size > 0, "batches: need a batch size of at least 1; got \(size)")
    self.dataset = dataset
    self.batchSize = size
    self.order = order
    self.sampleCount = droppingRemainder ? dataset.count / size * size : dataset.count
  }

  /// The index of the first batch, always 0.
  public var startIndex: Int { 0 }
  /// The number of batches.
  public var endIndex: Int { sampleCount / batchSize + (sampleCount.isMultiple(of: batchSize) ? 0 : 1) }

  /// Makes one of the batches.
  ///
  /// - Precondition: `index` is in `0..<count`.
  public subscript(index: Int) -> Batch {
    precondition(indices.contains(index), "batches: batch \(index) is not in 0..<\(endIndex)")
    let start = index * batchSize
    let end = start + Swift.min(batchSize, sampleCount - start)
    guard let order else { return dataset.batch(of: start..<end) }
    return dataset.batch(of: order[start..<end])
  }
}

extension Dataset {
  /// The samples in the order stored, `size` at a time.
  ///
  /// - Parameters:
  ///   - size: The number of samples in a batch.
  ///   - droppingRemainder: Leaves out a last batch of fewer than `size` samples.
  /// - Precondition: `size` is positive.
  public func batches(size: Int, droppingRemainder: Bool = false) -> Batches {
    Batches(of: self, size: size, order: nil, droppingRemainder: droppingRemainder)
  }

  /// The samples in an order that depends on the seed and the epoch alone, `size` at a time.
  ///
  /// - Parameters:
  ///   - size: The number of samples in a batch.
  ///   - seed: The seed of the training run.
  ///   - epoch: Which pass over the data; each has an order of its own.
  ///   - droppingRemainder: Leaves out a last batch of fewer than `size` samples.
  /// - Precondition: `size` is positive.
  public func batches(size: Int, shuffledBy seed: UInt64, epoch: Int, droppingRemainder: Bool = false) -> Batches {
    let order = Permutation.random(count: count, seed: seed, purpose: .epochOrder, draw: epoch)
    return Batches(of: self, size: size, order: order, droppingRemainder: droppingRemainder)
  }
}
