import MartletData

/// What a run learns from or is judged by.
enum SampleSource {
  /// Samples whose number is known, in batches that can be asked for in any order.
  case dataset(Dataset, batchSize: Int, seed: UInt64, shuffles: Bool)
  /// Batches that come as they come.
  case stream(BatchStream)

  /// The batches of an epoch, which counts from 1.
  func batches(ofEpoch epoch: Int) throws -> EpochBatches {
    switch self {
    case .dataset(let dataset, let size, let seed, let shuffles):
      let batches =
        shuffles ? dataset.batches(size: size, shuffledBy: seed, epoch: epoch - 1) : dataset.batches(size: size)
      return EpochBatches(batches)
    case .stream(let stream):
      return EpochBatches(try stream.batches(ofEpoch: epoch))
    }
  }

  /// The samples; `nil` for a stream.
  var dataset: Dataset? {
    if case .dataset(let dataset, _, _, _) = self { dataset } else { nil }
  }

  /// How many samples there are; `nil` for a stream.
  var count: Int? { dataset?.count }

  /// How many samples a batch has; 0 where that is the stream's affair.
  var batchSize: Int {
    if case .dataset(_, let batchSize, _, _) = self { batchSize } else { 0 }
  }

  /// Whether every epoch has an order of its own.
  var shuffles: Bool {
    if case .dataset(_, _, _, let shuffles) = self { shuffles } else { false }
  }
}

/// The batches of one epoch, one after the other.
struct EpochBatches {
  /// How many there are in all; `nil` where that shows at the end.
  let count: Int?
  private var position = 0
  private var upcoming: Batch?
  private let make: (Int) throws -> Batch?

  init(_ batches: Batches) {
    count = batches.count
    make = { $0 < batches.count ? batches[$0] : nil }
  }

  init(_ next: @escaping () throws -> Batch?) {
    count = nil
    make = { _ in try next() }
  }

  /// The next batch; `nil` after the last.
  mutating func next() throws -> Batch? {
    let batch = try peek()
    upcoming = nil
    if batch != nil { position += 1 }
    return batch
  }

  /// The batch that comes next, which stays the next.
  mutating func peek() throws -> Batch? {
    if upcoming == nil { upcoming = try make(position) }
    return upcoming
  }

  /// Passes over batches; a stream makes them nevertheless.
  mutating func skip(_ batches: Int) throws {
    if count != nil {
      position += batches
      return
    }
    for _ in 0..<batches where try next() == nil { return }
  }
}
