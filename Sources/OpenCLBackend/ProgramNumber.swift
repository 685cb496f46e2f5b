#if OpenCL
  import Synchronization

  /// A number that no other connection with the same kernels has while this one is open: 0 for the only one, so that what a
  /// driver keeps on disk serves the next process.
  final class ProgramNumber: Sendable {
    let value: Int
    private let kernels: OpenCLProfile

    private static let taken = Mutex<[OpenCLProfile: Set<Int>]>([:])

    init(for kernels: OpenCLProfile) {
      self.kernels = kernels
      value = Self.taken.withLock { taken in
        let others = taken[kernels, default: []]
        let free = (0...others.count).first { !others.contains($0) } ?? others.count
        taken[kernels, default: []].insert(free)
        return free
      }
    }

    deinit { _ = Self.taken.withLock { $0[kernels]?.remove(value) } }
  }
#endif
