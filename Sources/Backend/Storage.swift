/// A block of memory on one backend. A class because tensors that are views of one another share it, and because its
/// reference count tells when the block may be reused. Each backend subclasses it; the block goes back to the backend's
/// pool when the last reference disappears.
open class Storage: @unchecked Sendable {  // immutable here; subclasses say how they keep the promise
  /// The backend that made the block and is the only one to understand it.
  public let backend: any Backend
  /// The usable size in bytes.
  public let byteCount: Int

  public init(backend: any Backend, byteCount: Int) {
    self.backend = backend
    self.byteCount = byteCount
  }
}

/// An operand of a backend function: elements of a type, laid out in a storage.
public struct View: Sendable {
  public var storage: Storage
  public var layout: Layout
  public var dtype: DType

  public init(storage: Storage, layout: Layout, dtype: DType) {
    self.storage = storage
    self.layout = layout
    self.dtype = dtype
  }

  public var shape: Shape { layout.shape }
}
