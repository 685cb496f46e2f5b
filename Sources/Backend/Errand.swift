import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Work that a backend may do beside other work; see `Backend.offer`. A class because two threads may come upon it.
public protocol Errand: AnyObject, Sendable {
  /// Does the work, unless somebody has begun it.
  func perform()
}

extension Backend {
  /// Nobody has time: for backends that compute where they are called, and for those that only hand work on.
  public func offer(_ errand: any Errand) {}
}

/// A value that will be needed soon: made by whoever has time for it, or else by whoever needs it.
///
///     let next = Deferred { prepared(batches[index + 1]) }
///     device.backend.offer(next)
///     learn(from: batch)
///     batch = next.take()
///
/// A class for its identity: one thread may make the value while another asks for it. `@unchecked Sendable`: `work` and `value` are
/// touched by the one thread that took the state from waiting to begun, and after that, once the state is done, by the owner alone.
public final class Deferred<Value: Sendable>: Errand, @unchecked Sendable {
  private let state = Atomic(DeferredState.waiting)
  private var work: (@Sendable () -> Value)?
  private var value: Value?

  /// A value and how to make it: on any thread, outside of every scope of the caller (`withDevice`, `withoutGradient`).
  public init(_ work: @escaping @Sendable () -> Value) { self.work = work }

  /// Makes the value, unless somebody has begun to.
  public func perform() {
    guard begin() else { return }
    value = work?()
    work = nil
    state.store(.done, ordering: .releasing)
  }

  /// The value, made here and now if nobody has begun to; waits for whoever has. To be asked for once, by the owner.
  public func take() -> Value {
    perform()
    var spins = 0
    while state.load(ordering: .acquiring) != .done {
      spins += 1
      if spins > 256 { sched_yield() }
    }
    guard let value = value.take() else { preconditionFailure("Deferred: a value is taken once") }
    return value
  }

  private func begin() -> Bool {
    state.compareExchange(expected: .waiting, desired: .begun, ordering: .acquiring).exchanged
  }
}

private enum DeferredState: UInt8, AtomicRepresentable {
  case waiting, begun, done
}
