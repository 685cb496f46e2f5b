import MartletBackend
import Synchronization

/// Identifies a packed form of some elements of a storage: what was packed, and how.
struct PackedFormKey: Equatable {
  /// Which order the elements were brought into.
  enum Order: UInt8 { case productRows, productColumns, convolution, convolutionGradient }

  var order: Order
  /// Where the elements were: the position of the first, extents and strides; whatever the packed form depends on.
  var source: SIMD8<Int>
}

/// An operand in the order in which a kernel reads it. A class because it is memory that several calls may use at once;
/// it returns the memory when the last has ended.
///
/// `@unchecked Sendable`: whoever makes it fills it before others can find it; then it is only read.
final class PackedForm: @unchecked Sendable {
  let bytes: UnsafeMutableRawPointer
  private let owner: CPUBackend
  private let block: HostMemory.Block

  fileprivate init(_ block: HostMemory.Block, of backend: CPUBackend) {
    self.bytes = block.bytes
    self.block = block
    self.owner = backend
  }

  deinit {
    owner.packedByteCount.wrappingSubtract(block.byteCount, ordering: .relaxed)
    owner.giveBack(block)
  }
}

/// The packed forms of a storage's elements, valid while nothing is written to the storage.
///
/// Packing is worth keeping only for what is read again unchanged: weights during inference, or those of a recurrent
/// layer from step to step. Therefore the first call with an operand leaves its key, the second its packed form, and the
/// others find it.
struct PackedForms: ~Copyable {
  enum Finding {
    case unknown, seenBefore
    case kept(PackedForm)
  }

  private struct Entry {
    var key: PackedFormKey
    var form: PackedForm?
  }

  /// Forwards and backwards, and one each for the parts of a storage that hold several matrices.
  private static let mostEntries = 8

  private let entries = Mutex<[Entry]>([])
  private let isEmpty = Atomic<Bool>(true)

  /// What is known of a form; remembers that it was asked for.
  func find(_ key: PackedFormKey) -> Finding {
    entries.withLock { entries -> Finding in
      if let entry = entries.first(where: { $0.key == key }) { return entry.form.map(Finding.kept) ?? .seenBefore }
      if entries.count == Self.mostEntries { entries.removeFirst() }
      entries.append(Entry(key: key))
      isEmpty.store(false, ordering: .relaxed)
      return .unknown
    }
  }

  /// Keeps a form that `find` has seen before.
  func keep(_ form: PackedForm, for key: PackedFormKey) {
    entries.withLock { entries in
      if let index = entries.firstIndex(where: { $0.key == key }) { entries[index].form = form }
    }
  }

  /// Forgets everything: the storage is about to be written.
  func removeAll() {
    // Whoever writes to a storage does so before or after those who read it, so this sees what they left.
    guard !isEmpty.load(ordering: .relaxed) else { return }
    entries.withLock { $0.removeAll(keepingCapacity: true) }
    isEmpty.store(true, ordering: .relaxed)
  }
}

extension CPUBackend {
  /// Packed forms take at most so much memory; what does not fit is packed by each call.
  static let mostPackedByteCount: Int = 256 << 20

  /// Calls `body` with a packed operand: the one kept from an earlier call if the operand has not been written since.
  ///
  /// Without memory the error sticks and the body is not called.
  ///
  /// - Parameters:
  ///   - storage: Where the operand lies; nil if nothing can be kept.
  ///   - pack: Writes the packed form.
  func withPacked(
    _ key: PackedFormKey, of storage: Storage?, byteCount: Int, pack: (UnsafeMutableRawPointer) -> Void,
    _ body: (UnsafeMutableRawPointer) -> Void
  ) {
    guard let storage = storage as? CPUStorage else {
      withScratch(byteCount: byteCount) {
        pack($0); body($0)
      }
      return
    }
    switch storage.packedForms.find(key) {
    case .kept(let form):
      withExtendedLifetime(form) { body(form.bytes) }
    case .seenBefore:
      if let form = makePackedForm(byteCount: byteCount) {
        pack(form.bytes)
        storage.packedForms.keep(form, for: key)
        withExtendedLifetime(form) { body(form.bytes) }
      } else {
        withScratch(byteCount: byteCount) {
          pack($0); body($0)
        }
      }
    case .unknown:
      withScratch(byteCount: byteCount) {
        pack($0); body($0)
      }
    }
  }

  /// Memory for a packed form; nil where all of them have enough already.
  private func makePackedForm(byteCount: Int) -> PackedForm? {
    let total = packedByteCount.wrappingAdd(byteCount, ordering: .relaxed).newValue
    if total <= Self.mostPackedByteCount, let block = takeBlock(byteCount) { return PackedForm(block, of: self) }
    packedByteCount.wrappingSubtract(byteCount, ordering: .relaxed)
    return nil
  }
}
