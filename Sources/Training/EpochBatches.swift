import MartletBackend
import MartletData
import MartletTensor

/// What a run learns from or is judged by.
enum SampleSource {
  /// Samples whose number is known, in batches that can be asked for in any order.
  case dataset(Dataset, batchSize: Int, seed: UInt64, shuffles: Bool)
  /// Batches that come as they come.
  case stream(BatchStream)

  /// The batches of an epoch, which counts from 1.
  func batches(ofEpoch epoch: Int, on device: Device) throws -> EpochBatches {
    switch self {
    case .dataset(let dataset, let size, let seed, let shuffles):
      let batches =
        shuffles ? dataset.batches(size: size, shuffledBy: seed, epoch: epoch - 1) : dataset.batches(size: size)
      return EpochBatches(batches, on: device)
    case .stream(let stream):
      return EpochBatches(try stream.batches(ofEpoch: epoch), on: device)
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

/// A batch with what a network gets of it.
struct PreparedBatch: Sendable {
  let batch: Batch
  let inputs: Tensor
  /// `nil` where the batch has none.
  let targets: Tensor?
  let weights: Tensor?

  init(_ batch: Batch, on device: Device) {
    self.batch = batch
    inputs = batch.inputTensor(on: device)
    targets = batch.targetTensor(on: device)
    weights = batch.weightTensor(on: device)
  }
}

/// The batches of one epoch, one after the other.
///
/// Those of a dataset are prepared one ahead, by a thread of the device that would wait otherwise. A thread of one's own would take turns
/// with those that compute, and handing a batch over would take it longer than gathering bytes.
struct EpochBatches {
  /// How many there are in all; `nil` where that shows at the end.
  let count: Int?
  private let source: Source
  private let device: Device
  private var position = 0
  /// Of a stream: what was made already.
  private var upcoming: Batch?
  /// Of a dataset: what is being prepared.
  private var ahead: Deferred<PreparedBatch>?

  private enum Source {
    case dataset(Batches)
    case stream(() throws -> Batch?)
  }

  init(_ batches: Batches, on device: Device) {
    count = batches.count
    source = .dataset(batches)
    self.device = device
  }

  init(_ next: @escaping () throws -> Batch?, on device: Device) {
    count = nil
    source = .stream(next)
    self.device = device
  }

  /// The batch that comes next, which stays the next; `nil` after the last.
  mutating func peek() throws -> Batch? {
    switch source {
    case .dataset(let batches):
      return position < batches.count ? batches[position] : nil
    case .stream(let next):
      if upcoming == nil { upcoming = try next() }
      return upcoming
    }
  }

  /// Whether there is a next batch.
  mutating func hasNext() throws -> Bool {
    if let count { position < count } else { try peek() != nil }
  }

  /// The next batch; `nil` after the last.
  ///
  /// - Parameter check: What a batch of a stream has to pass before it becomes tensors.
  mutating func next(checking check: (Batch) throws -> Void) throws -> PreparedBatch? {
    guard try hasNext() else { return nil }
    switch source {
    case .dataset(let batches):
      let batch = ahead?.take() ?? PreparedBatch(batches[position], on: device)
      position += 1
      ahead = prepared(batches)
      return batch
    case .stream:
      defer { upcoming = nil }
      return try peek().map { batch in
        try check(batch)
        return PreparedBatch(batch, on: device)
      }
    }
  }

  /// The next batch of a dataset, some time soon.
  private func prepared(_ batches: Batches) -> Deferred<PreparedBatch>? {
    guard position < batches.count else { return nil }
    let batch = Deferred { [position, device] in PreparedBatch(batches[position], on: device) }
    device.backend.offer(batch)
    return batch
  }

  /// Passes over batches; a stream makes them nevertheless.
  mutating func skip(_ batches: Int) throws {
    if case .dataset = source {
      position += batches
      return
    }
    for _ in 0..<batches where try peek() != nil { upcoming = nil }
  }
}
