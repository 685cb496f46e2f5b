/// Batches that are made while they are asked for, nobody knows how many: from files too large for memory, a simulation, a
/// generator.
///
///     let stream = BatchStream { epoch in
///       readings.lazy.map { Batch(count: $0.count, inputs: $0.values, inputShape: [$0.count, 8], targets: .labels($0.labels)) }
///     }
///     try trainer.fit(stream, epochs: 5)
///
/// What makes the batches is called once for each pass over the data. A run that goes on from a checkpoint asks for the batches of
/// the interrupted epoch again and passes over those it knows: the result is that of a run without interruption where an epoch gives
/// the same batches each time.
public struct BatchStream: Sendable {
  private let start: @Sendable (Int) throws -> () throws -> Batch?

  /// Batches of a sequence.
  ///
  /// - Parameter batches: Gives the batches of an epoch; the epoch counts from 1.
  public init(_ batches: @escaping @Sendable (_ epoch: Int) throws -> any Sequence<Batch>) {
    start = { epoch in
      var iterator: any IteratorProtocol<Batch> = try batches(epoch).makeIterator()
      return { iterator.next() }
    }
  }

  /// Batches that can fail to be made.
  ///
  /// - Parameter next: Gives for an epoch, which counts from 1, what makes its next batch, or `nil` after the last. What that throws
  ///   ends training and reaches its caller.
  public init(making next: @escaping @Sendable (_ epoch: Int) throws -> () throws -> Batch?) { start = next }

  /// The same batches, made on a background thread at most `ahead` before they are asked for: worth it where making a batch takes
  /// longer than handing it over, some ten microseconds.
  ///
  /// - Precondition: `ahead` is positive.
  public func prefetched(ahead: Int = 2) -> BatchStream {
    precondition(ahead > 0, "BatchStream.prefetched: need at least one batch ahead; got \(ahead)")
    return BatchStream(making: { [start] epoch in
      let prefetcher = Prefetcher(ahead: ahead, making: try start(epoch))
      return { try prefetcher.next() }
    })
  }

  /// What makes the batches of an epoch.
  package func batches(ofEpoch epoch: Int) throws -> () throws -> Batch? { try start(epoch) }
}
