import Foundation

/// A value that each thread has its own of, made when a thread first asks and released with the thread.
package struct ThreadLocal<Value: AnyObject>: @unchecked Sendable {
  // Sendable because the key never changes, and what it leads to belongs to one thread.
  private let key: pthread_key_t
  private let make: @Sendable () -> Value

  /// - Note: For static variables: the key is never given back.
  package init(_ make: @escaping @Sendable () -> Value) {
    var key = pthread_key_t()
    let status = pthread_key_create(&key) { (pointer: UnsafeMutableRawPointer?) in
      if let pointer { Unmanaged<AnyObject>.fromOpaque(pointer).release() }
    }
    precondition(status == 0, "the system has no key for a thread's own data left (\(status))")
    self.key = key
    self.make = make
  }

  /// This thread's.
  package var current: Value {
    if let pointer = pthread_getspecific(key) { return Unmanaged<Value>.fromOpaque(pointer).takeUnretainedValue() }
    let value = make()
    pthread_setspecific(key, Unmanaged.passRetained(value).toOpaque())
    return value
  }
}
