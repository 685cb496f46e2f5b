import MartletBackend
import Synchronization

/// Programs that depend on something known only when they are needed, such as the number of an axis; each is made once. A class
/// because a lock cannot be copied.
final class ProgramCache<Key: Hashable & Sendable>: Sendable {
  private let programs = Mutex<[Key: ElementwiseProgram]>([:])
  private let make: @Sendable (Key) -> ElementwiseProgram

  init(_ make: @escaping @Sendable (Key) -> ElementwiseProgram) { self.make = make }

  subscript(key: Key) -> ElementwiseProgram {
    programs.withLock { programs in
      if let known = programs[key] { return known }
      let program = make(key)
      programs[key] = program
      return program
    }
  }
}
