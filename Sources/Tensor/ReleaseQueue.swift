/// Releases records one after the other instead of one inside the other. Per thread: the outermost release drains what the
/// releases it causes put into the queue. A class because the thread keeps a reference to it.
final class ReleaseQueue {
  private var waiting: [TapeNode.Record] = []
  private var isDraining = false

  private static let queues = ThreadLocal { ReleaseQueue() }

  static func release(_ record: consuming TapeNode.Record) {
    let queue = queues.current
    queue.waiting.append(record)
    if queue.isDraining { return }
    queue.isDraining = true
    while let next = queue.waiting.popLast() { _ = consume next }
    queue.isDraining = false
  }
}
