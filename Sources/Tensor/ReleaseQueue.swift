import Foundation

/// Releases records one after the other instead of one inside the other. Per thread: the outermost release drains what the
/// releases it causes put into the queue. A class because the thread keeps a reference to it.
final class ReleaseQueue {
  private var waiting: [TapeNode.Record] = []
  private var isDraining = false

  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key) { (pointer: UnsafeMutableRawPointer?) in
      if let pointer { Unmanaged<ReleaseQueue>.fromOpaque(pointer).release() }
    }
    return key
  }()

  private static var current: ReleaseQueue {
    if let pointer = pthread_getspecific(key) {
      return Unmanaged<ReleaseQueue>.fromOpaque(pointer).takeUnretainedValue()
    }
    let queue = ReleaseQueue()
    pthread_setspecific(key, Unmanaged.passRetained(queue).toOpaque())
    return queue
  }

  static func release(_ record: consuming TapeNode.Record) {
    let queue = current
    queue.waiting.append(record)
    if queue.isDraining { return }
    queue.isDraining = true
    while let next = queue.waiting.popLast() { _ = consume next }
    queue.isDraining = false
  }
}
