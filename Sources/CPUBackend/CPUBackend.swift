import CMartletKernels
import MartletBackend
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Computes on the processor's vector units and all of its cores, in the caller's memory.
///
/// Every function has finished when it returns, so there is nothing to flush. Results are the same bits for every
/// instruction set and every number of threads.
///
/// A class because it owns threads and memory. `@unchecked Sendable`: the tables of kernels are constant;
/// everything else is immutable or synchronises itself.
public final class CPUBackend: Backend, @unchecked Sendable {
  /// `cpu`.
  public let name = "cpu"
  /// The processor, the instruction set and the number of threads.
  public let capabilities: Capabilities
  /// The vector instructions in use.
  public let instructionSet: InstructionSet
  /// The threads that share the work of one function.
  package let threads: ThreadPool

  let contraction: UnsafePointer<martlet_contraction_kernels>
  let vector: UnsafePointer<martlet_vector_kernels>
  /// Element-wise programs compiled so far.
  let plans = Mutex<[ProgramPlan.Key: ProgramPlan]>([:])
  /// Bytes in packed forms that storages keep.
  let packedByteCount = Atomic<Int>(0)
  private let memory: HostMemory
  private let firstError = Mutex<(any Error)?>(nil)
  private let launches = Atomic<Int>(0)

  /// Makes a backend with threads and a memory pool of its own.
  ///
  /// - Parameters:
  ///   - threads: How many threads share the work, the caller's included; by default the environment variable
  ///     `MARTLET_THREADS`, or else the processors that this process may use.
  ///   - instructionSet: By default the environment variable `MARTLET_ISA`, or else the best of this machine.
  ///   - checksMemory: Whether blocks arrive full of NaN and writing outside of one is an error, which costs a pass over each;
  ///     by default whether the environment variable `MARTLET_CHECK_MEMORY` is 1.
  /// - Throws: `BackendError.invalidSetting` for a number of threads below one, or an instruction set that this machine
  ///   cannot run.
  public init(threads: Int? = nil, instructionSet: InstructionSet? = nil, checksMemory: Bool? = nil) throws {
    self.instructionSet = try Self.chosen(instructionSet)
    self.threads = ThreadPool(threadCount: try Self.chosen(threadCount: threads))
    self.contraction = martlet_contraction_table(self.instructionSet.kernelTable)
    self.vector = martlet_vector_table(self.instructionSet.kernelTable)
    self.memory = HostMemory(
      checking: checksMemory ?? HostMemory.isCheckingRequested, make: { martlet_allocate($0) },
      destroy: { martlet_free($0) })
    self.capabilities = Capabilities(
      kind: .cpu,
      deviceName: "\(processorName()), \(self.instructionSet.rawValue), \(self.threads.threadCount) threads",
      isCanonical: true, threadCount: self.threads.threadCount, memoryByteCount: physicalMemoryByteCount())
  }

  private static func chosen(_ instructionSet: InstructionSet?) throws -> InstructionSet {
    if let instructionSet { return try instructionSet.checked() }
    guard let name = environment(InstructionSet.environmentVariable) else { return .best }
    return try InstructionSet(named: name)
  }

  private static func chosen(threadCount: Int?) throws -> Int {
    let limits = 1...1024
    let text = threadCount.map(String.init) ?? environment("MARTLET_THREADS")
    guard let text else { return ThreadPool.availableProcessorCount }
    guard let count = Int(text), limits.contains(count) else {
      throw BackendError.invalidSetting(
        name: "MARTLET_THREADS", value: text, reason: "a whole number from \(limits.lowerBound) to \(limits.upperBound)"
      )
    }
    return count
  }

  /// Counters since the backend was made.
  public var statistics: Statistics {
    var statistics = memory.statistics
    statistics.launches = launches.load(ordering: .relaxed)
    return statistics
  }

  /// Counts one backend function.
  func countLaunch() {
    launches.wrappingAdd(1, ordering: .relaxed)
  }

  /// Keeps the first error until it is asked for.
  func stick(_ error: any Error) {
    firstError.withLock { $0 = $0 ?? error }
  }

  private func throwFirstError() throws {
    let error = firstError.withLock { first in
      defer { first = nil }
      return first
    }
    if let error { throw error }
  }
}

// MARK: Memory

// `Backend` documents these.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CPUBackend {
  public func allocate(byteCount: Int) -> Storage {
    CPUStorage(backend: self, byteCount: byteCount, block: takeBlock(byteCount))
  }

  public func upload(_ source: UnsafeRawBufferPointer, to storage: Storage, atByte offset: Int) {
    countLaunch()
    guard let target = bytes(writing: storage), let base = source.baseAddress else { return }
    precondition(
      offset >= 0 && offset + source.count <= storage.byteCount,
      "upload: \(source.count) bytes at \(offset) do not fit into \(storage.byteCount)")
    (target + offset).copyMemory(from: base, byteCount: source.count)
  }

  public func upload(
    byteCount: Int, to storage: Storage, atByte offset: Int, filledBy fill: (UnsafeMutableRawBufferPointer) -> Void
  ) {
    countLaunch()
    guard let target = bytes(writing: storage) else { return }
    precondition(
      offset >= 0 && offset + byteCount <= storage.byteCount,
      "upload: \(byteCount) bytes at \(offset) do not fit into \(storage.byteCount)")
    fill(UnsafeMutableRawBufferPointer(start: target + offset, count: byteCount))
  }

  public func download(_ storage: Storage, atByte offset: Int, into target: UnsafeMutableRawBufferPointer) throws {
    try throwFirstError()
    countLaunch()
    guard let source = bytes(reading: storage), let base = target.baseAddress else { return }
    precondition(
      offset >= 0 && offset + target.count <= storage.byteCount,
      "download: \(target.count) bytes at \(offset) are not all within \(storage.byteCount)")
    base.copyMemory(from: source + offset, byteCount: target.count)
  }

  public func offer(_ errand: any Errand) { threads.offer(errand) }

  public func flush() {}

  public func synchronize() throws {
    try throwFirstError()
  }

  public func trim(toByteCount limit: Int) {
    memory.trim(toByteCount: limit)
  }

  /// Memory for the time of one function, 64-byte aligned, with room to read one vector beyond the end.
  ///
  /// Without memory the error sticks and the body is not called.
  func withScratch(byteCount: Int, _ body: (UnsafeMutableRawPointer) -> Void) {
    guard let block = takeBlock(byteCount) else { return }
    body(block.bytes)
    giveBack(block)
  }

  func takeBlock(_ byteCount: Int) -> HostMemory.Block? {
    let block = memory.take(byteCount)
    if block == nil {
      let statistics = memory.statistics
      stick(
        BackendError.outOfMemory(
          backend: name, requested: byteCount, inUse: statistics.bytesInUse, cached: statistics.bytesCached))
    }
    return block
  }

  func giveBack(_ block: HostMemory.Block) {
    if let offset = memory.giveBack(block) {
      stick(BackendError.memoryOverrun(backend: name, byteCount: block.byteCount, offset: offset))
    }
  }
}

// MARK: Operands
extension CPUBackend {
  /// The first byte of a storage that is only read; nil for one whose allocation failed.
  func bytes(reading storage: Storage) -> UnsafeMutableRawPointer? {
    cpuStorage(storage).address
  }

  /// The first byte of a storage that will be written, so that what was derived from its contents is no longer valid.
  func bytes(writing storage: Storage) -> UnsafeMutableRawPointer? {
    let storage = cpuStorage(storage)
    storage.packedForms.removeAll()
    return storage.address
  }

  func cpuStorage(_ storage: Storage) -> CPUStorage {
    // The class is final, so that comparing metatypes says the same as a cast and costs a tenth.
    guard type(of: storage) == CPUStorage.self else {
      preconditionFailure("cpu: an operand lives on \(storage.backend.name)")
    }
    return unsafeDowncast(storage, to: CPUStorage.self)
  }

  /// The element of a view with all indices 0, of an operand that is only read; nil if there was no memory for it.
  ///
  /// - Precondition: the view holds elements of this type, as its `dtype` says.
  func elements<Element>(reading view: View, as type: Element.Type = Float.self) -> UnsafeMutablePointer<Element>? {
    bytes(reading: view.storage).map { $0.assumingMemoryBound(to: type) + view.layout.offset }
  }

  /// The same of an operand that will be written.
  func elements<Element>(writing view: View, as type: Element.Type = Float.self) -> UnsafeMutablePointer<Element>? {
    bytes(writing: view.storage).map { $0.assumingMemoryBound(to: type) + view.layout.offset }
  }
}

/// Memory of the CPU backend.
///
/// `@unchecked Sendable`: the address never changes; who may write behind it when is the contract of `Backend`; packed
/// forms synchronise themselves, and the mark is atomic.
final class CPUStorage: Storage, @unchecked Sendable {
  private let block: HostMemory.Block?
  /// What kernels have made of the contents, until the next write.
  let packedForms = PackedForms()
  /// Whether threads change the contents in place, each its part, as an optimizer does: these parts then lie in their caches.
  let isDividedAmongThreads = Atomic<Bool>(false)

  init(backend: CPUBackend, byteCount: Int, block: HostMemory.Block?) {
    self.block = block
    super.init(backend: backend, byteCount: byteCount)
  }

  deinit {
    // Made by a CPU backend, as `init` says.
    if let block { unsafeDowncast(backend, to: CPUBackend.self).giveBack(block) }
  }

  /// The first byte; nil if there was no memory.
  var address: UnsafeMutableRawPointer? { block?.bytes }
}

private func environment(_ name: String) -> String? {
  getenv(name).map { String(cString: $0) }
}
