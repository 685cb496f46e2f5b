import MartletBackend
import Synchronization

/// The living definition of every function of `Backend`: plain loops over single elements, slow and obviously right. Other
/// backends are compared with it.
///
/// It comes in two arithmetics that share all code. `.accurate` keeps the sums of contractions, reductions, softmax and
/// averages in Double and rounds once, so it tells how far another backend is from the truth. `.canonical` follows the
/// arithmetic that `Backend` specifies, bit for bit.
///
/// Memory is checked: blocks arrive full of NaN, and writing outside a block becomes a sticky error.
///
/// A class, because storages know the backend that made them.
package final class ReferenceBackend: Backend {
  /// How sums are kept.
  package enum Arithmetic: Sendable, CaseIterable {
    /// In Double, rounded once.
    case accurate
    /// In Float, in the specified order.
    case canonical
  }

  package let arithmetic: Arithmetic
  package let name = "reference"
  private let memory: HostMemory
  private let progress = Mutex(Progress())

  private struct Progress {
    var firstError: BackendError?
    var launches = 0
  }

  /// - Parameter checksMemory: Whether blocks are poisoned and guarded; costs a pass over each new block.
  package init(arithmetic: Arithmetic = .accurate, checksMemory: Bool = true) {
    self.arithmetic = arithmetic
    memory = HostMemory(checking: checksMemory)
  }

  package var capabilities: Capabilities {
    Capabilities(
      kind: .reference,
      deviceName: arithmetic == .accurate ? "scalar Swift, sums in Double" : "scalar Swift, canonical arithmetic",
      isCanonical: arithmetic == .canonical)
  }

  package var statistics: Statistics {
    var statistics = memory.statistics
    statistics.launches = progress.withLock { $0.launches }
    return statistics
  }

  // MARK: Memory

  package func allocate(byteCount: Int) -> Storage {
    let block = memory.take(byteCount)
    if block == nil {
      let statistics = memory.statistics
      record(
        .outOfMemory(
          backend: name, requested: byteCount, inUse: statistics.bytesInUse, cached: statistics.bytesCached))
    }
    return ReferenceStorage(backend: self, block: block, byteCount: byteCount)
  }

  package func upload(_ source: UnsafeRawBufferPointer, to storage: Storage, atByte offset: Int) {
    let bytes = checkedBytes(of: storage, from: offset, count: source.count)
    if let bytes, let start = source.baseAddress { bytes.copyMemory(from: start, byteCount: source.count) }
  }

  package func download(
    _ storage: Storage, atByte offset: Int, into target: UnsafeMutableRawBufferPointer
  ) throws {
    try synchronize()
    let bytes = checkedBytes(of: storage, from: offset, count: target.count)
    if let bytes, let start = target.baseAddress { start.copyMemory(from: bytes, byteCount: target.count) }
  }

  private func checkedBytes(of storage: Storage, from offset: Int, count: Int) -> UnsafeMutableRawPointer? {
    precondition(
      offset >= 0 && count <= storage.byteCount - offset,
      "reference: bytes \(offset) to \(offset + count) of a storage of \(storage.byteCount)")
    return block(of: storage).map { $0.bytes + offset }
  }

  /// Nothing is ever queued.
  package func flush() {}

  package func synchronize() throws {
    let error = progress.withLock { progress -> BackendError? in
      defer { progress.firstError = nil }
      return progress.firstError
    }
    if let error { throw error }
  }

  package func trim(toByteCount limit: Int) { memory.trim(toByteCount: limit) }

  // MARK: What the functions stand on

  /// Counts a function and resolves its operands; `nil` when one of them has no memory, which has stuck as an error.
  func launch(_ views: [View]) -> [Operand]? {
    progress.withLock { $0.launches += 1 }
    return operands(views)
  }

  /// Resolves further operands, such as those of an epilogue.
  func operands(_ views: [View]) -> [Operand]? {
    var operands: [Operand] = []
    for view in views {
      guard let block = block(of: view.storage) else { return nil }
      operands.append(Operand(view, in: block))
    }
    return operands
  }

  private func block(of storage: Storage) -> HostMemory.Block? {
    guard let own = storage as? ReferenceStorage, own.backend === self else {
      preconditionFailure("reference: the storage belongs to another backend, \(storage.backend.name)")
    }
    return own.block
  }

  fileprivate func giveBack(_ block: HostMemory.Block) {
    if let offset = memory.giveBack(block) {
      record(.memoryOverrun(backend: name, byteCount: block.byteCount, offset: offset))
    }
  }

  private func record(_ error: BackendError) {
    progress.withLock { $0.firstError = $0.firstError ?? error }
  }
}

/// A block of host memory, or nothing where there was none to be had.
private final class ReferenceStorage: Storage, @unchecked Sendable {  // all its properties are immutable
  let block: HostMemory.Block?
  private let owner: ReferenceBackend

  init(backend: ReferenceBackend, block: HostMemory.Block?, byteCount: Int) {
    self.block = block
    owner = backend
    super.init(backend: backend, byteCount: byteCount)
  }

  deinit {
    if let block { owner.giveBack(block) }
  }
}
