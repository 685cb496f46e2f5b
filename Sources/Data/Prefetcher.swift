import Foundation

/// Makes elements on a thread of its own, a few ahead of whoever asks for them.
///
/// The thread waits while `ahead` elements are ready, and ends when the elements do, when making one throws, or when the
/// prefetcher is no longer referred to. It is a class because it owns that thread.
///
/// - Note: Ask for elements from one place: each goes to one caller.
public final class Prefetcher<Element: Sendable>: Sendable {
  private let queue: PrefetchQueue<Element>

  /// Starts making elements.
  ///
  /// - Parameters:
  ///   - ahead: How many elements may be ready and waiting, at least 1.
  ///   - make: Makes the next element, or returns `nil` after the last. It is called on the background thread, one call
  ///     after another; what it throws reaches the caller of `next()` in place of the element.
  /// - Precondition: `ahead` is positive.
  public init(ahead: Int = 2, making make: sending @escaping () throws -> Element?) {
    precondition(ahead > 0, "Prefetcher: need at least one element ahead; got \(ahead)")
    let queue = PrefetchQueue<Element>(capacity: ahead)
    self.queue = queue
    // The thread holds the queue, never the prefetcher: otherwise an abandoned prefetcher would keep itself alive.
    let work = PrefetchWork(make: make)
    let thread = Thread { queue.fill(by: work.make) }
    thread.name = "martlet.prefetch"
    thread.start()
  }

  deinit {
    queue.close()
  }

  /// Waits for the next element; `nil` after the last.
  ///
  /// - Throws: What making the element threw; there are no elements after that.
  public func next() throws -> Element? {
    try queue.take()
  }
}

extension Batches {
  /// The batches in order, made on a background thread at most `ahead` before they are asked for.
  ///
  /// - Precondition: `ahead` is positive.
  public func prefetched(ahead: Int = 2) -> Prefetcher<Batch> {
    var remaining = makeIterator()
    return Prefetcher(ahead: ahead) { remaining.next()?.gathered }
  }
}

/// Carries the closure that makes elements to the thread that calls it.
private struct PrefetchWork<Element>: @unchecked Sendable {
  // Sendable because the closure was given away (`sending`) and only the prefetch thread ever calls it.
  let make: () throws -> Element?
}

/// The elements that are ready, between the one thread that makes them and the caller that takes them.
private final class PrefetchQueue<Element: Sendable>: @unchecked Sendable {
  // Sendable because every access to the variables below holds the lock of `condition`.
  private let condition = NSCondition()
  private let capacity: Int
  private var ready: [Element] = []
  private var end: Result<Void, any Error>?
  private var isClosed = false

  init(capacity: Int) {
    self.capacity = capacity
  }

  /// Makes elements until there are no more, one cannot be made, or nobody wants them.
  func fill(by make: () throws -> Element?) {
    while waitForRoom() {
      // Made outside the lock: the caller takes what is ready meanwhile.
      let made = Result { try make() }
      condition.withLock {
        switch made {
        case .success(let element?): if !isClosed { ready.append(element) }
        case .success(nil): end = .success(())
        case .failure(let error): end = .failure(error)
        }
        condition.broadcast()
      }
    }
  }

  /// Whether one more element is wanted, after waiting until there is room for it.
  private func waitForRoom() -> Bool {
    condition.withLock {
      while ready.count >= capacity && !isClosed { condition.wait() }
      return !isClosed && end == nil
    }
  }

  func take() throws -> Element? {
    try condition.withLock {
      while ready.isEmpty {
        if let end {
          // An error is told once; afterwards the elements have simply ended.
          self.end = .success(())
          try end.get()
          return nil
        }
        condition.wait()
      }
      defer { condition.broadcast() }
      return ready.removeFirst()
    }
  }

  func close() {
    condition.withLock {
      isClosed = true
      ready.removeAll()
      condition.broadcast()
    }
  }
}
